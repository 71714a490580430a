"""Crawlers that nobody knows yet: what calls itself a crawler, or looks like one, and has no signature.

Rules: the memory of a tally is bounded whatever strangers send; versions of a product are one; what comes most is
kept. Who looks like a crawler is ``core/likeness``'s to say; whether a signature names it is the caller's.
"""

from dataclasses import dataclass
from datetime import datetime

from gatepost.core.frequent import Counted, Distinct, Frequent
from gatepost.core.likeness import OCTETS_READ, Kind, Likeness, Sign, likeness_of

__all__ = ["PLACES", "Sighting", "Tally"]

PLACES = 512
"""Products that a tally has places for; it takes less than 1 MiB for them."""
_REMEMBERED = 4096
"""User agents whose likeness is remembered; with octets of their own they take less than 3 MiB."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """An unknown crawler, as far as it was seen."""

    product: str
    """Without its version, in the spelling that was seen first."""
    count: int
    """Requests; at most so many, and at least ``count - error``."""
    error: int
    """As many may have been those of products that lost their place."""
    first: datetime | None
    last: datetime | None
    """``None`` where no time is known."""
    signs: tuple[Sign, ...]
    """Why it looks like a crawler."""
    sample: bytes
    """The user agent that brought the product its place, up to 512 octets of it, as a stranger sent it."""
    sites: Distinct = Distinct()
    addresses: Distinct = Distinct()

    @property
    def least(self) -> int:
        """Requests that it made for certain."""
        return self.count - self.error


class _Seen:
    """What a tally keeps of a product; replaced by nothing and changed in place, because it changes with each note."""

    __slots__ = ("addresses", "first", "last", "product", "sample", "signs", "sites")

    def __init__(self, likeness: Likeness, user_agent: bytes) -> None:
        self.product, self.signs = likeness.product, likeness.signs
        self.sample = user_agent[:OCTETS_READ]
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.sites = self.addresses = Distinct()

    def told(self, counted: Counted) -> Sighting:
        return Sighting(
            *(self.product, counted.count, counted.error, self.first, self.last, self.signs, self.sample),
            *(self.sites, self.addresses),
        )


class Tally:
    """Counts what looks like a crawler, by product."""

    def __init__(self, places: int = PLACES) -> None:
        self._frequent = Frequent(places)
        self._seen: dict[str, _Seen] = {}
        self._likenesses: dict[bytes, Likeness] = {}

    def concerns(self, user_agent: bytes) -> bool:
        """Whether it looks like a crawler, so that :meth:`note` would count it."""
        return self._likeness(user_agent).kind is Kind.CRAWLER

    def note(self, user_agent: bytes, at: datetime | None, host: str = "", address: str = "") -> None:
        """Count a request of a client that no signature knows; ``host`` and ``address`` where they are known."""
        likeness = self._likeness(user_agent)
        if likeness.kind is not Kind.CRAWLER:
            return
        product = likeness.product.lower()
        lost = self._frequent.note(product)
        if lost is not None:
            del self._seen[lost]
        seen = self._seen.get(product)
        if seen is None:
            seen = self._seen[product] = _Seen(likeness, user_agent)
        seen.first, seen.last = _earliest(seen.first, at), _latest(seen.last, at)
        if host:
            seen.sites = seen.sites.seen(host)
        if address:
            seen.addresses = seen.addresses.seen(address)

    def told(self, most: int | None = None) -> tuple[Sighting, ...]:
        """What was seen, the most frequent first."""
        return tuple(self._seen[counted.item].told(counted) for counted in self._frequent.told(most))

    def _likeness(self, user_agent: bytes) -> Likeness:
        found = self._likenesses.get(user_agent)
        if found is None:
            found = likeness_of(user_agent)
            if len(user_agent) <= OCTETS_READ:
                if len(self._likenesses) >= _REMEMBERED:
                    self._likenesses.clear()
                self._likenesses[user_agent] = found
        return found


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return other if one is None or (other is not None and other < one) else one


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return other if one is None or (other is not None and other > one) else one
