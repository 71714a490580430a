"""PostgreSQL: a pool of connections for each event loop, writers that take turns, and a listener for hints.

Rules: a connection belongs to the event loop that made it, and goes when that ends; nothing waits for ever; a
notification is a hint that may be lost, and carries nothing; the password is never shown.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

from sqlalchemy import URL, Connection, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gatepost.errors import SettingsError
from gatepost.storage import schema
from gatepost.storage.failures import told

if TYPE_CHECKING:
    import asyncpg

__all__ = ["Postgresql", "postgresql"]

CONNECT_SECONDS = 2.0
"""For a connection, and to wait for one of the pool."""
READ_SECONDS = 1.0
"""For a look-up of a site, a connection included: no request waits longer for what it needs of the store."""
LONG_SECONDS = 30.0
"""For a page of sites, a history, or a batch of events, which may also wait for its turn."""
CLOSE_SECONDS = 1.0
"""For what is under way when the store is closed, and for the server to say goodbye."""
WRITE_SECONDS = 10.0
"""The server's own limits: for a statement of a writer, and for a writer that died without a word."""

POOL = 4
"""Connections of an event loop, and the listener's one more."""

LOCK = 0x6761746570
"""The advisory lock of writers ("gatep")."""
CHANNEL = "gatepost"

PARAMETERS = ("host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "target_session_attrs")
"""What a URL may say behind its ``?``; all are libpq's."""

# One writer at a time: sequence numbers are given out before commit, and without this lock a reader of `changes` could
# see 7 before 6 is committed, move on past it, and never see it. Who listens hears of the commit, and of no rollback.
_TAKE_TURN = text(f"SELECT pg_advisory_xact_lock({LOCK}), pg_notify('{CHANNEL}', '')")

Answer = TypeVar("Answer")


def postgresql(url: str) -> "Postgresql":
    """The database of a ``postgresql://`` URL. Raises :class:`SettingsError`."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise _not_accepted("it cannot be read") from error
    unknown = sorted(parsed.query.keys() - set(PARAMETERS))
    if unknown:
        raise _not_accepted(f"{unknown[0]} is no parameter of it")
    if find_spec("asyncpg") is None:
        raise SettingsError(
            "PostgreSQL needs the driver asyncpg, which is not installed",
            id="settings.database.driver",
            remedy="pip install 'gatepost[postgres]'",
        )
    return Postgresql(parsed)


def _not_accepted(why: str) -> SettingsError:
    return SettingsError(
        f"the URL of the PostgreSQL database cannot be used: {why}",  # the rest may hold a password
        id="settings.database.url",
        remedy="Write postgresql://USER:PASSWORD@HOST:PORT/DATABASE (not sqlite:///), and behind ? nothing but "
        f"{', '.join(PARAMETERS)}.",
    )


@dataclass
class _Pool:
    """What belongs to one event loop."""

    engine: AsyncEngine
    connections: WeakSet["asyncpg.Connection"]
    opening: asyncio.Task[None] | None = None
    under_way: set[asyncio.Task[Any]] = field(default_factory=set)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    listener: "asyncpg.Connection | None" = None

    async def within(self, seconds: float, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Do the work, but keep nobody longer: giving up may take the driver as long again."""
        task = self.begin(seconds, work)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done:
            raise TimeoutError(f"no answer within {seconds:g} s")
        return task.result()

    def begin(self, seconds: float, work: Coroutine[Any, Any, Answer]) -> asyncio.Task[Answer]:
        """Begin the work, and give it up in time even should nobody wait for it any more."""
        task = asyncio.create_task(_limited(seconds, work))
        self.under_way.add(task)
        task.add_done_callback(self._end)
        return task

    def _end(self, task: asyncio.Task[Any]) -> None:
        self.under_way.discard(task)
        if not task.cancelled():
            task.exception()  # has been seen, should nobody wait any more

    async def let_go(self) -> None:
        """Close every connection, those of a server that does not answer without a word."""
        for task in self.under_way:
            task.cancel()
        if self.under_way:
            await asyncio.wait(self.under_way, timeout=CLOSE_SECONDS)
        await asyncio.gather(*map(_closed, self.connections))  # all at once: the engine waits for each, for ever
        await self.engine.dispose()


class Postgresql:
    """A PostgreSQL database; made by :func:`postgresql`."""

    def __init__(self, url: URL) -> None:
        self.place = url.render_as_string()
        self._dsn = url.render_as_string(hide_password=False)
        self._pools: dict[asyncio.AbstractEventLoop, tuple[_Pool, AsyncGenerator[_Pool]]] = {}
        self._ready = False

    async def run(
        self, work: Callable[[Connection], Answer], *, writes: bool = False, ready: bool = True, long: bool = False
    ) -> Answer:
        """Do a piece of work on a connection; see :class:`gatepost.storage.engines.Database`.

        Whoever is cancelled while waiting leaves it to its end; what takes too long is given up, and may have been
        written although nobody was told so.
        """
        with told(self.place):
            pool = await self._pool()
            if ready:
                await self._make_ready(pool)
            seconds = LONG_SECONDS if long or writes or not ready else READ_SECONDS
            return await pool.within(seconds, _worked(pool.engine, work, writes))

    async def note(self, work: Callable[[Connection], None]) -> None:
        """Write without the writers' lock and unheard; see :class:`gatepost.storage.engines.Database`."""
        await self.run(work, long=True)  # each statement is committed by itself

    async def _pool(self) -> _Pool:
        """The running loop's."""
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            keeper = self._kept(loop)
            self._pools[loop] = await anext(keeper), keeper
        return self._pools[loop][0]

    async def _kept(self, loop: asyncio.AbstractEventLoop) -> AsyncGenerator[_Pool]:
        """A pool that ends with its event loop, which ends its generators as :func:`asyncio.run` does."""
        made: WeakSet[asyncpg.Connection] = WeakSet()
        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=partial(self._connect, made),
            pool_size=POOL,
            max_overflow=0,
            pool_timeout=CONNECT_SECONDS,
            pool_pre_ping=True,
        )
        pool = _Pool(engine, made)
        try:
            yield pool
        finally:
            self._pools.pop(loop, None)
            await pool.let_go()

    async def _connect(self, made: WeakSet["asyncpg.Connection"]) -> "asyncpg.Connection":
        import asyncpg

        limit = f"{WRITE_SECONDS:.0f}s"
        connection = await asyncpg.connect(
            self._dsn,
            timeout=CONNECT_SECONDS,
            server_settings={
                "application_name": "gatepost",
                "statement_timeout": f"{LONG_SECONDS:.0f}s",
                "lock_timeout": limit,
                "idle_in_transaction_session_timeout": limit,
            },
        )
        made.add(connection)
        return connection

    async def _make_ready(self, pool: _Pool) -> None:
        """Bring the tables up to date, once for all who ask, of whom any may give up before it is done."""
        if not self._ready:
            if pool.opening is None or pool.opening.done():
                pool.opening = pool.begin(LONG_SECONDS, self._open(pool))
            await asyncio.shield(pool.opening)

    async def _open(self, pool: _Pool) -> None:
        if await _worked(pool.engine, schema.migration_due, writes=False):
            await asyncio.to_thread(asyncio.run, self._migrate())
        self._ready = True

    async def _migrate(self) -> None:
        """In a loop of its own, since migrations of a process wait for each other."""
        engine = create_async_engine("postgresql+asyncpg://", async_creator=partial(self._connect, WeakSet()))
        try:
            async with asyncio.timeout(LONG_SECONDS):
                await _worked(engine, schema.migrate, writes=True)
        finally:
            await engine.dispose()

    async def wait_for_changes(self, timeout: float) -> None:
        """Return when a notification came since the last time, or may have been missed."""
        pool = await self._pool()
        if pool.listener is None or pool.listener.is_closed():
            with suppress(Exception):
                await self._listen(pool)
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):  # not wait_for: up to Python 3.11 it may lose a cancellation
                await pool.heard.wait()
        pool.heard.clear()

    async def _listen(self, pool: _Pool) -> None:
        """Listen on a connection of its own. What was notified before is lost, so this counts as having heard."""
        pool.listener = listener = await self._connect(pool.connections)
        listener.add_termination_listener(lambda _: pool.heard.set())
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await listener.add_listener(CHANNEL, lambda *_: pool.heard.set())
        except BaseException:
            listener.terminate()  # else it would seem to listen for ever
            raise
        pool.heard.set()

    async def close(self) -> None:
        """Let go of the running loop's connections; those of other loops go with their loops."""
        self._ready = False
        _, keeper = self._pools.get(asyncio.get_running_loop(), (None, None))
        if keeper is not None:
            await keeper.aclose()


async def _closed(connection: "asyncpg.Connection") -> None:
    try:
        await connection.close(timeout=CLOSE_SECONDS)
    except Exception:  # it is in use, or its server does not answer
        connection.terminate()


async def _limited(seconds: float, work: Coroutine[Any, Any, Answer]) -> Answer:
    async with asyncio.timeout(seconds):
        return await work


async def _worked(engine: AsyncEngine, work: Callable[[Connection], Answer], writes: bool) -> Answer:
    async with engine.connect() as connection:
        if not writes:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            return await connection.run_sync(work)
        await connection.execute(_TAKE_TURN)
        answer = await connection.run_sync(work)
        await connection.commit()
        return answer
