"""What is wrong with a database, told as :class:`~gatepost.errors.StoreUnavailable` with the way to mend it.

Rules: told by the database's codes, never by the text of its messages; whatever cannot be told apart is still an error
with an id; nothing is retried here.
"""

import socket
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gatepost.errors import StoreUnavailable

__all__ = ["told"]

_UNOPENABLE = ("store.unopenable", "Create its folder, and let the user that Gatepost runs as read and write there.")
_READ_ONLY = (
    "store.read-only",
    "Let the user that Gatepost runs as write to the file and to its folder, or name the server that takes writes.",
)
_LOCKED = ("store.locked", "Another program holds the database; end its transaction, then try again.")
_DAMAGED = (
    "store.damaged",
    "Keep the file as it is, and restore a backup in its place; `sqlite3 FILE .recover` may save what it still holds.",
)
_FULL = ("store.full", "Make room on the disk, then try again.")
_UNREADABLE = ("store.input-output", "Look for faults of the disk or the file system in the system's log.")
_FAILED = ("store.failed", "Run `gatepost doctor`; the cause is in the message.")

_BY_SQLITE_CODE = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_CANTOPEN: _UNOPENABLE,
    sqlite3.SQLITE_PERM: _UNOPENABLE,
    sqlite3.SQLITE_AUTH: _UNOPENABLE,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _UNREADABLE,
}
"""By primary result code, see <https://www.sqlite.org/rescode.html>."""


_UNREACHABLE = ("store.unreachable", "Start the database server, and check the URL's host and port.")
_REFUSED = ("store.refused", "Check the URL's user and password, and what the server lets this user do.")
_MISSING = ("store.missing", "Make the database first, for example with createdb.")
_BUSY = ("store.busy", "Let the server take more connections (max_connections), or run fewer workers.")
_TIMEOUT = ("store.timeout", "Look at the server's load and at the network; the call may be made again.")
_MEMORY = ("store.memory", "Give the server more memory, or write less at once.")

_BY_SQLSTATE = {
    "08": _UNREACHABLE,
    "25006": _READ_ONLY,
    "25P03": _TIMEOUT,
    "28": _REFUSED,
    "3D": _MISSING,
    "3F": _REFUSED,
    "40": _LOCKED,
    "42501": _REFUSED,
    "53100": _FULL,
    "53200": _MEMORY,
    "53300": _BUSY,
    "54": _FULL,
    "55P03": _LOCKED,
    "57014": _TIMEOUT,
    "57P": _UNREACHABLE,
    "58": _UNREADABLE,
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}
"""By SQLSTATE or its beginning, see <https://www.postgresql.org/docs/current/errcodes-appendix.html>."""


@contextmanager
def told(place: str) -> Iterator[None]:
    """Tell what goes wrong with the database at ``place`` inside the block."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _unavailable(place, getattr(error, "orig", None) or error) from error
    except (sqlite3.Error, OSError) as error:
        raise _unavailable(place, error) from error
    except Exception as error:
        if not _is_drivers(error):
            raise
        raise _unavailable(place, error) from error


def _is_drivers(error: Exception) -> bool:
    """Whether asyncpg, which need not be installed, raised it itself, as it does while connecting."""
    return type(error).__module__.partition(".")[0] == "asyncpg"


def _unavailable(place: str, cause: BaseException) -> StoreUnavailable:
    id, remedy = _kind(cause)
    reason = str(cause) or type(cause).__name__
    return StoreUnavailable(f"the database {place} does not answer: {reason}", id=id, remedy=remedy)


def _kind(cause: BaseException) -> tuple[str, str]:
    code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(code, int):
        return _BY_SQLITE_CODE.get(code & 0xFF, _FAILED)
    state = getattr(cause, "sqlstate", None)
    if isinstance(state, str):
        return next((_BY_SQLSTATE[start] for start in (state, state[:3], state[:2]) if start in _BY_SQLSTATE), _FAILED)
    return next((kind for type, kind in _BY_TYPE if isinstance(cause, type)), _FAILED)


_BY_TYPE: Sequence[tuple[type[BaseException], tuple[str, str]]] = (
    (TimeoutError, _TIMEOUT),
    (PoolTimeout, _TIMEOUT),
    (ConnectionError, _UNREACHABLE),
    (socket.gaierror, _UNREACHABLE),
    (FileNotFoundError, _UNOPENABLE),
    (NotADirectoryError, _UNOPENABLE),
    (PermissionError, _UNOPENABLE),
)
"""What comes without a code."""
