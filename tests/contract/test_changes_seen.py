"""A change by another process is seen soon, and seen when every hint is lost."""

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from contract.stores import added, event, processes
from gatepost.core.matching import Matcher
from gatepost.core.recognition import Recognition
from gatepost.core.sites import RobotsTxtChanged, Visibility, VisibilityChanged
from gatepost.service.clocks import WatchedClock
from gatepost.service.renderings import Renderings
from gatepost.service.snapshots import Snapshots
from gatepost.storage import open_store
from gatepost.wiring import SystemClock
from policies import ADDRESSES, real_signatures

SOON = 2.0
LATEST = 10.0


def suspend(url):
    """In a process of its own."""
    asyncio.run(open_store(url).append(event("a", 2, VisibilityChanged(Visibility.SUSPENDED))))


@asynccontextmanager
async def watching(store):
    """Snapshots that hold a site and watch its store."""
    await store.append(added("a"))
    snapshots = Snapshots(
        store, Recognition(Matcher(real_signatures())), Renderings(lambda host: ADDRESSES), WatchedClock(SystemClock())
    )
    await snapshots.visit("a")
    watch = asyncio.create_task(snapshots.watch())
    await asyncio.sleep(0.5)
    yield snapshots
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)
    await store.close()


async def seconds_until_seen(snapshots, change, *arguments):
    process = processes.Process(target=change, args=arguments)
    process.start()
    await asyncio.to_thread(process.join)
    start = time.monotonic()
    while snapshots.held("a").rendering.policy.visibility is not Visibility.SUSPENDED:
        await asyncio.sleep(0.02)
        assert time.monotonic() - start < LATEST
    return time.monotonic() - start


async def test_a_change_by_another_process_is_seen_soon(shared_url):
    async with watching(open_store(shared_url)) as snapshots:
        assert await seconds_until_seen(snapshots, suspend, shared_url) < SOON


@pytest.mark.slow
async def test_a_change_is_seen_when_every_hint_is_lost(shared_url, monkeypatch):
    store = open_store(shared_url)
    monkeypatch.setattr(store, "wait_for_changes", asyncio.sleep)
    async with watching(store) as snapshots:
        assert await seconds_until_seen(snapshots, suspend, shared_url) < LATEST


async def test_waiting_ends_at_once_when_something_changed_since_the_last_time(store):
    await store.append(added("a"))
    await store.wait_for_changes(5)
    await store.append(event("a", 2, RobotsTxtChanged("x")))
    async with asyncio.timeout(4):
        await store.wait_for_changes(10)


async def test_waiting_ends_after_its_time(store):
    await store.append(added("a"))
    await store.wait_for_changes(0.3)
    async with asyncio.timeout(5):
        await store.wait_for_changes(0.3)
        await store.wait_for_changes(0.3)


async def test_a_listener_that_was_cut_off_listens_again(server, named):
    store = open_store(named)
    await store.append(added("a"))
    await store.wait_for_changes(5)
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
    async with asyncio.timeout(5):
        await store.wait_for_changes(10)  # it may have missed something
        await store.wait_for_changes(10)  # it listens again, and may have missed something until then
        await store.append(event("a", 2, RobotsTxtChanged("x")))
        await store.wait_for_changes(10)
    await store.close()


async def test_a_server_tells_its_time_with_the_changes(named):
    """A worker holds its own clock against it."""
    store = open_store(named)
    told = (await store.changes(0)).at
    await store.close()
    assert told is not None
    assert abs(datetime.now(UTC) - told) < timedelta(seconds=5)
