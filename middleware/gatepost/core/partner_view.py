"""Data partners as the owner of one site sees them: what each may do with the site, and what it was and will be told.

Rules: what a crawler may do comes from the function that the doors use, what may be used from the terms that notices
are made of; of a partner nothing is told that concerns another site.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gatepost.core.crawlers import Crawler, Match, Purpose, SignatureSet, Standing
from gatepost.core.duties import Duty, SiteDuties
from gatepost.core.licences import Licence, licence_of
from gatepost.core.partners import Partner
from gatepost.core.policy import SitePolicy, decide
from gatepost.core.telling import asked_of, gets_to_know
from gatepost.core.terms import Asked, terms_of

__all__ = [
    "MOST_DUTIES",
    "CrawlerPass",
    "LicencePeriod",
    "PartnerRow",
    "Pass",
    "Telling",
    "Told",
    "partner_rows",
    "tellings_of",
]

MOST_DUTIES = 20
"""Of one partner that are shown; open ones come first."""


class Pass(StrEnum):
    """How a partner's crawler meets a site on its front page."""

    LICENSED = "licensed"
    """Let in under the licence, where others are refused."""
    OPEN = "open"
    """Let in as anybody's is."""
    ASKED = "asked"
    """Asked to stay away, and not refused."""
    REFUSED = "refused"


class LicencePeriod(StrEnum):
    """Where a licence stands."""

    OPEN = "open"
    UNTIL = "until"
    """It holds, and its end is known."""
    COMING = "coming"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class CrawlerPass:
    """A crawler of a partner, and how it meets the site."""

    name: str
    way: Pass


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """One partner."""

    id: str
    name: str
    purposes: tuple[Purpose, ...]
    period: LicencePeriod
    since: datetime
    until: datetime | None
    shared: tuple[Purpose, ...]
    """For which the site's content may be handed to it now."""
    crawlers: tuple[CrawlerPass, ...]
    told: SiteDuties


def partner_rows(
    partners: Iterable[Partner],
    told: Mapping[str, SiteDuties],
    policy: SitePolicy,
    signatures: SignatureSet,
    at: datetime,
) -> tuple[PartnerRow, ...]:
    """The partners that are licensed or will be, and those that were ``told`` anything of the site, by their ids."""
    return tuple(
        _row(partner, told.get(partner.id, SiteDuties()), policy, signatures, at)
        for partner in partners
        if partner.id in told or not partner.ended(at)
    )


def _row(partner: Partner, told: SiteDuties, policy: SitePolicy, signatures: SignatureSet, at: datetime) -> PartnerRow:
    licences = [licence_of(partner)] if partner.licensed(at) else []
    crawlers = [signatures.by_name.get(name.lower()) for name in partner.crawlers]
    return PartnerRow(
        partner.id,
        partner.name,
        tuple(purpose for purpose in Purpose if purpose in partner.purposes),
        _period(partner, at),
        partner.since,
        partner.until,
        tuple(one for one in Purpose if licences and one in partner.granted and terms_of(policy, one).shared),
        tuple(CrawlerPass(one.name, _pass(one, policy, licences)) for one in crawlers if one),
        told,
    )


def _period(partner: Partner, at: datetime) -> LicencePeriod:
    if partner.ended(at):
        return LicencePeriod.ENDED
    if partner.since > at:
        return LicencePeriod.COMING
    return LicencePeriod.UNTIL if partner.until else LicencePeriod.OPEN


def _pass(crawler: Crawler, policy: SitePolicy, licences: Sequence[Licence]) -> Pass:
    standing = Standing.FORGED if crawler.robots_only else Standing.CLAIMED
    decision = decide(policy, [Match(crawler, crawler.name, standing)], ["/"], licences)
    if decision.licence:
        return Pass.LICENSED
    if decision.refused:
        return Pass.REFUSED
    return Pass.OPEN if decision.action == "allow" else Pass.ASKED


@dataclass(frozen=True, slots=True)
class Telling:
    """What a partner will be told."""

    partner: str
    """By name."""
    asked: Asked
    purposes: tuple[Purpose, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What partners know of one site, and were told of all of it."""

    known: Collection[tuple[str, Purpose]]
    """Which partners know it, by their ids, and for which purposes."""
    duties: Sequence[Duty]

    def owed(self, partner: Partner, purpose: Purpose) -> list[Asked]:
        """The removals that a partner still owes."""
        owed = [duty for duty in self.duties if duty.open and duty.notice.removing and duty.notice.item is None]
        return [one.asked for one in owed if (one.notice.partner, one.notice.purpose) == (partner.id, purpose)]


def tellings_of(
    partners: Iterable[Partner], told: Told, before: SitePolicy, after: SitePolicy, at: datetime
) -> tuple[Telling, ...]:
    """What the partners will be told when one policy of a site takes the place of another."""
    found: list[Telling] = []
    for partner in partners:
        asked: dict[Asked, list[Purpose]] = {}
        for purpose in Purpose:
            was, now = terms_of(before, purpose), terms_of(after, purpose)
            knows = (partner.id, purpose) in told.known or gets_to_know(partner, purpose, was, at)
            what = asked_of(partner, was, now, told.owed(partner, purpose), at) if knows else None
            if what:
                asked.setdefault(what, []).append(purpose)
        found += [Telling(partner.name, what, tuple(purposes)) for what, purposes in asked.items()]
    return tuple(found)
