"""The databases that a URL can name, and what each needs before and around a transaction.

Rules: nothing is opened here before it is asked for; a new file is its owner's alone (0600), and no file is ever made
in place of one that vanished; a writing transaction takes its turn at its start, so that it never fails half-way for
want of a lock.

A connection to a SQLite file lives for one transaction: nothing is carried from one event loop to another or through a
fork. A database in memory is its one connection, which everybody shares, one transaction at a time.
"""

import asyncio
import os
import sqlite3
import threading
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.engine import AdaptedConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, StaticPool

from gatepost.errors import SettingsError, StoreUnavailable

__all__ = ["Database", "Turn", "database_of", "log_ahead", "make_file"]

BUSY_SECONDS = 5.0
"""How long a transaction waits for another program's."""

POSTGRESQL_LOCK = 0x6761746570
"""The advisory lock of writers ("gatep")."""


class Turn:
    """A lock that tasks of several event loops can share; an :class:`asyncio.Lock` belongs to one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    async def __aenter__(self) -> None:
        """Wait for the turn without holding up the event loop."""
        while not self._lock.acquire(blocking=False):
            await asyncio.sleep(0.001)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the turn to the next."""
        self._lock.release()


@dataclass(frozen=True)
class Database:
    """A database and how it is spoken to."""

    place: str
    """For people: the file, or the URL without its password."""
    engine: AsyncEngine
    file: Path | None = None
    in_memory: bool = False
    turn: Turn = field(default_factory=Turn)
    """Taken for each transaction of a database in memory."""

    @cached_property
    def writing(self) -> AsyncEngine:
        """The engine whose transactions write."""
        return self.engine.execution_options(gatepost_writes=True)


def database_of(url: str) -> Database:
    """The database that ``url`` names, not opened yet. Raises :class:`SettingsError`."""
    scheme, separator, rest = url.partition("://")
    if scheme == "postgresql" and separator:
        return _postgresql(url)
    if scheme != "sqlite" or not separator or "?" in rest or (rest and not rest.startswith("/")):
        raise _not_accepted(url)
    name = rest.removeprefix("/")
    return _in_memory() if name in ("", ":memory:") else _file(Path(name).absolute())


def _not_accepted(url: str) -> SettingsError:
    scheme = url.partition("://")[0] if "://" in url else ""
    return SettingsError(
        f"no database is known by this URL, which begins with {scheme!r}",  # the rest may hold a password
        id="settings.database.url",
        remedy="Use sqlite:///relative.db, sqlite:////absolute/file.db, sqlite:// (in memory, for tests) or "
        "postgresql://USER:PASSWORD@HOST/DATABASE.",
    )


def _in_memory() -> Database:
    engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool, connect_args=_NO_OWN_TRANSACTIONS)
    return Database("in memory", _sqlite(engine), in_memory=True)


def _file(path: Path) -> Database:
    # mode=rw: SQLite never makes the file, so that one that was taken away is missed and not replaced by an empty one.
    url = URL.create("sqlite+aiosqlite", database=f"file:{quote(str(path))}", query={"mode": "rw", "uri": "true"})
    engine = create_async_engine(
        url, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS, **_NO_OWN_TRANSACTIONS}
    )
    return Database(str(path), _sqlite(engine), file=path)


_NO_OWN_TRANSACTIONS = {"isolation_level": None}
"""The driver would begin transactions by itself, at the first write and never for a read."""

_SETTINGS = """
PRAGMA foreign_keys = ON;
PRAGMA synchronous = FULL;  -- with a write-ahead log, less may lose the last commits when the power fails
"""


def _sqlite(engine: AsyncEngine) -> AsyncEngine:
    event.listen(engine.sync_engine, "connect", _sqlite_connected)
    event.listen(engine.sync_engine, "begin", _sqlite_begun)
    return engine


def _sqlite_connected(connection: AdaptedConnection, _: ConnectionPoolEntry) -> None:
    connection.run_async(lambda sqlite: sqlite.executescript(_SETTINGS))


def _sqlite_begun(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once if another wrote in between: take the lock first.
    # What only reads is a single statement, and needs no transaction around it.
    if connection.get_execution_options().get("gatepost_writes"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def make_file(path: Path) -> None:
    """Make a SQLite file that only its owner can read, if there is none. Blocks."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def log_ahead(path: Path) -> None:
    """Have a SQLite file keep a write-ahead log, lastingly. Blocks."""
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreUnavailable(
            f"the file system of {path} cannot share memory between processes",
            id="store.file-system",
            remedy="Put the file on a local disk, or use PostgreSQL.",
        )


def _postgresql(url: str) -> Database:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise _not_accepted(url) from error
    if find_spec("asyncpg") is None:
        raise SettingsError(
            "PostgreSQL needs the driver asyncpg, which is not installed",
            id="settings.database.driver",
            remedy="pip install 'gatepost[postgres]'",
        )
    # NullPool until there is a pool for each event loop: asyncpg's connections belong to the loop that made them.
    engine = create_async_engine(parsed.set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    event.listen(engine.sync_engine, "begin", _postgresql_begun)
    return Database(parsed.render_as_string(), engine)


def _postgresql_begun(connection: Connection) -> None:
    # One writer at a time: sequence numbers are given out before commit, and without this lock a reader of
    # `changes` could see 7 before 6 is committed, move on past it, and never see it.
    if connection.get_execution_options().get("gatepost_writes"):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({POSTGRESQL_LOCK})")
