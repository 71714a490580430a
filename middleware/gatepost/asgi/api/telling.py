"""From the values of the core to what the API tells."""

from collections.abc import Iterable, Mapping
from typing import Any

from gatepost.asgi.api.forms import WishValue
from gatepost.asgi.api.told import (
    ActorTold,
    ClientTold,
    CrawlerNamed,
    CrawlerTold,
    DatedHeld,
    DatedTold,
    EvidenceTold,
    ExplanationTold,
    HistoryEntry,
    HostReachTold,
    LicenceTold,
    ObstacleTold,
    Origin,
    ReachTold,
    Resolved,
    RobotsVerdictTold,
    SiteTold,
    SiteWhole,
)
from gatepost.core import preferences as core
from gatepost.core.crawlers import Crawler, Evidence, Match, Purpose, Standing
from gatepost.core.explanation import Explanation, RobotsVerdict
from gatepost.core.licences import Licence
from gatepost.core.obstacles import Obstacle
from gatepost.core.origins import DatedWish, Held
from gatepost.core.preferences import Level, PreferenceStatement
from gatepost.core.reach import SiteReach
from gatepost.core.sites import (
    CanonicalHostChanged,
    Change,
    Event,
    HostAdded,
    HostRemoved,
    OwnerChanged,
    PlacementChanged,
    RobotsTxtChanged,
    Site,
    SiteAdded,
    StatementChanged,
    VisibilityChanged,
)
from gatepost.core.state import lasting_wishes_of

__all__ = [
    "crawler_told",
    "dated_told",
    "entry",
    "evidence_told",
    "explanation_told",
    "obstacle_told",
    "origin_told",
    "reach_told",
    "resolved",
    "said",
    "site_told",
    "site_whole",
]


def said(statement: PreferenceStatement) -> dict[str, Any]:
    """A statement as the members of :class:`~gatepost.asgi.api.told.Saying`."""
    dated = [
        DatedTold(subject=subject, value=value, start=one.period.start, end=one.period.end)
        for one in statement.dated
        for subject, value in _parts(one.statement)
    ]
    return {"wishes": dict(_parts(statement)), "dated": dated}


def _parts(statement: PreferenceStatement) -> Iterable[tuple[str, WishValue]]:
    """What is said without a date, by subject."""
    return (_part(wish) for wish in lasting_wishes_of(statement))


def _part(wish: str) -> tuple[str, WishValue]:
    subject, _, value = wish.rpartition("=")
    return subject, WishValue(value)


def site_told(site: Site) -> SiteTold:
    """A site, as lists have it."""
    return SiteTold(**_members(site))


def site_whole(site: Site) -> SiteWhole:
    """A site, as it stands alone."""
    return SiteWhole(**_members(site), robots_txt=site.robots_txt)


def _members(site: Site) -> dict[str, Any]:
    return {
        "id": site.id,
        "host": site.host if site.hosts else None,
        "hosts": list(site.hosts),
        "visibility": site.visibility,
        "region": site.region,
        "plan": site.plan,
        "revision": site.revision,
        **said(site.statement),
    }


def resolved(held: Iterable[Held]) -> dict[str, Resolved]:
    """What holds, who said so, and since when."""
    return {
        one.subject: Resolved(
            value=WishValue(one.value) if one.value else None, origin=origin_told(one.origin), since=one.since
        )
        for one in held
    }


def dated_told(wish: DatedWish) -> DatedHeld:
    """What is said for a time, and who says it."""
    subject, value = _part(wish.wish)
    period = wish.period
    return DatedHeld(subject=subject, value=value, start=period.start, end=period.end, origin=origin_told(wish.origin))


def origin_told(origin: core.Origin) -> Origin:
    """Who said something."""
    exception = origin.level in (Level.PATH, Level.CRAWLER)
    return Origin(level=origin.level, detail=origin.detail, by=origin.by if exception else None)


def entry(event: Event) -> HistoryEntry:
    """One change, for the history."""
    return HistoryEntry(
        revision=event.revision,
        at=event.at,
        actor=ActorTold(kind=event.actor.kind, name=event.actor.name),
        kind=event.change.kind,
        change=dict(_change(event.change)),
        reason=event.reason,
    )


def _change(change: Change) -> Mapping[str, Any]:
    match change:
        case SiteAdded(hosts, region, plan):
            return {"hosts": list(hosts), "region": region, "plan": plan}
        case HostAdded(host) | HostRemoved(host) | CanonicalHostChanged(host):
            return {"host": host}
        case OwnerChanged(owner):
            return {"owner": owner}
        case PlacementChanged(region, plan, kept):
            return {"region": region, "plan": plan, "kept": [_level(level) for level in kept]}
        case StatementChanged(statement):
            return _plain(statement)
        case VisibilityChanged(visibility):
            return {"visibility": visibility}
        case RobotsTxtChanged(text):
            return {"robots_txt": text}


def _level(level: core.LevelStatement) -> Mapping[str, Any]:
    return {"level": level.level, "name": level.name, **_plain(level.statement)}


def _plain(statement: PreferenceStatement) -> Mapping[str, Any]:
    """What is said, for a place that has no model."""
    told = said(statement)
    return {**told, "dated": [one.model_dump(mode="json") for one in told["dated"]]}


def explanation_told(told: Explanation) -> ExplanationTold:
    """What is decided about a request, and why."""
    question, decision = told.question, told.decision
    return ExplanationTold(
        host=question.host,
        path=question.path,
        user_agent=told.user_agent,
        at=question.at,
        revision=told.site.revision if told.site else None,
        action=decision.action,
        reason=decision.reason,
        rule=f"{decision.purpose or decision.crawler}={decision.stance}" if decision.stance else None,
        origin=origin_told(decision.origin) if decision.origin else None,
        since=told.since,
        crawler=_named(told.match, told.standing or told.match.standing) if told.match else None,
        licence=_licence(decision.licence) if decision.licence else None,
        client=ClientTold(kind=told.client.kind, name=told.client.name, system=told.client.system)
        if told.client
        else None,
        robots_txt=_verdict(told.robots),
        robots_only=[_verdict(one) for one in told.robots_only],
        resolved=resolved(told.held),
        dated=[dated_told(one) for one in told.dated],
        notes=list(told.notes),
    )


def _named(match: Match, standing: Standing) -> CrawlerNamed:
    crawler = match.crawler
    return CrawlerNamed(
        name=crawler.name,
        operator=crawler.operator,
        token=match.token,
        purposes=_in_order(crawler.purposes),
        standing=standing,
    )


def _licence(licence: Licence) -> LicenceTold:
    return LicenceTold(
        partner=licence.partner, name=licence.name, since=licence.since, until=licence.until, proof=licence.means
    )


def _in_order(purposes: Iterable[Purpose]) -> list[Purpose]:
    return sorted(purposes, key=list(Purpose).index)


def _verdict(verdict: RobotsVerdict) -> RobotsVerdictTold:
    rule = verdict.rule
    return RobotsVerdictTold(
        token=verdict.token,
        allowed=verdict.allowed,
        rule=f"{'Allow' if rule.allow else 'Disallow'}: {rule.pattern.text}" if rule else None,
        line=rule.line if rule else None,
        group=verdict.group,
    )


def reach_told(reach: SiteReach, obstacles: Iterable[Obstacle]) -> ReachTold:
    """Where a site's hosts lead, and what stands in the way."""
    return ReachTold(
        at=reach.at,
        live=reach.live,
        since=reach.since,
        hosts=[HostReachTold(host=one.host, reach=one.reach, since=one.since) for one in reach.hosts],
        obstacles=[obstacle_told(one) for one in obstacles],
    )


def obstacle_told(one: Obstacle) -> ObstacleTold:
    """What stands in the way."""
    return ObstacleTold(
        kind=one.kind,
        visibility=one.visibility,
        hosts=list(one.hosts),
        crawlers=list(one.crawlers),
        lines=list(one.lines),
    )


def evidence_told(evidence: Evidence) -> EvidenceTold:
    """How a crawler treats robots.txt, and where that is written."""
    return EvidenceTold(value=evidence.value, source=evidence.source, checked=evidence.checked)


def crawler_told(crawler: Crawler) -> CrawlerTold:
    """One entry of the signature file."""
    means = crawler.verification
    return CrawlerTold(
        name=crawler.name,
        operator=crawler.operator,
        documentation=crawler.documentation,
        purposes=_in_order(crawler.purposes),
        service=crawler.service,
        ai=crawler.ai,
        mixed_use=crawler.mixed_use,
        person_triggered=crawler.person_triggered,
        robots_only=crawler.robots_only,
        robots_tokens=list(crawler.robots_tokens),
        user_agent_tokens=list(crawler.user_agent_tokens),
        governs=list(crawler.governs),
        honours_robots=evidence_told(crawler.honours_robots),
        verification=[*means.address_lists, *means.reverse_dns, *means.key_directories],
        first_seen=crawler.first_seen,
        review_by=crawler.review_by,
    )
