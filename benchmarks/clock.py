"""Time for a request, fairly: the same requests through every door, in turn, and differences within a round.

Rules: each request is timed by itself and right after its scope was made, as after a server's parser, so that it is in
the processor's caches; a figure is the median over rounds of what a door adds to the bare app in the same round, so
that other load disturbs both alike; no garbage is collected meanwhile.
"""

import asyncio
import gc
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

from benchmarks.doors import App
from benchmarks.traffic import Request, fresh_scope, receiver

__all__ = ["ROUND", "Timings", "nanoseconds_each", "time_requests"]

ROUND = 16
"""Requests of one round through one door."""
_SLOW_EVERY = 10


@dataclass(frozen=True)
class Timings:
    """Nanoseconds for a request, by door and round."""

    rounds: Mapping[str, Sequence[float | None]]

    def whole(self, door: str) -> float:
        """The median of all that a request took."""
        return statistics.median(value for value in self.rounds[door] if value is not None)

    def added(self, door: str, to: str) -> float:
        """The median of what one door took more than another in the same round."""
        pairs = zip(self.rounds[door], self.rounds[to], strict=True)
        return statistics.median(mine - theirs for mine, theirs in pairs if mine is not None and theirs is not None)


async def time_requests(
    doors: Mapping[str, App], requests: Sequence[Request], rounds: int, slow: Iterable[str] = ()
) -> Timings:
    """Send ``requests``, over and over, :data:`ROUND` a round; ``slow`` doors take part in one round of ten."""
    seldom, names = frozenset(slow), list(doors)
    found: dict[str, list[float | None]] = {name: [] for name in names}
    gc.collect()
    gc.disable()
    try:
        for turn in range(-2, rounds):  # two rounds to warm up
            start = (max(turn, 0) * ROUND) % len(requests)
            sent = [requests[(start + index) % len(requests)] for index in range(ROUND)]
            names = names[1:] + names[:1]
            for name in names:
                taken = None if name in seldom and turn % _SLOW_EVERY else await _one_round(doors[name], sent)
                if turn >= 0:
                    found[name].append(taken)
    finally:
        gc.enable()
    return Timings(found)


async def _one_round(app: App, requests: Sequence[Request]) -> float:
    taken = 0
    for request in requests:
        scope, receive = fresh_scope(request), receiver(asyncio.Event().wait)
        start = perf_counter_ns()
        await app(scope, receive, _send)
        taken += perf_counter_ns() - start
    return taken / len(requests)


async def _send(message: Any) -> None:
    pass


def nanoseconds_each(work: Any, items: Sequence[bytes], chunk: int = 500) -> float:
    """The median over chunks of what ``work`` takes for one of ``items``, each a fresh object."""
    taken = []
    for start in range(0, len(items), chunk):
        fresh = [bytes(bytearray(item)) for item in items[start : start + chunk]]
        begin = perf_counter_ns()
        for item in fresh:
            work(item)
        taken.append((perf_counter_ns() - begin) / len(fresh))
    return statistics.median(taken)
