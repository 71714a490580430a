"""G14: robots.txt of a known site is there for everybody, whatever the user agent, and while the store is down."""

from contextlib import nullcontext

import pytest

from asgi.door import ask
from gatepost.core.preferences import Stance
from gatepost.storage import open_store
from guarantees.parts import HOST, add, any_agent, dice, guarded, opened, sized, tally

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
REQUESTS = sized(100_000, 2_000)


async def robots(app, agent, method=None):
    reply = await ask(
        app, "/robots.txt", host=HOST.encode(), agent=agent, method=method or dice.choice(["GET", "HEAD"])
    )
    return reply.status


@pytest.mark.parametrize("down", [False, True], ids=["store-up", "store-down"])
async def test_g14_is_there_for_everybody(gate, outage, figure, down):
    app = guarded(gate)
    await add(gate, Stance.BLOCK)
    await robots(app, None)
    async with outage() if down else nullcontext():
        statuses = [await robots(app, any_agent()) for _ in range(REQUESTS // 4)]  # of four runs
    figure("G14 robots.txt for every user agent", "200", tally(statuses))
    assert set(statuses) == {200}


@pytest.mark.parametrize(
    "agent",
    [
        pytest.param(b"a\x01b", id="control"),
        pytest.param(b"x" * 100_000, id="very-long"),
        pytest.param(b"x" * 8_000, id="long"),
        pytest.param(b"", id="empty"),
    ],
)
async def test_g14_is_there_for_an_odd_user_agent(figure, agent):
    async with opened(open_store("sqlite://")) as gate:
        await add(gate, Stance.BLOCK)
        status = await robots(guarded(gate), agent)
    figure("G14 robots.txt for an odd user agent", "200", status)
    assert status == 200
