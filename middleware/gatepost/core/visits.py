"""Who came to a site, as its owner is told it: by crawler, before the no and after it, and what each knew by then.

Rules: figures and times only, no prose, so that a page, the API and a command can each say it in their own words; of a
crawler whose operator says that it does not honour robots.txt nothing is told but what it did; a forged name is the
forger's fault; nobody is held to what it could not know yet. What passed under a data partner's licence is told apart:
it is neither before a no nor against one.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby

from gatepost.core import sketches
from gatepost.core.crawlers import Crawler, HonoursRobots, Standing
from gatepost.core.exposure import Exposure, Outcome, Phase, Reading, has_read

__all__ = ["CrawlerVisits", "DayVisits", "Erasure", "Knowledge", "Known", "Visits", "erasure_of", "visits_of"]


class Knowledge(StrEnum):
    """What a crawler knows of the robots.txt in force."""

    NEVER_READ = "never-read"
    """It was never seen reading robots.txt here."""
    READ_BEFORE = "read-before"
    """robots.txt says no to it, and it has not read it since."""
    READ_SINCE = "read-since"
    """robots.txt says no to it, and it has read that."""
    READ = "read"
    """It has read robots.txt, which says nothing against it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a crawler beside the counts."""

    crawler: Crawler | None
    """As the signature file has it now; ``None`` where it has it no more."""
    denied: bool
    """Whether robots.txt says no to it now, where no path exception holds."""
    since: datetime | None
    """Since when; ``None`` where no history tells it."""
    partners: tuple[str, ...] = ()
    """The data partners in whose name it came in these days, as owners are told."""


@dataclass(frozen=True, slots=True)
class DayVisits:
    """One day of one crawler, or of all."""

    day: date
    served: int
    refused: int
    after: int
    """Of those that were served, the ones to which robots.txt said no."""


@dataclass(frozen=True, slots=True)
class CrawlerVisits:
    """One crawler."""

    crawler: str
    operator: str
    standings: tuple[Standing, ...]
    """How far it was borne out that it is that crawler."""
    honours_robots: HonoursRobots | None
    denied: bool
    since: datetime | None
    served_before: int
    """Answers that it got while nothing spoke against it."""
    served_after: int
    """Answers that it got although robots.txt said no, as it is not refused or was not yet."""
    licensed: int
    """Answers that it got under a data partner's licence, by verified identity; these are in neither of the two."""
    partners: tuple[str, ...]
    """Whose licence that may be, by name; empty where there were none, and where nobody has it any more."""
    refused: int
    failed: int
    reads: int
    """Of robots.txt and ai.txt."""
    against: int | None
    """Requests for what robots.txt denied to it, when it had read that or had to; ``None``: nothing is told of that."""
    octets: int
    paths: int | None
    """About how many different ones it was given; ``None``: not known."""
    first_seen: datetime
    last_seen: datetime
    reading: Reading | None
    """The last time that it read robots.txt, and which octets; ``None``: it was not seen doing so."""
    knowledge: Knowledge
    days: tuple[DayVisits, ...]
    """Every day of the time that is told, the first one first."""

    @property
    def requests(self) -> int:
        """All of them, whatever became of each."""
        return self.served_before + self.served_after + self.licensed + self.refused + self.failed + self.reads


@dataclass(frozen=True, slots=True)
class Visits:
    """All who came to a site in some days."""

    site: str
    first_day: date
    last_day: date
    at: datetime
    crawlers: tuple[CrawlerVisits, ...]
    """Those that were served most first."""
    days: tuple[DayVisits, ...]


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is lost for good with all that is counted of a site."""

    requests: int
    crawlers: int
    against: int
    """Of the requests, those that a complaint could rest on."""
    token: str
    """What confirms it: for this site alone, and on that day alone, as the counts grow while somebody reads of them."""


def erasure_of(visits: Visits) -> Erasure:
    """What is lost with all of ``visits``."""
    meant = f"erase exposures of {visits.site} on {visits.last_day}".encode("utf-8", "surrogatepass")
    return Erasure(
        sum(one.requests for one in visits.crawlers),
        len(visits.crawlers),
        sum(one.against or 0 for one in visits.crawlers),
        hashlib.blake2b(meant, digest_size=8).hexdigest(),
    )


def visits_of(
    site: str,
    days: Sequence[date],
    at: datetime,
    exposures: Iterable[Exposure],
    readings: Iterable[Reading],
    known: Mapping[str, Known],
) -> Visits:
    """What is told of a site for some ``days``, which follow one another; ``known`` has every crawler of them."""
    read = {one.crawler: one for one in readings}
    ordered = sorted(exposures, key=lambda one: one.key.crawler)
    grouped = {name: list(group) for name, group in groupby(ordered, key=lambda one: one.key.crawler)}
    found = [_crawler(name, group, read.get(name), known[name], days) for name, group in grouped.items()]
    found.sort(key=lambda one: (-(one.served_before + one.served_after + one.licensed), -one.refused, one.crawler))
    return Visits(site, days[0], days[-1], at, tuple(found), tuple(_days(ordered, days)))


def _crawler(
    name: str, group: Sequence[Exposure], reading: Reading | None, known: Known, days: Sequence[date]
) -> CrawlerVisits:
    crawler = known.crawler
    served = [one for one in group if one.key.outcome is Outcome.SERVED]
    requests = {outcome: _requests(one for one in group if one.key.outcome is outcome) for outcome in Outcome}
    licensed = _requests(one for one in served if one.key.standing is Standing.VERIFIED)
    after = _requests(one for one in served if one.key.phase.denied)
    return CrawlerVisits(
        crawler=name,
        operator=crawler.operator if crawler else "",
        standings=tuple(standing for standing in Standing if any(one.key.standing is standing for one in group)),
        honours_robots=crawler.honours_robots.value if crawler else None,
        denied=known.denied,
        since=known.since,
        served_before=requests[Outcome.SERVED] - after - licensed,
        served_after=after,
        licensed=licensed,
        partners=known.partners if licensed else (),
        refused=requests[Outcome.REFUSED],
        failed=requests[Outcome.FAILED],
        reads=requests[Outcome.READ],
        against=_against(group, crawler),
        octets=sum(one.octets for one in group if one.key.outcome is not Outcome.READ),
        paths=sketches.counted(one.paths for one in served),
        first_seen=min(one.first_seen for one in group),
        last_seen=max(one.last_seen for one in group),
        reading=reading,
        knowledge=_knowledge(reading, known),
        days=tuple(_days(group, days)),
    )


def _against(group: Iterable[Exposure], crawler: Crawler | None) -> int | None:
    """Requests that a crawler which honours robots.txt would not have made."""
    if crawler is None or crawler.honours_robots.value is HonoursRobots.NO:
        return None
    own = (one for one in group if one.key.standing is not Standing.FORGED)
    return _requests(one for one in own if one.key.outcome is not Outcome.READ and one.key.phase.known)


def _knowledge(reading: Reading | None, known: Known) -> Knowledge:
    if reading is None:
        return Knowledge.NEVER_READ
    if not known.denied:
        return Knowledge.READ
    since = known.since
    return Knowledge.READ_SINCE if since and has_read(since, [reading.at]) else Knowledge.READ_BEFORE


def _requests(exposures: Iterable[Exposure]) -> int:
    return sum(one.requests for one in exposures)


def _days(exposures: Iterable[Exposure], days: Iterable[date]) -> Iterable[DayVisits]:
    """Each day, those without a visit included."""
    by_day: dict[date, list[Exposure]] = {}
    for one in exposures:
        by_day.setdefault(one.key.day, []).append(one)
    for day in days:
        there = by_day.get(day, ())
        served = [one for one in there if one.key.outcome is Outcome.SERVED]
        yield DayVisits(
            day,
            _requests(served),
            _requests(one for one in there if one.key.outcome is Outcome.REFUSED),
            _requests(one for one in served if one.key.phase is not Phase.OPEN),
        )
