"""What is wrong with a database, told as :class:`~gatepost.errors.StoreUnavailable` with the way to mend it.

Rules: told by the database's codes, never by the text of its messages; whatever cannot be told apart is still an error
with an id; nothing is retried here.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from gatepost.errors import StoreUnavailable

__all__ = ["told"]

_UNOPENABLE = ("store.unopenable", "Create its folder, and let the user that Gatepost runs as read and write there.")
_READ_ONLY = ("store.read-only", "Let the user that Gatepost runs as write to the file and to its folder.")
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


@contextmanager
def told(place: str) -> Iterator[None]:
    """Tell what goes wrong with the database at ``place`` inside the block."""
    try:
        yield
    except DBAPIError as error:
        raise _unavailable(place, error.orig or error) from error
    except (sqlite3.Error, OSError) as error:
        raise _unavailable(place, error) from error


def _unavailable(place: str, cause: BaseException) -> StoreUnavailable:
    id, remedy = _kind(cause)
    return StoreUnavailable(f"the database {place} does not answer: {cause}", id=id, remedy=remedy)


def _kind(cause: BaseException) -> tuple[str, str]:
    code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(code, int):
        return _BY_SQLITE_CODE.get(code & 0xFF, _FAILED)
    return _UNOPENABLE if isinstance(cause, FileNotFoundError | NotADirectoryError | PermissionError) else _FAILED
