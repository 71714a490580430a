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
    """The last one that it sent."""
    count: int
    """Its requests."""
    first_seen: datetime
    last_seen: datetime


def together(tellings: Iterable[Sequence[UnknownCrawler]]) -> tuple[UnknownCrawler, ...]:
    """What several workers tell as one, the most frequent first."""
    found: dict[str, UnknownCrawler] = {}
    for one in (one for telling in tellings for one in telling):
        known = found.get(one.name.lower())
        found[one.name.lower()] = _added(known, one) if known else one
    return tuple(sorted(found.values(), key=lambda one: (-one.count, one.name.lower())))


def _added(one: UnknownCrawler, other: UnknownCrawler) -> UnknownCrawler:
    latest = max(one, other, key=lambda seen: seen.last_seen)
    return replace(latest, count=one.count + other.count, first_seen=min(one.first_seen, other.first_seen))
