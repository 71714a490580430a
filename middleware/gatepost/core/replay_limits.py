"""What a new signature set may change at most, and where a replay crossed it.

Rules: every threshold has an id, a default that a release should keep, and a way to say otherwise.
"""

from dataclasses import dataclass
from types import MappingProxyType

from gatepost.core.replay import Replayed

__all__ = ["Breach", "Thresholds", "breaches"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What a release may change at most."""

    search_crawlers: int = 0
    """Search crawlers that would newly be refused."""
    refused_percent: float = 0.1
    """Of all requests, those that would newly be refused."""
    lost_percent: float = 0.1
    """Of all requests, those that would no longer be refused."""
    browser_requests: int = 0
    """Requests that look like a person's browser and would newly be recognised, or refused."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A threshold that was crossed."""

    id: str
    message: str
    remedy: str


_REMEDIES = MappingProxyType(
    {
        "replay.search.refused": "Give the entry mixed_use or its search purpose back, or a narrower token; else say "
        "--search-crawlers N.",
        "replay.requests.refused": "Look at the rows that refuse most; publish in steps, or say --refused-percent P.",
        "replay.requests.lost": "Look at the rows that are refused no longer: what lost its entry, its token or its "
        "purpose; bring it back, or say --lost-percent P.",
        "replay.browsers.recognised": "Look at the samples: a token that stands in browsers matches people; take a "
        "longer one, or say --browser-requests N.",
        "replay.browsers.refused": "Look at the samples: a token that stands in browsers matches people; take a longer "
        "one, or say --browser-requests N.",
    }
)


def breaches(replayed: Replayed, thresholds: Thresholds) -> tuple[Breach, ...]:
    """Every threshold that was crossed."""
    percent, lost = (
        100 * count / max(replayed.requests, 1) for count in (replayed.newly_refused, replayed.no_longer_refused)
    )
    found: list[tuple[str, str]] = []
    if len(replayed.search_refused) > thresholds.search_crawlers:
        names = ", ".join(replayed.search_refused[:10])
        found.append(("replay.search.refused", f"search crawlers would newly be refused: {names}"))
    if percent > thresholds.refused_percent:
        told = f"{percent:.3g} % of requests would newly be refused, {thresholds.refused_percent:g} % may be"
        found.append(("replay.requests.refused", told))
    if lost > thresholds.lost_percent:
        told = f"{lost:.3g} % of requests would no longer be refused, {thresholds.lost_percent:g} % may be"
        found.append(("replay.requests.lost", told))
    if replayed.browsers_recognised > thresholds.browser_requests:
        told = f"{replayed.browsers_recognised:,} requests that look like a person's browser would newly be recognised"
        found.append(("replay.browsers.recognised", told))
    if replayed.browsers_refused > thresholds.browser_requests:
        told = f"{replayed.browsers_refused:,} requests that look like a person's browser would newly be refused"
        found.append(("replay.browsers.refused", told))
    return tuple(Breach(id, message, _REMEDIES[id]) for id, message in found)
