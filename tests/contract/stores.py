"""What the tests of stores share: events as they happen, and processes that write."""

import asyncio
import multiprocessing
from datetime import UTC, datetime

from gatepost.core.sites import Actor, ActorKind, Event, HostAdded, SiteAdded
from gatepost.storage import open_store

SECONDS = 60
NOW = datetime(2026, 11, 22, 12, 30, 0, 123456, tzinfo=UTC)
OWNER = Actor(ActorKind.OWNER, "Zoë 🦊")

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["gatepost.storage", "alembic.command"])


def event(site, revision, change, *, at=NOW, actor=OWNER, reason=""):
    return Event(site, revision, at, actor, change, reason)


def added(site, *hosts):
    return event(site, 1, SiteAdded(hosts or (site,)))


async def appended(url, *events):
    """Append in a store of its own, that is closed afterwards."""
    store = open_store(url)
    try:
        return await store.append(*events)
    finally:
        await store.close()


def write(url, site, events, ready, acknowledged):
    """A writer in its own process: tells every revision that the store has acknowledged."""
    asyncio.run(_write(url, site, events, ready, acknowledged))


async def _write(url, site, events, ready, acknowledged):
    store = open_store(url)
    if ready is not None:
        ready.wait()
    known = await store.site(site)
    revision = known.revision if known else 0
    for number in range(revision + 1, revision + events + 1):
        change = HostAdded(f"{number}.{site}") if known or number > 1 else SiteAdded((site,))
        await store.append(event(site, number, change))
        acknowledged.send(number)
    await store.close()


def started(url, site, events, ready=None):
    """A writer's process, and the pipe's end where its acknowledgements arrive."""
    arrivals, acknowledged = processes.Pipe(duplex=False)
    process = processes.Process(target=write, args=(url, site, events, ready, acknowledged))
    process.start()
    acknowledged.close()
    return process, arrivals


def heard(arrivals):
    """Everything that arrives until the writer is gone."""
    numbers = []
    try:
        while arrivals.poll(SECONDS):
            numbers.append(arrivals.recv())
        raise AssertionError(f"the writer is not gone, and says nothing for {SECONDS} s")
    except (EOFError, OSError):
        return numbers
    finally:
        arrivals.close()
