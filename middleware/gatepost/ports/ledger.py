"""What the use cases need to keep exposures."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Protocol

from gatepost.core.exposure import Exposure, Reading

__all__ = ["Ledger"]


class Ledger(Protocol):
    """Keeps what crawlers took, as counts. Nothing here takes the turn of those who write events."""

    async def count(self, exposures: Sequence[Exposure], readings: Sequence[Reading]) -> None:
        """Add to what is counted, all or none; each key once."""
        ...

    async def exposures(self, site: str, since: date) -> Sequence[Exposure]:
        """What is counted of a site, by its id, from a day on; in the order of the keys."""
        ...

    async def readings(self, sites: Collection[str]) -> Sequence[Reading]:
        """Who read the robots.txt of these sites last."""
        ...

    async def forget_exposures(self, *, before: date | None = None, site: str | None = None) -> int:
        """Forget what is from before a day, or all that there is of a site; returns how many counts that were."""
        ...
