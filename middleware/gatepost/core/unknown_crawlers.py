"""Who comes and is not known: a user agent that calls itself a crawler and that no signature recognises.

Rules: what a client says of itself is told and not believed; no address is kept of it.
"""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["UnknownCrawler"]


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
