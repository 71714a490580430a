"""G22: what is owed is never dropped: after the last attempt, and where the endpoint is gone, it is still owed, seen,
told to operators, and sent again when they say so."""

from contextlib import asynccontextmanager

import pytest

from gatepost.core.duties import Delivery
from gatepost.core.preferences import Stance
from gatepost.wiring import SystemClock
from guarantees.notices import duties_of, licensed, sender, settled, shared, simulated
from guarantees.parts import on_sqlite_in_short, train
from sources.evil import answer, serving

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
HOSTS = [f"site{number}.example" for number in range(3)]


@asynccontextmanager
async def failing():
    """An endpoint that answers nothing but errors."""
    with simulated("--error", "100", "--reset", "0") as endpoint:
        yield endpoint.port


@asynccontextmanager
async def gone():
    async with serving() as evil:
        evil.pages["/notices"] = answer(b"", status="410 Gone")
        yield evil.port


@pytest.mark.parametrize(
    ("broken", "problem", "alarm"),
    [(failing, "it answers 50", "cannot be told of"), (gone, "it says that it is gone (410)", "says that it is gone")],
    ids=["schedule-ended", "gone"],
)
async def test_g22_what_is_owed_is_never_dropped(gate, shared_url, figure, broken, problem, alarm):
    if broken is failing:
        on_sqlite_in_short(shared_url)
    for host in HOSTS:
        await shared(gate, host)
    with sender(shared_url) as process:
        async with broken() as port:
            await licensed(gate, port)
            for host in HOSTS:
                await train(gate, Stance.BLOCK, host)
            await settled(gate, process, {Delivery.UNDELIVERED})
        undelivered = await duties_of(gate)
        assert all(duty.open and duty.deadline for duty in undelivered)
        assert all(duty.problem.startswith(problem) for duty in undelivered)
        assert process.log.read_text("utf-8").count(alarm) == 1
        with simulated(port=port) as endpoint:
            await gate.store.resend("acme", (), SystemClock().now())
            await settled(gate, process, {Delivery.DELIVERED})
            heard = endpoint.heard()
    owed = {duty.notice.id for duty in undelivered}
    figure(f"G22 removals dropped, {alarm}", "0", f"{len(owed - heard)} of {len(owed)}; all sent again")
    assert owed == heard
