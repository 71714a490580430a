"""What was taken, and what was known to whom took it: counts of crawls by site, crawler, outcome, day and phase.

Rules: counts and times alone: no address, no user agent, no path (a sketch holds hashes); whether a no holds follows
from the decision, as robots.txt does; what a crawler could not know yet is never held against it.

RFC 9309 §2.4 lets a crawler use a robots.txt that it fetched for 24 hours. So a request is against robots.txt where
that had said no for longer, or where the crawler has read the file since.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from gatepost.core import sketches
from gatepost.core.crawlers import Standing
from gatepost.core.origins import Origins
from gatepost.core.policy import Decision, Reason
from gatepost.core.preferences import Level
from gatepost.core.sites import VisibilityChanged

__all__ = [
    "GRACE",
    "Exposure",
    "ExposureKey",
    "Outcome",
    "Phase",
    "Reading",
    "combined",
    "has_read",
    "later_reading",
    "no_since",
    "phase_of",
]

GRACE = timedelta(hours=24)
"""For which a crawler may go by the robots.txt that it has (RFC 9309 §2.4)."""

_SETTLED = timedelta(seconds=10)
"""After which every worker answers by a change: an earlier reading may still have been of the file before."""


class Outcome(StrEnum):
    """What a crawler came away with."""

    SERVED = "served"
    """The app's answer."""
    FAILED = "failed"
    """The app's answer was an error (4xx, 5xx)."""
    REFUSED = "refused"
    READ = "read"
    """It read robots.txt or ai.txt."""


class Phase(StrEnum):
    """What had been said to a crawler by then."""

    OPEN = "open"
    """Nothing speaks against it."""
    TOLD = "told"
    """robots.txt says no; the crawler has not read it since, and need not have."""
    OVERDUE = "overdue"
    """The same, and robots.txt has said so for longer than a crawler may go without reading it."""
    READ = "read"
    """robots.txt says no, and the crawler has read it since."""

    @property
    def denied(self) -> bool:
        """Whether robots.txt said no."""
        return self is not Phase.OPEN

    @property
    def known(self) -> bool:
        """Whether the crawler knew, or had to."""
        return self in (Phase.OVERDUE, Phase.READ)


@dataclass(frozen=True, slots=True, order=True)
class ExposureKey:
    """What is counted together."""

    site: str
    """By its id."""
    crawler: str
    standing: Standing
    outcome: Outcome
    day: date
    """In UTC."""
    phase: Phase


@dataclass(frozen=True, slots=True)
class Exposure:
    """How often it came to that."""

    key: ExposureKey
    requests: int
    octets: int
    """Of the bodies that were sent."""
    first_seen: datetime
    last_seen: datetime
    paths: bytes | None = None
    """A sketch of the different paths; ``None``: they are not known."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A crawler read a site's robots.txt."""

    site: str
    crawler: str
    at: datetime
    """The last time."""
    since: datetime
    """The first time that it got these octets."""
    sha256: bytes
    """Of the file."""


def combined(one: Exposure, other: Exposure) -> Exposure:
    """Two counts of the same key as one."""
    return Exposure(
        one.key,
        one.requests + other.requests,
        one.octets + other.octets,
        min(one.first_seen, other.first_seen),
        max(one.last_seen, other.last_seen),
        sketches.together(one.paths, other.paths),
    )


def later_reading(one: Reading, other: Reading) -> Reading:
    """What two readings by one crawler come to."""
    earlier, later = sorted((one, other), key=lambda reading: reading.at)
    same = earlier.sha256 == later.sha256
    return replace(later, since=min(earlier.since, later.since)) if same else later


def has_read(since: datetime, readings: Iterable[datetime]) -> bool:
    """Whether one of these readings was surely of a file that says what is said since a time."""
    return any(at >= since + _SETTLED for at in readings)


def phase_of(since: datetime | None, at: datetime, readings: Iterable[datetime], grace: timedelta = GRACE) -> Phase:
    """In which phase a request fell that robots.txt says no to, given since when it does so and when the crawler read
    it; ``None``: since when is not known, so that nothing is held against the crawler."""
    if since is None:
        return Phase.TOLD
    if has_read(since, (reading for reading in readings if reading <= at)):
        return Phase.READ
    return Phase.OVERDUE if at - since > grace else Phase.TOLD


def no_since(origins: Origins, decision: Decision, path: str) -> datetime | None:
    """Since when a no has held that a decision rests on; ``None`` where no history tells it."""
    if decision.reason is not Reason.NOT_PUBLIC:
        return origins.since_of(decision, path)
    events = origins.histories.get(Level.SITE, ())
    return next((one.at for one in reversed(events) if isinstance(one.change, VisibilityChanged)), None)
