"""G20: every notice arrives, at a partner on a bad line, by senders that are killed."""

import random

import pytest

from gatepost.core.duties import Delivery
from gatepost.core.preferences import Stance
from guarantees.notices import duties_of, licensed, sender, settled, shared, simulated, told
from guarantees.parts import FULL, sized, train

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
EVENTS, KILLS = sized(1_000, 60), sized(50, 3)
moments = random.Random(20)


async def test_g20_every_notice_arrives(gate, shared_url, figure):
    hosts = [f"site{number}.example" for number in range(EVENTS)]
    for host in hosts:
        await shared(gate, host)
    with simulated("--seed", "20") as endpoint:
        await licensed(gate, endpoint.port)
        busy = 0
        for some in range(KILLS):
            for host in hosts[some :: KILLS + 1]:
                await train(gate, Stance.BLOCK, host)
            with sender(shared_url):  # killed when it has pushed a few
                busy += await endpoint.pushed(moments.randrange(1, EVENTS // (KILLS + 1)), 10)
        for host in hosts[KILLS :: KILLS + 1]:
            await train(gate, Stance.BLOCK, host)
        with sender(shared_url) as process:
            await settled(gate, process, {Delivery.DELIVERED})
        summary = endpoint.summary()
        heard = endpoint.heard()
    duties = await duties_of(gate)
    lost = [duty.notice.id for duty in duties if duty.notice.id not in heard]
    kills = f"{KILLS} kills, {busy} of them after pushes"
    figure("G20 notices lost", "0", f"{len(lost)} of {len(duties):,} in {kills}; {summary['pushes']:,} pushes")
    assert busy > KILLS // 2, "senders were killed that were at work"
    assert len(duties) == EVENTS
    assert not lost
    assert told(summary) == {duty.notice.site: (duty.notice.number, False) for duty in duties}
    met = set(summary["fates"])
    assert met <= {"accepted", "busy", "error", "lost", "reset", "slow"}
    assert len(met) == 6 if FULL else len(met) > 3, "much went wrong"
