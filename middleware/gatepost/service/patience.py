"""How long a request waits for the store, and how many do at once.

Rules: few ask the store at the same time, whatever hosts strangers name; a store that keeps silent keeps nobody for a
second, and then nobody waits but for a few each second who try again; a crowd at a store that answers waits for its
turn, within limits; a busy event loop is not taken for a silent store.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

from gatepost.errors import StoreUnavailable
from gatepost.service.waiting import Turns

__all__ = ["Patience"]

_AT_ONCE = 8
"""Readings of the store at the same time."""

_STEP_SECONDS, _STEPS = 0.05, 14
"""For what a visit needs of the store, once it has its turn: 0.7 s, counted in rounds of the event loop, which may have
too much to do to hear an answer that is there."""
_VISIT_SECONDS = 5.0
"""For the turn and the answer together."""

_SILENCE_SECONDS = 1.0
"""After a reading that got no answer, in which nobody asks."""


class Patience:
    """The turns of those whom a request waits for, and for how long it does."""

    def __init__(self) -> None:
        self._turns = Turns(_AT_ONCE)
        self._silent_until = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Around a reading of the store: ends it when it takes too long, and gives its turn to the next.

        Raises :class:`~gatepost.errors.StoreUnavailable` for a reading that was ended or never began.
        """
        self._expect_an_answer()
        try:
            async with asyncio.timeout(_VISIT_SECONDS), self._turns.of_this_loop():
                self._expect_an_answer()
                async with self._answered():
                    yield
        except TimeoutError as error:
            raise _silent("the store keeps a first visit waiting") from error

    def _expect_an_answer(self) -> None:
        if monotonic() < self._silent_until:
            raise _silent("the store kept silent a moment ago")

    @asynccontextmanager
    async def _answered(self) -> AsyncIterator[None]:
        """Take a reading without an answer for the store's silence; one that came late to its turn tells nothing."""
        limit = asyncio.timeout(None)
        countdown = _Countdown(limit)
        try:
            async with limit:
                yield
        finally:
            countdown.stop()
            if limit.expired():
                self._silent_until = monotonic() + _SILENCE_SECONDS


class _Countdown:
    """Lets a limit expire after the steps."""

    def __init__(self, limit: asyncio.Timeout) -> None:
        self._limit = limit
        self._step(_STEPS)

    def _step(self, left: int) -> None:
        loop = asyncio.get_running_loop()
        if left:
            self._next = loop.call_later(_STEP_SECONDS, self._step, left - 1)
        else:
            self._limit.reschedule(loop.time())

    def stop(self) -> None:
        """Count no further."""
        self._next.cancel()


def _silent(message: str) -> StoreUnavailable:
    return StoreUnavailable(
        message,
        id="store.silent",
        remedy="Look at the database's load, at what locks it, and at the network; visits ask again by themselves.",
    )
