"""Making anew, one by one, what is held for hosts, when other signatures come into force.

Rules: others get their turn meanwhile; a host that cannot be made anew is told, keeps none of the others waiting, and
is tried again a few times.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from gatepost.service.generations import Generations

__all__ = ["Place", "Renewal"]

Place = tuple[Generations, str]
"""A cache, and a host that it holds something for."""

_GO_ON_EVERY = 200
"""Snapshots that are made anew before others get their turn."""
_TRIES = 3
_SHOWN = 5
"""Faults of a try that are told one by one."""
_AGAIN_SECONDS = 1.0

_log = logging.getLogger("gatepost.snapshots")


@dataclass
class Renewal:
    """The renewals of one worker; ``renew`` makes anew what is held at a place, if it is due."""

    renew: Callable[[Generations, str], Awaitable[None]]
    behind: int = 0
    """Hosts that are still held by other signatures than those in force."""

    async def of(self, places: Sequence[Place]) -> None:
        """Make anew what is held at these places. Those where that fails stay ``behind``, as they were."""
        for attempt in range(_TRIES):
            await asyncio.sleep(_AGAIN_SECONDS * attempt)
            places = await self._failed(places)
            if not places:
                return
        _log.error("%d hosts are still answered for by the signatures before", self.behind)

    async def _failed(self, places: Sequence[Place]) -> Sequence[Place]:
        """Try each once; those where it failed."""
        failed: list[Place] = []
        for done, place in enumerate(places):
            self.behind = len(places) - done + len(failed)
            try:
                await self.renew(*place)
            except Exception:  # a fault in one host must not keep back the others
                if len(failed) < _SHOWN:
                    _log.exception("%s is still answered for by the signatures before", place[1])
                failed.append(place)
            if not self.behind % _GO_ON_EVERY:
                await asyncio.sleep(0)
        self.behind = len(failed)
        return failed
