"""What a store on PostgreSQL says when its server does not answer as it should, and that it comes back by itself."""

import asyncio
import os
import signal
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import make_url

from contract.stores import added, appended, event, heard, started
from gatepost.core.sites import RobotsTxtChanged
from gatepost.errors import StoreUnavailable
from gatepost.storage import open_store, postgresql

MARGIN = 1.0  # for a busy machine


@pytest.fixture
async def ready(named):
    """A store that holds the site ``a``."""
    store = open_store(named)
    await store.append(added("a"))
    yield store
    await store.close()


async def refusal(call):
    with pytest.raises(StoreUnavailable) as raised:
        await call
    assert raised.value.remedy
    assert "secret" not in f"{raised.value}{raised.value.remedy}"
    return raised.value.id


def name_of(url):
    return make_url(url).database


@pytest.mark.slow
async def test_a_stopped_server_is_told_at_once_and_used_again(server, ready):
    server.stop()
    try:
        start = time.monotonic()
        assert await refusal(ready.site("a")) == "store.unreachable"
        assert await refusal(ready.append(added("b"))) == "store.unreachable"
        await ready.wait_for_changes(0.1)
        assert time.monotonic() - start < postgresql.READ_SECONDS + MARGIN
    finally:
        server.start()
    assert [site.id for site in await ready.append(added("c"))] == ["c"]
    assert [site.id for site in await ready.sites()] == ["a", "c"]


@contextmanager
def frozen(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.slow
async def test_a_server_that_hangs_costs_a_look_up_no_more_than_its_time(server, ready):
    pid = await ready._database.run(lambda connection: connection.exec_driver_sql("SELECT pg_backend_pid()").scalar())
    with frozen(pid):
        start = time.monotonic()
        assert await refusal(ready.site("a")) == "store.timeout"
        assert time.monotonic() - start < postgresql.READ_SECONDS + MARGIN
        assert await ready.site("a"), "another connection does"
    assert await ready.site("a")


@pytest.mark.slow
async def test_nobody_waits_for_a_server_that_hangs_to_close_its_connections(server, named):
    store = open_store(named)
    await store.append(added("a"))
    await store.wait_for_changes(0.1)
    await asyncio.gather(*(store.site("a") for _ in range(postgresql.POOL)))
    with server.frozen():
        start = time.monotonic()
        await asyncio.wait_for(store.close(), 20)
        assert time.monotonic() - start < 2 * postgresql.CLOSE_SECONDS + MARGIN


@pytest.mark.parametrize("steps", range(4))
async def test_who_waits_for_changes_can_be_stopped_in_the_moment_of_one(ready, steps):
    await ready.wait_for_changes(0.1)
    (pool, _), *_ = ready._database._pools.values()
    waiting = asyncio.create_task(ready.wait_for_changes(60))
    await asyncio.sleep(0.05)
    pool.heard.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    if waiting.cancel():
        with pytest.raises(asyncio.CancelledError):
            await waiting


@pytest.mark.slow
async def test_what_nobody_waits_for_any_more_is_given_up_too(server, ready):
    await ready.site("a")
    with server.frozen():
        for _ in range(2 * postgresql.POOL):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(ready.site("a"), 0.05)
        (pool, _), *_ = ready._database._pools.values()
        await asyncio.wait(pool.under_way, timeout=4 * postgresql.CONNECT_SECONDS)
        assert not pool.under_way


@pytest.mark.slow
async def test_a_first_call_that_was_given_up_is_no_obstacle_to_the_next(server, named):
    store = open_store(named)
    with server.frozen(), pytest.raises(TimeoutError):
        await asyncio.wait_for(store.site("a"), 0.2)
    assert await store.site("a") is None
    await store.close()


async def test_connections_that_were_cut_off_are_made_again(server, ready, named):
    server.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name_of(named)}'")
    assert await ready.site("a")


async def test_nobody_is_there():
    store = open_store("postgresql://me:secret@127.0.0.1:1/gatepost")
    assert await refusal(store.site("a")) == "store.unreachable"
    await store.close()


async def test_a_name_that_nobody_knows():
    store = open_store("postgresql://me:secret@nowhere.invalid/gatepost")
    assert await refusal(store.site("a")) in ("store.unreachable", "store.timeout")
    await store.close()


async def test_a_database_that_is_not_there(server, named):
    store = open_store(make_url(named).set(database="none", password="secret").render_as_string(hide_password=False))
    assert await refusal(store.site("a")) == "store.missing"
    await store.close()


async def test_a_user_who_may_not(server, named):
    await appended(named, added("a"))
    server.sql("SET client_min_messages = error; DROP ROLE IF EXISTS guest")
    server.sql("CREATE ROLE guest LOGIN")
    store = open_store(make_url(named).set(username="guest", password="secret").render_as_string(hide_password=False))
    assert await refusal(store.site("a")) == "store.refused"
    await store.close()


async def test_a_server_that_takes_no_writes(server, named):
    await appended(named, added("a"))
    server.sql(f"ALTER DATABASE {name_of(named)} SET default_transaction_read_only = on")
    store = open_store(named)
    assert await refusal(store.append(added("b"))) == "store.read-only"
    assert await store.site("a")
    await store.close()


async def test_a_server_that_is_full_of_others(server, named):
    server.sql(f"ALTER DATABASE {name_of(named)} CONNECTION LIMIT 0")
    server.sql("SET client_min_messages = error; DROP ROLE IF EXISTS other")
    server.sql("CREATE ROLE other LOGIN")
    store = open_store(make_url(named).set(username="other").render_as_string())
    assert await refusal(store.site("a")) == "store.busy"
    await store.close()


async def test_a_writer_that_holds_its_turn_is_waited_for_then_told(named, ready, monkeypatch):
    monkeypatch.setattr(postgresql, "WRITE_SECONDS", 1)
    other = open_store(named)

    def hold(connection):
        connection.exec_driver_sql("SELECT pg_sleep(1.8)")

    holding = asyncio.create_task(ready._database.run(hold, writes=True))
    await asyncio.sleep(0.3)
    assert await refusal(other.append(added("b"))) == "store.locked"
    assert await other.site("a"), "readers do not wait for writers"
    await holding
    await other.append(added("b"))
    await other.close()


async def test_cancelled_calls_cost_no_connection(ready):
    for number in range(40):
        calls = [ready.site("a"), ready.append(added(f"s{number}")), ready.sites()]
        tasks = [asyncio.create_task(call) for call in calls]
        await asyncio.sleep(number % 10 / 1000)
        for task in tasks:
            task.cancel()
    async with asyncio.timeout(10):
        await asyncio.gather(*(ready.site("a") for _ in range(20)))
        await ready.append(event("a", 2, RobotsTxtChanged("x")))


@pytest.mark.slow
@pytest.mark.guarantee
async def test_what_was_acknowledged_survives_a_killed_server(server, named):
    for _ in range(2):
        process, arrivals = started(named, "a", 100_000)
        await asyncio.to_thread(arrivals.poll, 20)
        await asyncio.sleep(0.2)
        os.kill(server.pid, signal.SIGKILL)
        known = max(await asyncio.to_thread(heard, arrivals))
        process.join()
        server.revive()
        store = open_store(named)
        assert len(await store.history("a")) >= known, "an acknowledged event is lost"
        await store.close()
