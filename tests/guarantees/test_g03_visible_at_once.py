"""G3: what a worker acknowledged holds in that worker at once, also while it hears of changes by itself."""

import pytest

from gatepost.core.preferences import Stance
from guarantees.parts import HOST, STATUS, add, answers, guarded, sized, train

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
CHANGES = sized(10_000, 150)


async def test_g03_no_answer_is_stale(gate, figure):
    app, stale = guarded(gate), 0
    for stance, host in ((Stance.BLOCK, HOST), (Stance.BLOCK, "b.example"), (Stance.ALLOW, "a.example")):
        await add(gate, stance, host)
        await answers(app, host=host)  # all three stay held, so that a change costs no rendering
    for number in range(CHANGES):
        stance = (Stance.ALLOW, Stance.BLOCK)[number % 2]
        await train(gate, stance)
        await gate.snapshots.refresh()
        [(status, _)] = await answers(app, [("/", b"GPTBot/1.4")])
        stale += status != STATUS[stance]
    figure("G3 stale answers of the acknowledging worker", "0", f"{stale} of {CHANGES:,}")
    assert not stale
