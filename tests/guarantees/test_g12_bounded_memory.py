"""G12: strangers who make up hosts and user agents fill no memory."""

import asyncio
import os
from pathlib import Path
from random import Random

import pytest

from asgi.door import ask
from gatepost.core import matching
from gatepost.service import snapshots
from guarantees.parts import Nobody, guarded, new_gate, sized
from guarantees.workers import process, word

pytestmark = [pytest.mark.guarantee, pytest.mark.slow]
REQUESTS = sized(10_000_000, 20_000)
MEBIBYTES = 32
LONGEST = sized(3600, 120)


def resident():
    """Of this process, in MiB."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def flood(requests, words):
    asyncio.run(_flood(requests, words))


async def _flood(requests, words):
    gate, dice = new_gate(Nobody()), Random(12)
    app = guarded(gate)
    await answer(app, dice)
    before = most = resident()
    for number in range(requests):
        await answer(app, dice)
        if number % 10_000 == 0:
            most = max(most, resident())
    held, seen = gate.snapshots._unknown, gate.matcher
    caches = [len(held.young) + len(held._old), len(seen._young) + len(seen._old), len(app._app_robots._held)]
    words.send((max(most, resident()) - before, caches))
    await gate.close()


async def answer(app, dice):
    agent = b"GPTBot/1.%d (%x)" % (dice.randrange(10), dice.getrandbits(1600))
    path = "/robots.txt" if dice.random() < 0.03 else "/"
    await ask(app, path, host=b"%x.%x.example" % (dice.getrandbits(240), dice.getrandbits(240)), agent=agent)


def test_g12_strangers_fill_no_memory(figure):
    with process(flood, REQUESTS) as (child, arrivals):
        grown, (hosts, agents, robots) = word(child, arrivals, LONGEST)
    measured = f"{grown:.1f} MiB by {REQUESTS:,} of each; held {hosts:,}, {agents:,}, and {robots:,} robots.txt"
    figure("G12 memory of made-up hosts and user agents", f"<= {MEBIBYTES} MiB", measured)
    assert grown <= MEBIBYTES
    assert hosts <= 2 * snapshots._UNKNOWN_HELD
    assert agents <= 2 * matching._REMEMBERED
