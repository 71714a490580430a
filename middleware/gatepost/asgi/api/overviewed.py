"""What the API tells of a site as a whole; the OpenAPI document is made of it.

Rules: it is the value that the owner's page shows, in codes: whoever shows it has words of their own.
"""

from pydantic import Field

from gatepost.asgi.api.forms import WishValue
from gatepost.asgi.api.telling import dated_told, evidence_told, obstacle_told, origin_told, said
from gatepost.asgi.api.told import DatedHeld, EvidenceTold, ObstacleTold, Origin, Resolved, SiteWhole, Told
from gatepost.core.crawlers import Purpose, Service
from gatepost.core.overview import Cost, CrawlerRow, Enforceability, Overview, PathRow, PurposeRow, SharingRow
from gatepost.core.policy import Action, Reason, Ruling
from gatepost.core.preferences import Level, Sharing, Stance
from gatepost.errors import Fault

__all__ = ["OddityTold", "OverviewTold", "SiteCrawlersTold", "crawler_row_told", "oddity_told", "overview_told"]


class InheritedTold(Told):
    """What would hold if the site said nothing."""

    value: Stance | None = Field(description="null: nobody said anything.")
    origin: Origin


class PurposeTold(Resolved):
    """One of the five purposes: what holds, and what there is to know before it is chosen."""

    purpose: Purpose
    own: Stance | None = Field(description="What the site says itself.")
    inherited: InheritedTold
    crawlers: int = Field(description="How many are known to come for it.")
    asked_only: int = Field(description="How many of these can only be asked, or are not refused yet.")
    cost: Cost = Field(description="What it may cost to say no.")


class SharingTold(Resolved):
    """The owner's second switch; it is not retroactive."""

    own: WishValue | None = Field(description="What the site says itself.")


class PathTold(Told):
    """What is wanted otherwise below some paths."""

    pattern: str
    stances: dict[Purpose, Stance]
    by: Level = Field(description="Which level says so.")


class OddityTold(Told):
    """What is odd about a line of a robots.txt."""

    line: int
    column: int
    id: str
    message: str
    remedy: str


class OverviewTold(SiteWhole):
    """A site as its owner's page shows it, but for its crawlers, partners and history, which are lists."""

    live: list[str] = Field(description="The hosts at which the worker that answers goes by what the site says now.")
    writable: bool = Field(description="Whether a change could be acknowledged now.")
    obstacles: list[ObstacleTold] = Field(description="But for those that are found by asking from outside: /reach.")
    purposes: list[PurposeTold]
    partner_sharing: SharingTold
    dated_held: list[DatedHeld] = Field(description="What is said for a time and is not over, by every level.")
    paths: list[PathTold] = Field(description="What all levels say together.")
    oddities: list[OddityTold] = Field(description="Of the site's own robots.txt.")


class RulingTold(Told):
    """How a crawler meets the site where no path exception holds."""

    action: Action
    reason: Reason
    stance: Stance | None
    purpose: Purpose | None = Field(description="The purpose whose stance counted; null where a crawler is named.")
    origin: Origin | None = Field(description="Who said so; null where the rule is Gatepost's own.")


class SiteCrawlerTold(Told):
    """A crawler as it meets the site."""

    name: str
    operator: str
    documentation: str
    tokens: list[str] = Field(description="As robots.txt names it; of its user agents where robots.txt has none.")
    purposes: list[Purpose]
    service: Service | None
    enforceability: Enforceability = Field(description="How far a no reaches it.")
    honours_robots: EvidenceTold
    verifiable: bool
    meets: RulingTold
    exception: Stance | None = Field(description="What the site says of it by name.")


class SiteCrawlersTold(Told):
    """A page of crawlers, in the order of their names."""

    crawlers: list[SiteCrawlerTold]
    next: str | None


def overview_told(overview: Overview) -> OverviewTold:
    """All that is known of a site but its lists."""
    hosts = [row.host for row in overview.hosts]
    return OverviewTold(
        id=overview.id,
        host=hosts[0] if hosts else None,
        hosts=hosts,
        visibility=overview.visibility,
        region=overview.region,
        plan=overview.plan,
        revision=overview.revision,
        **said(overview.statement),
        robots_txt=overview.own_robots_txt,
        live=[row.host for row in overview.hosts if row.live],
        writable=overview.writable,
        obstacles=[obstacle_told(one) for one in overview.obstacles],
        purposes=[_purpose(row) for row in overview.purposes],
        partner_sharing=_sharing(overview.partner_sharing),
        dated_held=[dated_told(one) for one in overview.dated],
        paths=[_path(row) for row in overview.paths],
        oddities=[oddity_told(fault) for fault in overview.oddities],
    )


def _purpose(row: PurposeRow) -> PurposeTold:
    inherited = row.inherited
    return PurposeTold(
        value=_value(row.effective),
        origin=origin_told(row.origin),
        since=row.since,
        purpose=row.purpose,
        own=row.own,
        inherited=InheritedTold(value=inherited.value, origin=origin_told(inherited.origin)),
        crawlers=row.crawlers,
        asked_only=row.asked_only,
        cost=row.cost,
    )


def _value(said: Stance | Sharing | None) -> WishValue | None:
    return WishValue(said) if said else None


def _sharing(row: SharingRow) -> SharingTold:
    return SharingTold(
        value=_value(row.effective), origin=origin_told(row.origin), since=row.since, own=_value(row.own)
    )


def _path(row: PathRow) -> PathTold:
    return PathTold(pattern=row.pattern, stances=dict(row.stances), by=row.by)


def oddity_told(fault: Fault) -> OddityTold:
    """What is odd about a line, and what to do about it."""
    return OddityTold(line=fault.line, column=fault.column, id=fault.id, message=fault.message, remedy=fault.remedy)


def crawler_row_told(row: CrawlerRow) -> SiteCrawlerTold:
    """A crawler as it meets the site."""
    return SiteCrawlerTold(
        name=row.name,
        operator=row.operator,
        documentation=row.documentation,
        tokens=list(row.tokens),
        purposes=list(row.purposes),
        service=row.service,
        enforceability=row.enforceability,
        honours_robots=evidence_told(row.honours_robots),
        verifiable=row.verifiable,
        meets=_ruling(row.meets),
        exception=row.exception,
    )


def _ruling(ruling: Ruling) -> RulingTold:
    return RulingTold(
        action=ruling.action,
        reason=ruling.reason,
        stance=ruling.stance,
        purpose=ruling.purpose,
        origin=origin_told(ruling.origin) if ruling.origin else None,
    )
