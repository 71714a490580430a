"""The decision: what follows from a site's preferences for a crawler on a path.

Rules: :func:`decide` is the one function behind every door, and the directives render what it reads
(:meth:`SitePolicy.ruling`), so that what is said and what is done cannot differ. A stance about AI never denies a
crawler that also feeds search. Below several path exceptions the one with the longest pattern holds, together with
the exceptions that surely enclose it; on a tie the less strict, because RFC 9309 §2.2.2 lets ``allow`` win and the
directives say the same (:mod:`gatepost.core.zones`).
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from gatepost.core.crawlers import AI_PURPOSES, Crawler, Match, Purpose, Standing
from gatepost.core.licences import Licence
from gatepost.core.preferences import (
    Level,
    LevelStatement,
    Origin,
    Preferences,
    PreferenceStatement,
    Resolved,
    Sharing,
    Stance,
    Stances,
    resolve,
    strictness,
)
from gatepost.core.sites import Visibility
from gatepost.core.zones import Zone, longest_at, zone_below

__all__ = [
    "AI_OPT_OUT",
    "ALWAYS_OPEN",
    "Action",
    "Decision",
    "Reason",
    "Ruling",
    "SitePolicy",
    "Zone",
    "blocking",
    "decide",
    "is_always_open",
]

ALWAYS_OPEN = ("/robots.txt", "/ai.txt", "/.well-known/")
"""What every client may read, the refused ones included: a 4xx on robots.txt would mean that everything is allowed
(RFC 9309 §2.3.1.3), and no policy file is of use to those who may not read it. A final slash opens all below it."""

_OPEN_FOLDERS = tuple(entry for entry in ALWAYS_OPEN if entry.endswith("/"))


class Action(StrEnum):
    """What a door does with a request."""

    ALLOW = "allow"
    TAG = "tag"
    """Let it through, and tell the app behind that the owner has asked this crawler not to come."""
    THROTTLE = "throttle"
    """429, for rates only."""
    LICENSE = "license"
    """402, with the terms."""
    BLOCK = "block"
    """403."""

    @property
    def refuses(self) -> bool:
        """Whether the app behind is not called."""
        return self in _REFUSING


_REFUSING = (Action.BLOCK, Action.LICENSE, Action.THROTTLE)


class Reason(StrEnum):
    """Why; stable words for logs, metrics, pages and the API."""

    UNRECOGNISED = "unrecognised"
    """No known crawler is named; what disguises itself as a browser is not caught by name."""
    ALWAYS_OPEN = "always-open"
    """A policy file, which everyone may read."""
    NOT_PUBLIC = "not-public"
    """The site is private, suspended, deleted or not there yet."""
    SERVICE = "service"
    """It takes content for none of the five purposes: a preview, a feed reader, a monitor."""
    SEARCH_PROTECTED = "search-protected"
    """The owner says no to an AI purpose of a crawler that also feeds search; it is asked in other ways."""
    NOTHING_SAID = "nothing-said"
    ALLOWED = "allowed"
    ASKED = "asked"
    LICENCE_REQUIRED = "licence-required"
    LICENSED = "licensed"
    """A licence is required, and a data partner's own crawler comes under one, as its address or its key proves."""
    REFUSED = "refused"
    ON_TRIAL = "on-trial"
    """It would be refused, and its signature is being tried: nobody is turned away by it yet."""


_BY_STANCE = {
    None: (Action.ALLOW, Reason.NOTHING_SAID),
    Stance.ALLOW: (Action.ALLOW, Reason.ALLOWED),
    Stance.ASK: (Action.TAG, Reason.ASKED),
    Stance.LICENSE: (Action.LICENSE, Reason.LICENCE_REQUIRED),
    Stance.BLOCK: (Action.BLOCK, Reason.REFUSED),
}
_SEVERITY = {action: index for index, action in enumerate(Action)}


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a site's preferences come to for one crawler in one zone; ``denied`` is what robots.txt says."""

    action: Action
    reason: Reason
    stance: Stance | None = None
    purpose: Purpose | None = None
    """The purpose whose stance counted; ``None`` when a crawler is named or none counted."""
    origin: Origin | None = None
    """The level that said so; ``None`` when the rule is Gatepost's own."""
    licence: Licence | None = None
    """Under which the crawler is let through where others are refused."""

    @property
    def denied(self) -> bool:
        """Whether directives say no: everything that is refused, and what is asked only."""
        return self.action is not Action.ALLOW

    @property
    def severity(self) -> int:
        """A number by which rulings compare."""
        return _SEVERITY[self.action]


@dataclass(frozen=True, slots=True)
class Decision:
    """Action, reason and rule for one request; every door, page, log and metric shows this value."""

    action: Action
    reason: Reason
    crawler: str | None = None
    operator: str | None = None
    standing: Standing | None = None
    stance: Stance | None = None
    purpose: Purpose | None = None
    origin: Origin | None = None
    licence: Licence | None = None
    """Of the data partner whose crawler is let through, where others are refused."""

    @property
    def refused(self) -> bool:
        """Whether the app behind is not called."""
        return self.action.refuses


UNRECOGNISED = Decision(Action.ALLOW, Reason.UNRECOGNISED)
OPEN = Decision(Action.ALLOW, Reason.ALWAYS_OPEN)


_NOT_PUBLIC = Zone(None, (Resolved(Stance.BLOCK, Origin(Level.BUILT_IN, "not public")),) * len(Purpose))


@dataclass(frozen=True)
class SitePolicy:
    """All that decisions and directives need of a site's preferences, computed when they change.

    Equal preferences give equal policies, so that any number of sites share one.
    """

    preferences: Preferences
    visibility: Visibility = Visibility.PUBLIC

    @property
    def public(self) -> bool:
        """Whether the site may be crawled at all."""
        return self.visibility is Visibility.PUBLIC

    @cached_property
    def everywhere(self) -> Zone:
        """What holds where no path exception does; no to everything while the site is not public."""
        if not self.public:
            return _NOT_PUBLIC
        return Zone(None, self.preferences.stances)

    @cached_property
    def zones(self) -> tuple[Zone, ...]:
        """One zone for each path exception, the longest pattern first."""
        if not self.public:
            return ()
        return tuple(zone_below(path.value.pattern, self.preferences) for path in self.preferences.paths)

    def zones_at(self, path: str) -> Sequence[Zone]:
        """The zones that hold for a path in normal form: one, or several with patterns of the same length."""
        return longest_at(self.zones, path) or (self.everywhere,)

    def ruling(self, crawler: Crawler, zone: Zone) -> Ruling:
        """What the preferences come to for ``crawler`` in ``zone``."""
        if not self.public:
            return Ruling(Action.BLOCK if crawler.purposes else Action.TAG, Reason.NOT_PUBLIC)
        named = self._exceptions.get(crawler.name.lower())
        if named is not None:
            return _named_ruling(crawler, zone, named)
        if not crawler.purposes:
            return Ruling(Action.ALLOW, Reason.SERVICE)
        return _ruling_by_purpose(crawler, zone)

    def seen_as(self, crawler: Crawler) -> Hashable:
        """What of a crawler its rulings follow from: crawlers that are seen as the same have the same in every zone."""
        return crawler.purposes, crawler.mixed_use, self._exceptions.get(crawler.name.lower())

    @cached_property
    def _exceptions(self) -> dict[str, Resolved[Stance]]:
        return {
            exception.value.crawler.lower(): Resolved(exception.value.stance, exception.origin)
            for exception in self.preferences.crawlers
        }

    def denies_unknown(self, zone: Zone) -> bool:
        """Whether a crawler of which nothing is known is asked to stay away: only from what every purpose is denied."""
        return all(_denied(zone, purpose) for purpose in Purpose)


def _ruling(said: Resolved[Stance | None], purpose: Purpose) -> Ruling:
    return Ruling(*_BY_STANCE[said.value], said.value, purpose, said.origin)


def _ruling_by_purpose(crawler: Crawler, zone: Zone) -> Ruling:
    """The strictest stance among the purposes that count."""
    ruling = max(
        (_ruling(zone.of(purpose), purpose) for purpose in crawler.counting_purposes),
        key=lambda one: strictness(one.stance),
    )
    if crawler.mixed_use and not ruling.denied and any(_denied(zone, purpose) for purpose in crawler.purposes):
        return replace(ruling, reason=Reason.SEARCH_PROTECTED)
    return ruling


def _denied(zone: Zone, purpose: Purpose) -> bool:
    stance = zone.of(purpose).value
    return stance is not None and stance.denies


def _named_ruling(crawler: Crawler, zone: Zone, named: Resolved[Stance]) -> Ruling:
    """A crawler that is named: its own stance everywhere, except where a path exception says something stricter, or a
    level narrower than the one that named it does: a platform that lets a crawler in does not overrule a site's no.
    What is kept at a move is a floor: every stance counts beside it.
    """
    strictest = Ruling(*_BY_STANCE[named.value], named.value, None, named.origin)
    for purpose in crawler.counting_purposes:
        general = zone.of(purpose)
        heard = general if general.origin.level.counts_beside(named.origin.by) else None
        for said in (zone.exception(purpose), heard):
            if said is not None and strictness(said.value) > strictness(strictest.stance):
                strictest = _ruling(said, purpose)
    return strictest


def is_always_open(paths: Iterable[str]) -> bool:
    """Whether every reading of a path, query aside, is a policy file."""
    for path in paths:
        bare = path.partition("?")[0]
        if bare not in ALWAYS_OPEN and not bare.startswith(_OPEN_FOLDERS):
            return False
    return True


def decide(
    policy: SitePolicy, matches: Sequence[Match], paths: Sequence[str], licences: Sequence[Licence] = ()
) -> Decision:
    """The decision for a request that names ``matches`` and asks for ``paths``, all readings of one path in normal
    form. ``licences`` are those that hold now of whoever sends it, by verified identity.

    Several crawlers in one request, several readings of one path: the strictest counts, so that adding a name or an
    encoding never opens what is closed.
    """
    if not matches:
        return UNRECOGNISED
    if is_always_open(paths):
        return OPEN
    readings = [policy.zones_at(path) for path in paths] if policy.zones else [(policy.everywhere,)]
    match, ruling = max(
        ((match, _judged(policy, match, zones, licences)) for match in matches for zones in readings),
        key=lambda pair: (pair[1].severity, pair[1].licence is not None),
    )
    return Decision(
        ruling.action,
        ruling.reason,
        match.crawler.name,
        match.crawler.operator,
        Standing.VERIFIED if ruling.licence else match.standing,
        ruling.stance,
        ruling.purpose,
        ruling.origin,
        ruling.licence,
    )


def _judged(policy: SitePolicy, match: Match, zones: Sequence[Zone], licences: Sequence[Licence]) -> Ruling:
    """What counts in zones of one length. A signature on trial refuses nothing that was not refused before: directives
    say no, and the request goes on with a tag."""
    ruling = _mildest(policy, match.crawler, zones)
    if ruling.action is Action.LICENSE and match.standing is not Standing.FORGED:
        ruling = _opened(policy, match.crawler, zones, ruling, licences)
    if not (match.on_trial and ruling.action.refuses):
        return ruling
    if match.tried is not None and _mildest(policy, match.tried, zones).action.refuses:
        return ruling
    return replace(ruling, action=Action.TAG, reason=Reason.ON_TRIAL)


def _mildest(policy: SitePolicy, crawler: Crawler, zones: Sequence[Zone]) -> Ruling:
    return min((policy.ruling(crawler, zone) for zone in zones), key=lambda one: one.severity)


def _opened(
    policy: SitePolicy, crawler: Crawler, zones: Sequence[Zone], ruling: Ruling, licences: Sequence[Licence]
) -> Ruling:
    """A demand for a licence, met by one: where the site shares with partners, and for every purpose that it withholds.
    What it says no to, by ``ask`` or ``block``, no licence opens."""
    if policy.preferences.partner_sharing.value is not Sharing.ALLOW:
        return ruling
    stances = {purpose: {zone.of(purpose).value for zone in zones} for purpose in crawler.counting_purposes}
    if any(said & {Stance.ASK, Stance.BLOCK} for said in stances.values()):
        return ruling
    wanted = [purpose for purpose, said in stances.items() if ruling.purpose is None or Stance.LICENSE in said]
    licence = next((one for one in licences if one.covers(crawler.name, wanted)), None)
    return replace(ruling, action=Action.ALLOW, reason=Reason.LICENSED, licence=licence) if licence else ruling


def blocking(purposes: Iterable[Purpose]) -> SitePolicy:
    """The policy of a site that blocks these purposes, and says nothing else."""
    stances = Stances()
    for purpose in purposes:
        stances = stances.with_stance(purpose, Stance.BLOCK)
    return SitePolicy(resolve([LevelStatement(Level.SITE, PreferenceStatement(stances))]))


AI_OPT_OUT = blocking(AI_PURPOSES)
"""A no to AI and to nothing else: search is not touched by it, nor are archives."""
