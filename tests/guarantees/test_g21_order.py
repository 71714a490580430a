"""G21: whoever applies the highest revision ends at what the owner said last, however the notices come."""

import asyncio
import random
from contextlib import suppress

import pytest

from gatepost.core.duties import Delivery
from gatepost.core.preferences import Stance
from gatepost.errors import ConfirmationNeeded, RevisionConflict
from guarantees.notices import duties_of, licensed, sender, settled, shared, simulated, told
from guarantees.parts import sized, train

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
RACES, SITES = sized(1_000, 30), 10
dice = random.Random(21)


async def race(gate, host):
    """Two wishes at once, one of which may be turned away."""

    async def wish(stance):
        with suppress(RevisionConflict, ConfirmationNeeded):
            await train(gate, stance, host)

    stances = [Stance.BLOCK, Stance.ALLOW]
    dice.shuffle(stances)
    await asyncio.gather(*map(wish, stances))


async def test_g21_the_last_word_holds(gate, shared_url, figure):
    hosts = [f"site{number}.example" for number in range(SITES)]
    for host in hosts:
        await shared(gate, host)
    with simulated("--seed", "21", "--slow", "20") as endpoint, sender(shared_url) as process:
        await licensed(gate, endpoint.port)
        for number in range(RACES):
            await race(gate, hosts[number % SITES])
        await settled(gate, process, {Delivery.DELIVERED, Delivery.SUPERSEDED})
        await endpoint.pushed(1, 3)  # what was under way when it was superseded
        believed = told(endpoint.summary())
    last = {duty.notice.site: duty.notice for duty in await duties_of(gate)}
    sites = {site.id: site.statement.stances.ai_training for site in await gate.store.sites()}
    wrong = [
        id
        for id, stance in sites.items()
        if (told_last := last.get(id)) and believed.get(id) != (told_last.number, stance is Stance.ALLOW)
    ]
    figure("G21 sites at another word than the last", "0", f"{len(wrong)} of {SITES} after {RACES:,} races")
    assert believed
    assert not wrong
