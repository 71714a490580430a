"""The time, by a clock that is held against two others: the one that only counts up, and the store's.

Rules: a clock is believed as long as it goes on from where it was, and is no more than five minutes from the store's;
one that went back, jumped ahead, or is contradicted by the store leaves the time in doubt, between all that was told.
Doubt ends when the store, or the clock itself, confirms the time again. Nothing waits, and nothing fails for it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gatepost.core.periods import Span
from gatepost.ports import Clock

__all__ = ["WatchedClock", "seconds_up"]

TOLERANCE = timedelta(minutes=5)
"""What a clock may be set forward by, or be away from the store's, without being doubted."""


def seconds_up() -> float:
    """Counts up whatever the clock is set to, and while the machine sleeps, where the machine can tell."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class _Told:
    """A time that was told, and when by the clock that only counts up."""

    moment: datetime
    up: float

    def by_now(self, up: float) -> datetime:
        """What it has become."""
        return self.moment + timedelta(seconds=up - self.up)


@dataclass
class WatchedClock:
    """Tells what the time may be."""

    clock: Clock
    up: Callable[[], float] = seconds_up
    _begun: _Told = field(init=False)
    _store: _Told | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._begun = _Told(self.clock.now(), self.up())

    def span(self) -> Span:
        """From the earliest to the latest that it may be; both the same when there is no doubt."""
        now, up = self.clock.now(), self.up()
        told = [now]
        gone_on = self._begun.by_now(up)
        if now < gone_on or now - gone_on > TOLERANCE:
            told.append(gone_on)
        stored = self._store.by_now(up) if self._store else now
        if abs(stored - now) > TOLERANCE:
            told.append(stored)
        return Span(min(told), max(told))

    def hear(self, store: datetime) -> None:
        """The store has just told its time. If the clock agrees with it, nothing else is doubted any more."""
        now, up = self.clock.now(), self.up()
        self._store = _Told(store, up)
        if abs(store - now) <= TOLERANCE:
            self._begun = _Told(now, up)
