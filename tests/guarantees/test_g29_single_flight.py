"""G29: a crowd at a cold worker costs the store one question a host, and few at a time."""

import asyncio

import pytest

from asgi.door import BROWSER, ask
from gatepost.core.preferences import Stance
from guarantees.parts import Watched, add, guarded, opened, tally, timed

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
CROWD = 1_000
AT_ONCE = 8


@pytest.fixture
async def cold(shared_url, patient):
    """A gate that has seen no request yet, on a store that holds a site."""
    async with opened(Watched(shared_url)) as gate:
        await add(gate, Stance.BLOCK)
        gate.store.asked.clear()
        gate.store.most = 0
        yield gate


async def crowd(gate, hosts):
    """The seconds, and the statuses, of requests at the same time."""
    app = guarded(gate)
    seconds, replies = await timed(asyncio.gather(*(ask(app, host=host, agent=BROWSER) for host in hosts)))
    return seconds, tally(reply.status for reply in replies)


async def test_g29_of_one_host(cold, figure):
    seconds, statuses = await crowd(cold, [b"garden.example"] * CROWD)
    asked = cold.store.asked["site_by_host"]
    figure("G29 store asked for one host", "once", f"{asked} time for {CROWD:,} requests at once, {seconds:.2f} s")
    assert (asked, statuses) == (1, f"200: {CROWD:,}")


async def test_g29_of_a_thousand_hosts(cold, figure):
    seconds, statuses = await crowd(cold, [b"%d.example" % number for number in range(CROWD)])
    asked, most = cold.store.asked["site_by_host"], cold.store.most
    figure(
        "G29 store asked for many hosts", f"<= {AT_ONCE} at once", f"{most} at once, {asked:,} times, {seconds:.2f} s"
    )
    assert (asked, statuses) == (CROWD, f"200: {CROWD:,}")
    assert most <= AT_ONCE
