"""G4: a change is seen by every worker soon, and not much later when every hint of it is lost."""

import asyncio
from contextlib import ExitStack
from time import monotonic

import pytest

from gatepost.core.preferences import Stance
from gatepost.storage import open_store
from guarantees.parts import STATUS, add, opened, sized, train
from guarantees.workers import TO_COME_UP, seconds_until, together, worker

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
WORKERS = sized(4, 2)
SOON, LATEST = 2.0, 10.0
CHANGES, UNHEARD = sized(100, 4), sized(25, 1)
LISTENERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"


async def slowest(url, changes, hints=True, before=lambda: None):
    """The longest that any worker took to follow any of the changes that this process makes."""
    with ExitStack() as stack:
        async with opened(open_store(url)) as gate:
            await add(gate, Stance.BLOCK)
            workers = [stack.enter_context(worker(url, hints)) for _ in range(WORKERS)]
            await together(*(seconds_until(worker, 403, monotonic(), TO_COME_UP) for worker in workers))
            return max([await followed(gate, workers, number, before) for number in range(changes)])


async def followed(gate, workers, number, before):
    stance = (Stance.ALLOW, Stance.BLOCK)[number % 2]
    await asyncio.to_thread(before)
    await train(gate, stance)
    since = monotonic()
    return max(await together(*(seconds_until(worker, STATUS[stance], since) for worker in workers)))


async def test_g04_seen_soon(shared_url, figure):
    seconds = await slowest(shared_url, CHANGES)
    figure("G4 visible in every worker", f"<= {SOON:g} s", f"{seconds:.2f} s at most, {CHANGES} changes")
    assert seconds <= SOON


async def test_g04_seen_when_every_hint_is_lost(file_url, named, figure):
    urls = (file_url, named)
    seconds = await together(*(slowest(url, UNHEARD, hints=False) for url in urls))
    for url, worst in zip(urls, seconds, strict=True):
        kind = url.partition(":")[0]
        figure(
            "G4 visible when every hint is lost",
            f"<= {LATEST:g} s",
            f"{worst:.2f} s at most, {UNHEARD} changes, {kind}",
        )
    assert max(seconds) <= LATEST


async def test_g04_seen_when_listeners_are_cut_off(server, named, figure):
    seconds = await slowest(named, UNHEARD, before=lambda: server.sql(LISTENERS))
    figure("G4 visible when listeners are cut off", f"<= {LATEST:g} s", f"{seconds:.2f} s at most, {UNHEARD} changes")
    assert seconds <= LATEST
