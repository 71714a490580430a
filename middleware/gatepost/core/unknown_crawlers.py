"""Who comes and is not known: a user agent that calls itself a crawler and that no signature recognises.

Rules: what a client says of itself is told and not believed; no address is kept of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

__all__ = ["UnknownCrawler", "together"]


@dataclass(frozen=True, slots=True)
class UnknownCrawler:
    """One of them, over all sites."""

    name: str
    """What it calls itself."""
    user_agent: str
    """One that it sent; not the only one, and not the last."""
    count: int
    """Its requests, as far as a bounded memory knows: some may have been others'."""
    first_seen: datetime
    last_seen: datetime
    error: int = 0
    """So many of :attr:`count` may have been others'."""

    @property
    def least(self) -> int:
        """Requests that it made for certain; workers that met it rarely may not tell of theirs."""
        return self.count - self.error


def together(tellings: Iterable[Sequence[UnknownCrawler]]) -> tuple[UnknownCrawler, ...]:
    """What several workers tell as one, the most frequent first."""
    found: dict[str, UnknownCrawler] = {}
    for one in (one for telling in tellings for one in telling):
        known = found.get(one.name.lower())
        found[one.name.lower()] = _added(known, one) if known else one
    return tuple(sorted(found.values(), key=lambda one: (-one.least, one.name.lower())))


def _added(one: UnknownCrawler, other: UnknownCrawler) -> UnknownCrawler:
    latest = max(one, other, key=lambda seen: seen.last_seen)
    return replace(
        latest,
        count=one.count + other.count,
        error=one.error + other.error,
        first_seen=min(one.first_seen, other.first_seen),
    )
