"""G7: a worker that starts without a store answers pages by the strict default, and 503 for robots.txt, at once."""

import asyncio
import os
import signal
import sqlite3
from contextlib import asynccontextmanager, closing, contextmanager

import pytest

from asgi.door import BROWSER, GPTBOT, ask
from gatepost.core.preferences import Stance
from gatepost.storage import open_store
from guarantees.parts import add, guarded, opened, sized, timed

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
AT_ONCE = 1.0
MARGIN = 0.5  # for a busy machine
PATIENCE = sized(60, AT_ONCE + MARGIN)

SLOW_TO_GIVE_UP = pytest.mark.xfail(
    raises=(AssertionError, TimeoutError),
    reason="a first visit waits for as long as the store's own limits add up: 4 s on PostgreSQL, 10 s on SQLite",
)


@asynccontextmanager
async def cold(url):
    """The app of a worker that has seen nothing yet."""
    async with opened(open_store(url)) as gate:
        yield guarded(gate)


async def check(figure, app):
    """A worker's first requests: robots.txt, a person's page, a crawler's page."""
    visits = (("/robots.txt", GPTBOT), ("/", BROWSER), ("/", GPTBOT))
    async with asyncio.timeout(PATIENCE):
        found = [await timed(ask(app, path, agent=agent)) for path, agent in visits]
    seconds, (robots, page, refused) = max(seconds for seconds, _ in found), (reply for _, reply in found)
    figure("G7 cold without a store", f"robots.txt {robots.status}, within {seconds:.2f} s of {AT_ONCE:g} s")
    assert (robots.status, page.status, refused.status) == (503, 200, 403)
    assert int(robots[b"retry-after"]) > 0
    assert seconds < AT_ONCE + MARGIN


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("postgresql://me@127.0.0.1:1/gatepost", id="nobody listens"),
        pytest.param("sqlite:///{folder}/none/gatepost.db", id="no folder"),
        pytest.param("sqlite:///{folder}/damaged.db", id="damaged file"),
    ],
)
async def test_g07_no_store(figure, tmp_path, address):
    (tmp_path / "damaged.db").write_bytes(b"not a database, " * 1000)
    async with cold(address.format(folder=tmp_path)) as app:
        await check(figure, app)


@contextmanager
def frozen(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def filled(url):
    async with opened(open_store(url)) as gate:
        await add(gate, Stance.ALLOW)


@SLOW_TO_GIVE_UP
async def test_g07_a_server_that_hangs(figure, server, named):
    await filled(named)
    async with cold(named) as app:
        with frozen(server.pid):
            await check(figure, app)


@SLOW_TO_GIVE_UP
async def test_g07_a_locked_file(figure, file_url):
    await filled(file_url)
    async with cold(file_url) as app:
        with closing(sqlite3.connect(file_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.executescript("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE other (x)")
            await check(figure, app)
