"""G6: a store that takes five seconds for each call costs the hosts that are held nothing."""

import asyncio
from contextlib import asynccontextmanager
from itertools import count
from time import perf_counter

import pytest

from asgi.door import BROWSER, GPTBOT, Store, ask
from gatepost.core.preferences import Stance
from guarantees.parts import HOST, add, guarded, opened, percentile, sized

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
REQUESTS, ROUNDS = sized(10_000, 1_000), sized(20, 12)
RATIO = 1.1


async def p99(app):
    return percentile([await cost(app, number) for number in range(REQUESTS)], 0.99)


async def cost(app, number):
    start = perf_counter()
    await ask(app, "/robots.txt" if number % 10 == 0 else "/", agent=(BROWSER, GPTBOT)[number % 2], host=HOST.encode())
    await asyncio.sleep(0)  # whatever else the event loop has to do counts too
    return perf_counter() - start


@asynccontextmanager
async def served(url, wait):
    """A worker's app that holds a site, and then has a store that takes so long, and strangers who wait for it."""
    async with opened(store := Store(url)) as gate:
        app = guarded(gate)
        await ask(app, host=HOST.encode())
        store.wait = wait
        statuses: set[int] = set()
        strangers = [asyncio.create_task(stranger(app, number, statuses)) for number in range(10)]
        try:
            yield app, statuses
        finally:
            for task in strangers:
                task.cancel()
            await asyncio.gather(*strangers, return_exceptions=True)
            store.wait = 0


async def stranger(app, number, statuses):
    """One who asks for hosts that nobody has seen, at their own pace."""
    for host in count():
        statuses.add((await ask(app, "/robots.txt", host=b"%d.%d.example" % (host, number))).status)
        await asyncio.sleep(0.5)


async def compared(usual, slow):
    """The best of as many rounds on either side, taken in turn: what else runs on the machine only makes one slower."""
    rounds = [(await p99(usual), await p99(slow)) for _ in range(ROUNDS)]
    return min(baseline for baseline, _ in rounds), min(seconds for _, seconds in rounds)


async def test_g06_held_hosts_do_not_notice(gate, shared_url, figure):
    await add(gate, Stance.BLOCK)
    async with served(shared_url, 0) as (usual, _), served(shared_url, 5.0) as (slow, statuses):
        baseline, seconds = await compared(usual, slow)
        await asyncio.sleep(1)  # all strangers have been let go
    assert statuses == {503}, "the store was not slow"
    ratio = seconds / baseline
    measured = f"{ratio:.2f}: {seconds * 1e6:.0f} µs, without {baseline * 1e6:.0f} µs"
    figure("G6 p99 with a slow store, to that without", f"< {RATIO:g}", measured)
    assert ratio < RATIO
