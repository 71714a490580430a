"""A site, its opt-out, and what turns one into the next.

Rules: consent is events by actors, and the present is derived from them (:func:`apply`); no event but an owner's
explicit statement touches the statement, so that a site that is made private, suspended, renamed or restored keeps
it; what touches search, now or at a date, needs a separate, named confirmation.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import reduce
from typing import Literal

from gatepost.core.amendments import amended
from gatepost.core.crawlers import SignatureSet
from gatepost.core.preferences import LevelStatement, PreferenceStatement
from gatepost.core.schedules import check_size, exceptions_in
from gatepost.core.search import check_search
from gatepost.core.wishes import Wish
from gatepost.errors import StatementError

__all__ = [
    "PLATFORM",
    "Actor",
    "ActorKind",
    "CanonicalHostChanged",
    "Change",
    "Event",
    "HostAdded",
    "HostRemoved",
    "OwnerChanged",
    "PlacementChanged",
    "RobotsTxtChanged",
    "Site",
    "SiteAdded",
    "StatementChanged",
    "Visibility",
    "VisibilityChanged",
    "amend",
    "apply",
    "present",
    "until",
]

PLATFORM = "*"
"""The id under which the platform's own statement is kept; no host can look like it."""

MAX_EXCEPTIONS = 2_048
"""The smallest limit of readers in the field (Yandex: rules a file)."""


class Visibility(StrEnum):
    """Where a site stands in its life; everything but ``public`` is never shared and never crawled."""

    PUBLIC = "public"
    PRIVATE = "private"
    PASSWORD = "password-protected"
    COMING_SOON = "coming-soon"
    SUSPENDED = "suspended"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Site:
    """A site as it stands now."""

    id: str
    hosts: tuple[str, ...]
    """Site keys (``core/request.site_key``), the canonical one first."""
    statement: PreferenceStatement = PreferenceStatement()
    visibility: Visibility = Visibility.PUBLIC
    robots_txt: str = ""
    """The owner's own robots.txt, to be merged."""
    revision: int = 0
    region: str = ""
    plan: str = ""
    kept: tuple[tuple[LevelStatement, ...], ...] = ()
    """What levels above said when the site left them, and still holds (``core/levels``)."""

    @property
    def host(self) -> str:
        """The canonical host."""
        return self.hosts[0]


class ActorKind(StrEnum):
    """In what capacity somebody acts."""

    OWNER = "owner"
    PLATFORM = "platform"
    OPERATOR = "operator"
    MIGRATION = "migration"
    PARTNER = "partner"
    """A data partner, by its id; it reads what it is told and answers, and changes no site."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted."""

    kind: ActorKind
    name: str


@dataclass(frozen=True, slots=True)
class SiteAdded:
    """A site came into being."""

    hosts: tuple[str, ...]
    region: str = ""
    plan: str = ""
    kind: Literal["site-added"] = "site-added"


@dataclass(frozen=True, slots=True)
class HostAdded:
    """A site can be reached under one more host."""

    host: str
    kind: Literal["host-added"] = "host-added"


@dataclass(frozen=True, slots=True)
class HostRemoved:
    """A site can no longer be reached under a host."""

    host: str
    kind: Literal["host-removed"] = "host-removed"


@dataclass(frozen=True, slots=True)
class CanonicalHostChanged:
    """Another of a site's hosts is the canonical one."""

    host: str
    kind: Literal["canonical-host-changed"] = "canonical-host-changed"


@dataclass(frozen=True, slots=True)
class OwnerChanged:
    """The site belongs to somebody else, who takes it over with everything that was said."""

    owner: str
    kind: Literal["owner-changed"] = "owner-changed"


@dataclass(frozen=True, slots=True)
class PlacementChanged:
    """The site came to another region or plan.

    ``kept`` is what the levels above it said before, where that is stricter anywhere than what they say now.
    """

    region: str
    plan: str
    kept: tuple[LevelStatement, ...] = ()
    kind: Literal["placement-changed"] = "placement-changed"


@dataclass(frozen=True, slots=True)
class StatementChanged:
    """The statement is now this one, whole."""

    statement: PreferenceStatement
    kind: Literal["statement-changed"] = "statement-changed"


@dataclass(frozen=True, slots=True)
class VisibilityChanged:
    """The site went public, private, or out of service."""

    visibility: Visibility
    kind: Literal["visibility-changed"] = "visibility-changed"


@dataclass(frozen=True, slots=True)
class RobotsTxtChanged:
    """The owner's own robots.txt is now this text."""

    text: str
    kind: Literal["robots-txt-changed"] = "robots-txt-changed"


Change = (
    SiteAdded
    | HostAdded
    | HostRemoved
    | CanonicalHostChanged
    | OwnerChanged
    | PlacementChanged
    | StatementChanged
    | VisibilityChanged
    | RobotsTxtChanged
)


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one site: who, when, what, why. ``revision`` counts a site's events from 1."""

    site: str
    revision: int
    at: datetime
    """In UTC."""
    actor: Actor
    change: Change
    reason: str = ""


def apply(site: Site | None, event: Event) -> Site:
    """The site after ``event``; ``None`` is a site that is not there yet."""
    site = site or Site(event.site, hosts=())
    revision = event.revision
    match event.change:
        case SiteAdded(hosts, region, plan):
            return replace(site, hosts=hosts, region=region, plan=plan, revision=revision)
        case HostAdded() | HostRemoved() | CanonicalHostChanged():
            return replace(site, hosts=_hosts_after(site.hosts, event.change), revision=revision)
        case OwnerChanged():
            return replace(site, revision=revision)
        case PlacementChanged(region, plan, kept):
            floors = (*site.kept, kept) if kept else site.kept
            return replace(site, region=region, plan=plan, kept=floors, revision=revision)
        case StatementChanged(statement):
            return replace(site, statement=statement, revision=revision)
        case VisibilityChanged(visibility):
            return replace(site, visibility=visibility, revision=revision)
        case RobotsTxtChanged(text):
            return replace(site, robots_txt=text, revision=revision)


def _hosts_after(hosts: tuple[str, ...], change: HostAdded | HostRemoved | CanonicalHostChanged) -> tuple[str, ...]:
    others = tuple(host for host in hosts if host != change.host)
    match change:
        case HostAdded(host):
            return (*hosts, host)
        case CanonicalHostChanged(host):
            return (host, *others)
        case HostRemoved():
            return others


def present(events: Iterable[Event]) -> Site | None:
    """A site as its events leave it, given in order; ``None`` without events."""
    start: Site | None = None
    return reduce(apply, events, start)


def until(at: datetime, events: Sequence[Event]) -> Sequence[Event]:
    """The events of a site up to the last one that had happened. Clocks of workers differ: an earlier revision counts
    as earlier, whatever it says."""
    return events[: max((place for place, event in enumerate(events, 1) if event.at <= at), default=0)]


def amend(
    statement: PreferenceStatement,
    wishes: Sequence[Wish],
    signatures: SignatureSet,
    *,
    search_confirmed: bool = False,
) -> PreferenceStatement:
    """The statement that follows from ``wishes``, in their order.

    Raises :class:`ConfirmationNeeded` when the result says no to search where the statement before did not, and
    ``search_confirmed`` does not say that the owner means it; :class:`StatementError` when it would grow too large.
    """
    wanted = reduce(amended, wishes, statement)
    if exceptions_in(wanted) > MAX_EXCEPTIONS:
        raise StatementError(
            f"{exceptions_in(wanted)} exceptions are more than readers of robots.txt take",
            id="statement.exceptions.many",
            remedy=f"Use at most {MAX_EXCEPTIONS}; one pattern with * can stand for many paths.",
        )
    check_size(wanted)
    check_search(statement, wanted, signatures, search_confirmed)
    return wanted
