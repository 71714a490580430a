"""How many ask for the same thing, for too many things at once, or again and again, in loops that follow one another.

Rules: a waiter that gives up ends nothing for others; nothing is carried from one event loop into the next.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from functools import partial
from typing import Any, Generic, TypeVar

from gatepost.errors import StoreError

__all__ = ["SingleFlight", "Turns", "for_ever"]

_dice = random.SystemRandom()

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")


class SingleFlight(Generic[Key, Found]):
    """Many who wait for the same thing, one task that gets it; a waiter that gives up does not end it for others."""

    def __init__(self) -> None:
        self._flights: dict[Key, asyncio.Task[Found]] = {}

    async def once(self, key: Key, start: Callable[[], Coroutine[Any, Any, Found]]) -> Found:
        """What ``start`` gets, started only when nobody in this event loop is waiting for ``key`` yet."""
        task = self._flights.get(key)
        if task is None or task.get_loop() is not asyncio.get_running_loop():
            task = self._flights[key] = asyncio.create_task(start())
            task.add_done_callback(partial(self._landed, key))
        return await asyncio.shield(task)

    def _landed(self, key: Key, task: asyncio.Task[Found]) -> None:
        self._flights.pop(key, None)
        if not task.cancelled():
            task.exception()  # all who waited may have given up, and a failure is theirs alone to hear of


class Turns:
    """A semaphore for each event loop, one at a time: tests and commands run several, one after the other."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._loop: asyncio.AbstractEventLoop | None = None

    def of_this_loop(self) -> asyncio.Semaphore:
        """The semaphore of the running loop."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._semaphore = loop, asyncio.Semaphore(self._places)
        return self._semaphore


async def for_ever(look: Callable[[], Awaitable[None]], seconds: float, log: logging.Logger, what: str) -> None:
    """Look again and again, nearly so many seconds apart, so that workers that were started together do not ask
    together. No failure ends it; ``what`` says what it means, and a store that stays away is told of once."""
    level = logging.WARNING
    while True:
        try:
            await look()
            level = logging.WARNING
        except StoreError as error:
            log.log(level, "%s: %s", what, error)
            level = logging.DEBUG
        except Exception:  # a fault of ours must not end it in silence
            log.exception("%s", what)
        await asyncio.sleep(seconds * _dice.uniform(0.8, 1.0))
