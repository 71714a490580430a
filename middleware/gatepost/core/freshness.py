"""How fresh a signature set is: what is due for a review, and how long ago somebody last read a source.

Rules: the caller brings the day; nothing here says how old is too old.
"""

from dataclasses import dataclass
from datetime import date

from gatepost.core.crawlers import Crawler, SignatureSet

__all__ = ["Freshness", "freshness"]


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh a signature set is on a day."""

    newest: date
    """The day of the latest review of any entry."""
    oldest: date
    """The day of the review of the entry that was left alone for longest."""
    days: int
    """Days since the latest review; 0 where it lies ahead, as a clock may be behind."""
    overdue: tuple[Crawler, ...]
    """Entries whose ``review_by`` is past, the longest overdue first."""


def freshness(signatures: SignatureSet, today: date) -> Freshness:
    """How fresh a signature set is; it has one entry at least, as every set that was read has."""
    reviews = [crawler.honours_robots.checked for crawler in signatures.crawlers]
    overdue = [crawler for crawler in signatures.crawlers if crawler.review_by < today]
    newest = max(reviews)
    return Freshness(
        newest=newest,
        oldest=min(reviews),
        days=max((today - newest).days, 0),
        overdue=tuple(sorted(overdue, key=lambda crawler: (crawler.review_by, crawler.name))),
    )
