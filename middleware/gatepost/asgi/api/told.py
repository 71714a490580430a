"""What the API gives, as pydantic models; the OpenAPI document is made of them.

Rules: a statement shows exactly what is stored; what holds is shown apart from it, with its origin.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gatepost.asgi.api.forms import WishValue
from gatepost.core.clients import ClientKind
from gatepost.core.crawlers import HonoursRobots, Purpose, Service, Standing
from gatepost.core.explanation import Note
from gatepost.core.licences import Means
from gatepost.core.obstacles import ObstacleKind
from gatepost.core.policy import Action, Reason
from gatepost.core.preferences import Level
from gatepost.core.reach import Reach
from gatepost.core.sites import ActorKind, Visibility

__all__ = [
    "ActorTold",
    "ClientTold",
    "CrawlerNamed",
    "CrawlerTold",
    "CrawlersTold",
    "DatedHeld",
    "DatedTold",
    "DefaultTold",
    "EffectsTold",
    "EvidenceTold",
    "ExplanationTold",
    "HistoryEntry",
    "HistoryTold",
    "HostReachTold",
    "LicenceTold",
    "ObstacleTold",
    "Origin",
    "ReachTold",
    "Resolved",
    "RobotsVerdictTold",
    "Saying",
    "SiteTold",
    "SiteWhole",
    "SitesTold",
    "StatementTold",
    "Told",
]

Said = Annotated[
    dict[str, WishValue],
    Field(description="What is stored, and nothing else; the same subjects as in a change."),
]


class Told(BaseModel):
    """An answer."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class DatedTold(Told):
    """What is said for a time, in place of what is said without one."""

    subject: str
    value: WishValue
    start: datetime | None = Field(description="null: from ever.")
    end: datetime | None = Field(description="When it ends; null: never.")


class Saying(Told):
    """What is said."""

    wishes: Said
    dated: list[DatedTold] = Field(description="What is stored for a time.")


class Origin(Told):
    """Who said something."""

    level: Level
    detail: str = Field(description="The region's or plan's name; the path or the crawler of an exception.")
    by: Level | None = Field(description="The level that made an exception.")


class Resolved(Told):
    """A value and its origin."""

    value: WishValue | None = Field(description="null: nobody said anything.")
    origin: Origin
    since: datetime | None = Field(description="From when it has held; null where no history tells it.")


class DatedHeld(DatedTold):
    """The same with who says it."""

    origin: Origin


ResolvedBySubject = Annotated[dict[str, Resolved], Field(description="The five purposes and partner-sharing.")]


class SiteTold(Saying):
    """A site."""

    id: str
    host: str | None = Field(description="The canonical one; null for a deleted site whose hosts are another's now.")
    hosts: list[str]
    visibility: Visibility
    region: str
    plan: str
    revision: int


class SiteWhole(SiteTold):
    """A site with the owner's own robots.txt."""

    robots_txt: str


class SitesTold(Told):
    """A page of sites, in the order of their ids."""

    sites: list[SiteTold]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


class HostReachTold(Told):
    """Where a host leads."""

    host: str
    reach: Reach
    since: datetime = Field(description="When it was first seen like this, by the worker that answers.")


class ObstacleTold(Told):
    """What stands in the way of what the site says; what does not belong to its kind is empty."""

    kind: ObstacleKind
    visibility: Visibility | None
    hosts: list[str]
    crawlers: list[str] = Field(description="By name.")
    lines: list[int] = Field(description="Of the owner's own robots.txt.")


class ReachTold(Told):
    """Whether a site's hosts answer as it wants, and all that stands in the way."""

    at: datetime = Field(description="When the hosts were asked, at most half a minute ago.")
    live: int = Field(description="How many answer with the robots.txt of now.")
    since: datetime | None = Field(description="Since when all have been seen live; null where not all are.")
    hosts: list[HostReachTold]
    obstacles: list[ObstacleTold]


class StatementTold(Saying):
    """What a site says, and what holds there."""

    id: str
    host: str | None = Field(description="The canonical one; null for a site that has none.")
    revision: int
    resolved: ResolvedBySubject


class DefaultTold(Saying):
    """What the platform, a region or a plan says."""

    level: Literal["platform", "region", "plan"]
    name: str
    revision: int


class ActorTold(Told):
    """Who acted."""

    kind: ActorKind
    name: str


class HistoryEntry(Told):
    """One change."""

    revision: int
    at: datetime
    actor: ActorTold
    kind: str
    change: dict[str, Any] = Field(description="What is different since; its members follow from the kind.")
    reason: str


class HistoryTold(Told):
    """A page of changes, the last one first."""

    history: list[HistoryEntry]
    next: str | None


class RobotsVerdictTold(Told):
    """What robots.txt says."""

    token: str
    allowed: bool
    rule: str | None
    line: int | None
    group: str | None


class ClientTold(Told):
    """A client that no signature knows, as far as it says."""

    kind: ClientKind
    name: str
    system: str


class CrawlerNamed(Told):
    """A crawler that was recognised."""

    name: str
    operator: str
    token: str
    purposes: list[Purpose]
    standing: Standing


class LicenceTold(Told):
    """The licence of a data partner, by which a crawler passes."""

    partner: str
    name: str = Field(description="As owners are told.")
    since: datetime
    until: datetime | None = Field(description="When it ends; null: not at all.")
    proof: Means = Field(description="By what the crawler has proved to be the partner's.")


class ExplanationTold(Told):
    """What is decided about a request, and why."""

    host: str
    path: str
    user_agent: str
    at: datetime | None
    revision: int | None
    action: Action
    reason: Reason
    rule: str | None
    origin: Origin | None
    since: datetime | None = Field(description="Since when the rule holds; null where no history tells it.")
    crawler: CrawlerNamed | None
    licence: LicenceTold | None
    client: ClientTold | None
    robots_txt: RobotsVerdictTold
    robots_only: list[RobotsVerdictTold]
    resolved: ResolvedBySubject
    dated: list[DatedHeld] = Field(description="What is said for a time and is not over, by every level.")
    notes: list[Note]


class EffectsTold(Told):
    """How many sites a change of a default would meet; add up the pages."""

    counted: int
    changed: int = Field(description="Sites that would be treated otherwise.")
    opened: int = Field(description="Those of them for which more would be allowed.")
    untouched: int = Field(description="Sites that keep to what their owners chose.")
    begins: datetime | None = Field(description="When something changes first; null: at once, or never.")
    next: str | None = Field(description="The count goes on there; null when every site was counted.")


class EvidenceTold(Told):
    """How a crawler treats robots.txt, and where that is written."""

    value: HonoursRobots
    source: str
    checked: date


class CrawlerTold(Told):
    """One entry of the signature file."""

    name: str
    operator: str
    documentation: str
    purposes: list[Purpose]
    service: Service | None
    ai: bool
    mixed_use: bool
    person_triggered: bool
    robots_only: bool
    robots_tokens: list[str]
    user_agent_tokens: list[str]
    governs: list[str]
    honours_robots: EvidenceTold
    verification: list[str] = Field(description="Where its identity can be verified; empty: nowhere.")
    first_seen: str
    review_by: date


class CrawlersTold(Told):
    """A page of crawlers, in the order of their names."""

    signatures: str = Field(description="The signature file's version.")
    crawlers: list[CrawlerTold]
    next: str | None
