"""SQLite: one writer, a few readers, each call one job in a thread.

Rules: a new file is its owner's alone (0600), and no file is ever made in place of one that vanished or was replaced,
in this process or before it, as far as a copy of its sites remembers; a writing transaction takes the lock at its
start, so that it never fails half-way for want of it; nothing is carried through a fork; no thread belongs to an event
loop.

A database in memory is its one connection, in the one thread that writes.
"""

import asyncio
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool, StaticPool

from gatepost.errors import StoreUnavailable
from gatepost.storage import reading, schema
from gatepost.storage.failures import told

__all__ = ["Sqlite", "make_file"]

BUSY_SECONDS = 5.0
"""How long a transaction waits for another program's."""

READERS = 4
"""Reads at the same time; threads and connections are one more, for the writer."""

LOOK_SECONDS = 0.1
"""How often a file is looked at for changes, while somebody waits for them."""

Answer = TypeVar("Answer")


class Sqlite:
    """A SQLite file, or a database in memory (``file`` is ``None``).

    A missing file is made, unless it is ``remembered`` that there was one.
    """

    def __init__(self, file: Path | None, remembered: Callable[[], bool] = bool) -> None:
        self.file = file
        self._remembered = remembered
        self.place = str(file) if file else "in memory"
        self._seen = -1
        self._begin_anew()
        _IN_USE.add(self)

    def _begin_anew(self) -> None:
        self._opened = _Opened(self.file, self._remembered)
        self._at_the_end = weakref.finalize(self, self._opened.let_go, wait=False)

    async def run(
        self, work: Callable[[Connection], Answer], *, writes: bool = False, ready: bool = True, long: bool = False
    ) -> Answer:
        """Do a piece of work on a connection; see :class:`gatepost.storage.engines.Database`.

        Whoever is cancelled while waiting leaves a job that has not begun undone, and one that has begun to its end.
        """
        opened = self._opened
        threads = opened.writer if writes or not self.file else opened.readers
        return await asyncio.get_running_loop().run_in_executor(threads, self._work, opened, work, writes, ready)

    async def note(self, work: Callable[[Connection], None]) -> None:
        """Write in the turn of the one writer of a file; see :class:`gatepost.storage.engines.Database`."""
        await self.run(work, writes=True)

    def _work(self, opened: "_Opened", work: Callable[[Connection], Answer], writes: bool, ready: bool) -> Answer:
        with told(self.place):
            if ready:
                opened.make_ready()
            with opened.connected(writes) as connection:
                return work(connection)

    async def wait_for_changes(self, timeout: float) -> None:
        """Return when something was written since the last time, here or in another process."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while await self._unchanged() and loop.time() < end:
            await asyncio.sleep(min(LOOK_SECONDS, max(end - loop.time(), 0)))

    async def _unchanged(self) -> bool:
        # The position costs no more to look at than PRAGMA data_version, which is a connection's own and no truth.
        before, self._seen = self._seen, await self.run(reading.position)
        return self._seen == before

    async def close(self) -> None:
        """Let go of all threads and connections, when their jobs are done."""
        opened = self._opened
        self._at_the_end.detach()
        self._begin_anew()
        await asyncio.to_thread(opened.let_go)

    def before_fork(self) -> None:
        """Close what is open and not in use."""
        self._opened.engine.dispose()

    def after_fork(self) -> None:
        """In the child: threads are gone, and a connection of the parent's is never to be used."""
        self._at_the_end.detach()
        if self.file:
            self._begin_anew()
        else:
            self._opened.renew_threads()


_IN_USE: weakref.WeakSet[Sqlite] = weakref.WeakSet()


def _before_fork() -> None:
    for database in list(_IN_USE):
        if database.file:
            database.before_fork()


def _after_fork() -> None:
    for database in list(_IN_USE):
        database.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork)


class _Opened:
    """Threads and connections, from the first call to the last."""

    def __init__(self, file: Path | None, remembered: Callable[[], bool]) -> None:
        self.file = file
        self._remembered = remembered
        self.engine = _engine(file)
        self.renew_threads()
        self._opening = threading.Lock()
        self._node: tuple[int, int] | None = None

    def renew_threads(self) -> None:
        """Threads start when they are needed."""
        self.writer = ThreadPoolExecutor(1, "gatepost-store")
        self.readers = ThreadPoolExecutor(READERS, "gatepost-store")

    def let_go(self, wait: bool = True) -> None:
        """End the threads, and wait for their jobs if there can be any; then close the connections."""
        self.readers.shutdown(wait)
        self.writer.shutdown(wait)
        self.engine.dispose()

    @contextmanager
    def connected(self, writes: bool) -> Iterator[Connection]:
        """A connection, and a transaction around what writes; a read is a single statement, and needs none."""
        with self.engine.connect() as connection:
            if not writes:
                yield connection
                return
            # A transaction that reads first and writes later fails at once if another wrote in between: lock first.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    def make_ready(self) -> None:
        """Bring the tables up to date, once; and again when the file is another one."""
        if self._node is None or (self.file and self._node != _node_of(self.file)):
            with self._opening:
                if self._node is None or (self.file and self._node != _node_of(self.file)):
                    self._prepare()

    def _prepare(self) -> None:
        if self._node is not None:
            self.engine.dispose()  # they hold the file that was here before
        elif self.file and not self.file.exists():
            self._make(self.file)
        with self.connected(writes=False) as connection:
            due = schema.migration_due(connection)
        if self.file:  # only now: a file that is not ours is left as it is
            _log_ahead(self.file)
        if due:
            with self.connected(writes=True) as connection:
                schema.migrate(connection)
        self._node = _node_of(self.file) if self.file else (0, 0)

    def _make(self, file: Path) -> None:
        if self._remembered():
            raise StoreUnavailable(
                f"the database {file} is gone, and there is a copy of its sites",
                id="store.gone",
                remedy="Put the file back, or restore a backup; to begin with an empty one, remove the copy as well.",
            )
        make_file(file)


def _node_of(file: Path) -> tuple[int, int]:
    """What tells a file from another of the same name. Raises :class:`FileNotFoundError`."""
    found = file.stat()
    return found.st_dev, found.st_ino


_SETTINGS = """
PRAGMA foreign_keys = ON;
PRAGMA synchronous = FULL;  -- with a write-ahead log, less may lose the last commits when the power fails
"""


def _engine(file: Path | None) -> Engine:
    # No isolation level: the driver would begin transactions by itself, at the first write and never for a read.
    arguments = {"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False}
    if file is None:
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args=arguments)
    else:
        # mode=rw: SQLite never makes the file, so that one that was taken away is missed and not replaced.
        url = URL.create("sqlite", database=f"file:{quote(str(file))}", query={"mode": "rw", "uri": "true"})
        engine = create_engine(url, poolclass=QueuePool, pool_size=READERS + 1, max_overflow=0, connect_args=arguments)
    event.listen(engine, "connect", _connected)
    return engine


def _connected(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    with closing(connection.cursor()) as cursor:
        cursor.executescript(_SETTINGS)


def make_file(path: Path) -> None:
    """Make a file that only its owner can read, if there is none."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _log_ahead(path: Path) -> None:
    """Have a file keep a write-ahead log, lastingly."""
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        mode = _set_log_ahead(connection)
    if mode != "wal":
        raise StoreUnavailable(
            f"the file system of {path} cannot share memory between processes",
            id="store.file-system",
            remedy="Put the file on a local disk, or use PostgreSQL.",
        )


def _set_log_ahead(connection: sqlite3.Connection) -> str:
    """The mode that the file has then. Several who set it at once do not wait for each other: SQLite tells all but one
    that the file is locked, whatever time-out they have.
    """
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            return str(mode)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(LOOK_SECONDS / 10)
