"""What an owner is told about a site, as values: what holds and who said so, what stands in the way, and what each
choice costs.

Rules: codes and facts only, no prose, so that a page, the API and a command can each say it in their own words; every
resolved value carries its origin; what is told follows from the functions that the doors use.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gatepost.core.changes_told import HistoryEntry, told_history
from gatepost.core.crawlers import Crawler, Evidence, Purpose, Service
from gatepost.core.directives.robotstxt import read_robots
from gatepost.core.matching import Matcher
from gatepost.core.obstacles import Obstacle, obstacles
from gatepost.core.origins import DatedWish, Held, Origins
from gatepost.core.policy import Ruling, SitePolicy
from gatepost.core.preferences import (
    Level,
    Origin,
    PreferenceStatement,
    Resolved,
    Sharing,
    Stance,
)
from gatepost.core.sites import Visibility
from gatepost.core.snapshot import Rendering
from gatepost.core.state import State
from gatepost.errors import Fault

__all__ = [
    "Cost",
    "CrawlerRow",
    "Enforceability",
    "HostRow",
    "Known",
    "Overview",
    "PathRow",
    "PurposeRow",
    "SharingRow",
    "overview_of",
]


class Cost(StrEnum):
    """What it may cost to say no to a purpose."""

    LEAVES_SEARCH = "leaves-search"
    FEWER_CITATIONS = "fewer-citations"
    """Answers that are written from an index no longer name the site."""
    PEOPLE_TURNED_AWAY = "people-turned-away"
    """Somebody asked an assistant to look at the page, and it cannot."""
    NONE_KNOWN = "none-known"
    NOT_PRESERVED = "not-preserved"


COSTS = {
    Purpose.SEARCH: Cost.LEAVES_SEARCH,
    Purpose.AI_ANSWERS: Cost.FEWER_CITATIONS,
    Purpose.ASSISTANTS: Cost.PEOPLE_TURNED_AWAY,
    Purpose.AI_TRAINING: Cost.NONE_KNOWN,
    Purpose.ARCHIVES: Cost.NOT_PRESERVED,
}


class Enforceability(StrEnum):
    """How far a no reaches a crawler."""

    REFUSES = "refuses"
    """It says its name when it comes, so that it can be refused."""
    ASKS = "asks"
    """It also feeds search, which a no to AI never touches: it is asked in directives."""
    NOT_BY_NAME = "not-by-name"
    """Its name exists in robots.txt alone: it can be asked, and cannot be refused by name."""
    ON_TRIAL = "on-trial"
    """Its signature is new and on trial: who carries it is asked in directives and tagged, and not refused yet."""


@dataclass(frozen=True, slots=True)
class HostRow:
    """A host of the site, and whether this worker answers there by what the site says now."""

    host: str
    live: bool


@dataclass(frozen=True, slots=True)
class PurposeRow:
    """One of the five purposes."""

    purpose: Purpose
    effective: Stance | None
    origin: Origin
    since: datetime | None
    """From when it has held by what that level says; ``None`` where nobody ever said anything."""
    own: Stance | None
    """What the site says itself."""
    inherited: Resolved[Stance | None]
    """What would hold if the site said nothing."""
    crawlers: int
    """How many are known to come for it."""
    asked_only: int
    """How many of these are only asked: as they also feed search, or cannot be refused by name, or not yet."""
    cost: Cost


@dataclass(frozen=True, slots=True)
class SharingRow:
    """The owner's second switch; it is not retroactive."""

    effective: Sharing
    origin: Origin
    since: datetime | None
    own: Sharing | None


@dataclass(frozen=True, slots=True)
class CrawlerRow:
    """A crawler as it meets the site where no path exception holds."""

    name: str
    tokens: tuple[str, ...]
    """As robots.txt names it; those of its user agents where robots.txt has none."""
    operator: str
    documentation: str
    purposes: tuple[Purpose, ...]
    service: Service | None
    enforceability: Enforceability
    honours_robots: Evidence
    verifiable: bool
    meets: Ruling
    exception: Stance | None
    """What the site says of it by name."""


@dataclass(frozen=True, slots=True)
class PathRow:
    """What is wanted otherwise below some paths, and which level says so."""

    pattern: str
    stances: tuple[tuple[Purpose, Stance], ...]
    by: Level


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it."""

    id: str
    hosts: tuple[HostRow, ...]
    """The canonical one first."""
    visibility: Visibility
    revision: int
    region: str
    plan: str
    writable: bool
    """Whether a change could be acknowledged now."""
    obstacles: tuple[Obstacle, ...]
    purposes: tuple[PurposeRow, ...]
    """In the order of :class:`~gatepost.core.crawlers.Purpose`."""
    partner_sharing: SharingRow
    dated: tuple[DatedWish, ...]
    """What is said for a time, by the site and the levels above it, the earliest first."""
    crawlers: tuple[CrawlerRow, ...]
    """Every one that the signature set knows, in its order."""
    paths: tuple[PathRow, ...]
    """What all levels say together."""
    statement: PreferenceStatement
    """What the site says itself."""
    own_robots_txt: str
    oddities: tuple[Fault, ...]
    """Of the owner's own robots.txt, by line."""
    history: tuple[HistoryEntry, ...]
    """The latest first."""


@dataclass(frozen=True, slots=True)
class Known:
    """What an overview is made of."""

    origins: Origins
    rendering: Rendering
    matcher: Matcher
    live: frozenset[str]
    """The hosts at which this worker answers by the state."""
    writable: bool
    """Whether the store answers; else the state is the last one that it told."""

    @property
    def state(self) -> State:
        """The site as it stands."""
        return self.origins.state


def overview_of(known: Known) -> Overview:
    """Everything about a site that is there."""
    site, policy = known.state.subject, known.state.policy
    said = site.statement
    own = read_robots(site.robots_txt)
    *stances, sharing = known.origins.held(lambda policy: policy.everywhere)
    return Overview(
        site.id,
        tuple(HostRow(host, host in known.live) for host in site.hosts),
        site.visibility,
        site.revision,
        site.region,
        site.plan,
        known.writable,
        tuple(obstacles(site, known.rendering, own, known.matcher.signatures, known.live, known.writable)),
        tuple(_purpose_row(known, purpose, held) for purpose, held in zip(Purpose, stances, strict=True)),
        SharingRow(policy.preferences.partner_sharing.value, sharing.origin, sharing.since, said.partner_sharing),
        known.origins.dated(),
        tuple(_crawler_rows(policy, site.statement, known.matcher)),
        tuple(
            PathRow(path.value.pattern.text, tuple(path.value.stances.said()), path.origin.by)
            for path in policy.preferences.paths
        ),
        site.statement,
        site.robots_txt,
        own.notes,
        told_history(known.origins.histories.get(Level.SITE, ()), known.state.at),
    )


def _purpose_row(known: Known, purpose: Purpose, held: Held) -> PurposeRow:
    own = known.state.subject.statement.stances.of(purpose)
    inherited = known.state.silent.policy.everywhere.of(purpose)
    coming = [crawler for crawler in known.matcher.signatures.crawlers if purpose in crawler.purposes]
    refused = {Enforceability.REFUSES} | ({Enforceability.ASKS} if purpose is Purpose.SEARCH else set())
    asked = sum(_enforceability(crawler, known.matcher) not in refused for crawler in coming)
    stance = known.state.policy.everywhere.of(purpose).value
    return PurposeRow(purpose, stance, held.origin, held.since, own, inherited, len(coming), asked, COSTS[purpose])


def _crawler_rows(policy: SitePolicy, statement: PreferenceStatement, matcher: Matcher) -> Iterable[CrawlerRow]:
    """A row for every crawler, in the order of the signature file."""
    named = {one.crawler.lower(): one.stance for one in statement.crawlers}
    for crawler in matcher.signatures.crawlers:
        yield CrawlerRow(
            crawler.name,
            crawler.robots_tokens or crawler.user_agent_tokens,
            crawler.operator,
            crawler.documentation,
            tuple(purpose for purpose in Purpose if purpose in crawler.purposes),
            crawler.service,
            _enforceability(crawler, matcher),
            crawler.honours_robots,
            crawler.verification.possible,
            policy.ruling(crawler, policy.everywhere),
            named.get(crawler.name.lower()),
        )


def _enforceability(crawler: Crawler, matcher: Matcher) -> Enforceability:
    if crawler.robots_only:
        return Enforceability.NOT_BY_NAME
    if matcher.on_trial(crawler):
        return Enforceability.ON_TRIAL
    return Enforceability.ASKS if crawler.mixed_use else Enforceability.REFUSES
