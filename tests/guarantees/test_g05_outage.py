"""G5: the store is gone under traffic: every page and policy file is answered as before, and then it is back."""

import asyncio
from time import monotonic

import pytest

from gatepost.core.preferences import Stance
from gatepost.errors import StoreUnavailable
from guarantees.parts import HOST, add, answers, guarded, sized, train

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
SECONDS = sized(60, 1.5)
HOSTS = {HOST: Stance.BLOCK, "open.example": Stance.ALLOW}


async def everything(app):
    return [await answers(app, host=host) for host in HOSTS]


async def traffic(app, seconds, before):
    """How many rounds of requests were answered, and how many otherwise than before."""
    rounds = other = 0
    end = monotonic() + seconds
    while monotonic() < end:
        other += await everything(app) != before
        rounds += 1
        await asyncio.sleep(0.001)  # the watch has its turn
    return rounds, other


async def seconds_until_followed(gate, app):
    """A change is written and seen."""
    await train(gate, Stance.ALLOW)
    since = monotonic()
    while (await answers(app))[1][0] != 200 and monotonic() - since < 30:
        await asyncio.sleep(0.02)
    return monotonic() - since


async def test_g05_answers_as_before(gate, outage, figure):
    app = guarded(gate)
    for host, stance in HOSTS.items():
        await add(gate, stance, host)
    await gate.start()
    before = await everything(app)
    async with outage():
        rounds, other = await traffic(app, SECONDS, before)
        with pytest.raises(StoreUnavailable):
            await train(gate, Stance.ALLOW)
    recovered = await seconds_until_followed(gate, app)
    requests = rounds * len(HOSTS) * len(before[0])
    figure("G5 answered otherwise during an outage", "0", f"{other} of {requests:,} requests in {SECONDS} s")
    figure("G5 followed again after the outage", "< 10 s", f"{recovered:.2f} s")
    assert rounds
    assert not other
    assert recovered < 10
