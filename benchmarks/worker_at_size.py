"""One worker on a database of many sites, in a process of its own.

    python -m benchmarks.worker_at_size measure URL SITES HELD
    python -m benchmarks.worker_at_size watch URL HOST

``measure`` prints what it found as JSON; ``watch`` prints the monotonic clock each time that a host's policy changes.
"""

import asyncio
import gc
import json
import os
import random
import statistics
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

from benchmarks.made_up_platform import OWN_ROBOTS_EVERY, host_of

from gatepost import Gate, Purpose, Stance, open_gate
from gatepost.core.consent import Act
from gatepost.core.sites import PLATFORM, Actor, ActorKind
from gatepost.core.wishes import PurposeWish
from gatepost.service.owners import confirmed

HOST = Actor(ActorKind.PLATFORM, "benchmark")
FIRST_VISITS = 2_000
OWN = 200
"""Sites with a robots.txt of their own that are visited: each is read back by several parsers, which takes a while."""
AT_ONCE = 8
"""First visits at the same time, of those that only fill the worker."""
CHANGES = 20


async def _measure(url: str, sites: int, held: int) -> dict[str, float]:
    gate, dice = open_gate(url), random.Random(1)
    await gate.snapshots.visit("nobody.example")
    found: dict[str, float] = {"interpreter": _resident()}
    numbers = dice.sample(range(sites), min(held + FIRST_VISITS, sites))
    found |= _told("cold", await _times(numbers[:FIRST_VISITS], partial(_visit, gate)))
    plain = [number for number in numbers if number % OWN_ROBOTS_EVERY]
    own = [number for number in numbers if not number % OWN_ROBOTS_EVERY][:OWN]
    found |= await _grown(gate, "held", plain, AT_ONCE)
    found |= await _grown(gate, "own", own, 1)
    found |= _told("poll", await _times(range(200), partial(_poll, gate, await gate.store.position())))
    found |= await _default_changed(gate, numbers)
    await gate.close()
    return found


async def _visit(gate: Gate, number: int) -> None:
    await gate.snapshots.visit(host_of(number))


async def _poll(gate: Gate, position: int, _: int) -> None:
    await gate.store.changes(position)


async def _times(items: Sequence[int], work: Callable[[int], Awaitable[None]]) -> list[float]:
    taken = []
    for item in items:
        start = perf_counter()
        await work(item)
        taken.append(perf_counter() - start)
    return taken


async def _grown(gate: Gate, name: str, numbers: Sequence[int], at_once: int) -> dict[str, float]:
    """What it takes to hold these sites as well, for each that was not held."""
    new = [number for number in numbers if gate.snapshots.held(host_of(number)) is None]
    gc.collect()
    before, start = _resident(), perf_counter()
    for first in range(0, len(new), at_once):
        await asyncio.gather(*(_visit(gate, number) for number in new[first : first + at_once]))
    seconds = perf_counter() - start
    gc.collect()
    return {f"{name} sites": len(new), f"{name} seconds": seconds, f"{name} octets": (_resident() - before) / len(new)}


async def _default_changed(gate: Gate, numbers: Sequence[int]) -> dict[str, float]:
    """A new default of the platform's, with many sites held: until it is in force, and until all are held again."""
    held = [number for number in numbers[FIRST_VISITS:] if gate.snapshots.held(host_of(number))]
    await _default(gate, Stance.BLOCK)
    start = perf_counter()
    await gate.snapshots.refresh()
    found = {"default in force": perf_counter() - start}
    found |= _told("after default", await _times(held[:FIRST_VISITS], partial(_visit, gate)))
    await _default(gate, None)
    return found


async def _default(gate: Gate, stance: Stance | None) -> None:
    wishes = [PurposeWish(Purpose.ARCHIVES, stance)]

    async def say(confirmation: str = "") -> Any:
        act = Act(HOST, "benchmark", confirmation=confirmation)
        return await gate.owners.change_default_preferences(PLATFORM, wishes, act)

    await confirmed(say)


def _told(name: str, seconds: Sequence[float]) -> dict[str, float]:
    return {
        f"{name} median": statistics.median(seconds),
        f"{name} p99": sorted(seconds)[int(len(seconds) * 0.99)],
        f"{name} max": max(seconds),
    }


async def _watch(url: str, host: str) -> None:
    gate = open_gate(url)
    seen = (await gate.snapshots.visit(host)).rendering
    await gate.start()
    print("ready", flush=True)
    while True:
        now = gate.snapshots.held(host)
        if now and now.rendering is not seen:
            seen = now.rendering
            print(monotonic(), flush=True)
        await asyncio.sleep(0.001)


async def measure_changes(url: str, host: str) -> dict[str, float]:
    """From the acknowledgement of a change until it is seen, in the worker that made it and in another process."""
    command = [sys.executable, "-m", "benchmarks.worker_at_size", "watch", url, host]
    pipe = asyncio.subprocess.PIPE
    other = await asyncio.create_subprocess_exec(*command, stdout=pipe)
    gate = open_gate(url)
    await gate.snapshots.visit(host)
    await gate.start()
    try:
        assert other.stdout is not None
        await other.stdout.readline()
        here, there, written = [], [], []
        for turn in range(CHANGES):
            start = monotonic()
            acknowledged = await _change(gate, host, Stance.BLOCK if turn % 2 else Stance.ASK)
            written.append(acknowledged - start)
            here.append(await _seen_here(gate, host) - acknowledged)
            there.append(float(await other.stdout.readline()) - acknowledged)
            await asyncio.sleep(random.uniform(0.2, 0.4))
    finally:
        other.terminate()
        await other.wait()
        await gate.close()
    return _told("written", written) | _told("seen here", here) | _told("seen there", there)


async def _change(gate: Gate, host: str, stance: Stance) -> float:
    before = gate.snapshots.held(host)
    _BEFORE[:] = [before.rendering if before else None]
    wishes = [PurposeWish(Purpose.ARCHIVES, stance)]
    change = partial(gate.owners.change_preferences, host, wishes, HOST, reason="benchmark")
    await confirmed(change)
    return monotonic()


_BEFORE: list[Any] = []


async def _seen_here(gate: Gate, host: str) -> float:
    while True:
        now = gate.snapshots.held(host)
        if now and now.rendering is not _BEFORE[0]:
            return monotonic()
        await asyncio.sleep(0.001)


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    kind, url, *rest = sys.argv[1:]
    if kind == "watch":
        asyncio.run(_watch(url, *rest))
    else:
        json.dump(asyncio.run(_measure(url, *map(int, rest))), sys.stdout)
