"""The decision: what follows from a site's preferences for a crawler on a path.

Rules: :func:`decide` is the one function behind every door, and the directives render what it reads
(:meth:`SitePolicy.ruling`), so that what is said and what is done cannot differ. A stance about AI never denies a
crawler that also feeds search. Below several path exceptions the one with the longest pattern holds, together with
the exceptions that surely enclose it; on a tie the less strict, because RFC 9309 §2.2.2 lets ``allow`` win and the
directives say the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

from gatepost.core.crawlers import Crawler, Match, Purpose, Standing
from gatepost.core.patterns import PathPattern
from gatepost.core.preferences import (
    Level,
    Origin,
    Preferences,
    Resolved,
    Stance,
    Stances,
    strictness,
)
from gatepost.core.sites import Visibility

__all__ = ["ALWAYS_OPEN", "Action", "Decision", "Reason", "Ruling", "SitePolicy", "Zone", "decide", "is_always_open"]

ALWAYS_OPEN = ("/robots.txt", "/ai.txt", "/.well-known/")
"""What every client may read, the refused ones included: a 4xx on robots.txt would mean that everything is allowed
(RFC 9309 §2.3.1.3), and the other policy files are of no use to those who may not read them. A final slash opens all
below it."""


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
        return self in (Action.BLOCK, Action.LICENSE, Action.THROTTLE)


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
    REFUSED = "refused"


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

    @property
    def refused(self) -> bool:
        """Whether the app behind is not called."""
        return self.action.refuses


UNRECOGNISED = Decision(Action.ALLOW, Reason.UNRECOGNISED)
OPEN = Decision(Action.ALLOW, Reason.ALWAYS_OPEN)


@dataclass(frozen=True)
class Zone:
    """The paths below one exception's pattern, and all that holds there; ``pattern`` is ``None`` for the rest of the
    site."""

    pattern: PathPattern | None
    stances: tuple[Resolved[Stance | None], ...]
    """In the order of :class:`Purpose`."""
    exceptions: Stances = Stances()
    """What path exceptions alone say here."""

    def of(self, purpose: Purpose) -> Resolved[Stance | None]:
        """The stance for one purpose, with its origin."""
        return self.stances[_PLACE[purpose]]

    @cached_property
    def preferences(self) -> Stances:
        """The stances without their origins."""
        return Stances(*(stance.value for stance in self.stances))


_PLACE = {purpose: index for index, purpose in enumerate(Purpose)}
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
        return tuple(self._zone(path.value.pattern) for path in self.preferences.paths)

    def _zone(self, pattern: PathPattern) -> Zone:
        stances = list(self.everywhere.stances)
        said = Stances()
        for path in reversed(self.preferences.paths):  # shortest first, so that the narrower overwrites the wider
            if path.value.pattern.covers(pattern):
                for purpose, stance in path.value.stances.said():
                    stances[_PLACE[purpose]] = Resolved(stance, path.origin)
                    said = said.with_stance(purpose, stance)
        return Zone(pattern, tuple(stances), said)

    def zones_at(self, path: str) -> Sequence[Zone]:
        """The zones that hold for a path in normal form: one, or several with patterns of the same length."""
        matching = [zone for zone in self.zones if zone.pattern is not None and zone.pattern.matches(path)]
        if not matching:
            return (self.everywhere,)
        octets = max(zone.pattern.octets for zone in matching if zone.pattern is not None)
        return [zone for zone in matching if zone.pattern is not None and zone.pattern.octets == octets]

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

    @cached_property
    def _exceptions(self) -> dict[str, Resolved[Stance]]:
        return {
            exception.value.crawler.lower(): Resolved(exception.value.stance, exception.origin)
            for exception in self.preferences.crawlers
        }

    def denies_unknown(self, zone: Zone) -> bool:
        """Whether a crawler of which nothing is known is asked to stay away: only from what every purpose is denied."""
        return all(_denied(zone, purpose) for purpose in Purpose)


def _counting_purposes(crawler: Crawler) -> Iterable[Purpose]:
    """The purposes whose stance counts: all, but for a mixed-use crawler search alone (promise 3)."""
    return (Purpose.SEARCH,) if crawler.mixed_use else (purpose for purpose in Purpose if purpose in crawler.purposes)


def _ruling(zone: Zone, purpose: Purpose) -> Ruling:
    stance = zone.of(purpose)
    return Ruling(*_BY_STANCE[stance.value], stance.value, purpose, stance.origin)


def _ruling_by_purpose(crawler: Crawler, zone: Zone) -> Ruling:
    """The strictest stance among the purposes that count."""
    ruling = max(
        (_ruling(zone, purpose) for purpose in _counting_purposes(crawler)), key=lambda one: strictness(one.stance)
    )
    if crawler.mixed_use and not ruling.denied and any(_denied(zone, purpose) for purpose in crawler.purposes):
        return replace(ruling, reason=Reason.SEARCH_PROTECTED)
    return ruling


def _denied(zone: Zone, purpose: Purpose) -> bool:
    stance = zone.of(purpose).value
    return stance is not None and stance.denies


def _named_ruling(crawler: Crawler, zone: Zone, named: Resolved[Stance]) -> Ruling:
    """A crawler that is named: its own stance everywhere, except where a path exception says something stricter, or a
    level below the one that named it does. What is kept at a move is a floor: every stance counts beside it."""
    strictest = Ruling(*_BY_STANCE[named.value], named.value, None, named.origin)
    for purpose in _counting_purposes(crawler):
        ruling, by = _ruling(zone, purpose), named.origin.by
        below = ruling.origin is not None and (by is Level.KEPT or ruling.origin.level.narrower_than(by))
        if below and strictness(ruling.stance) > strictness(strictest.stance):
            strictest = ruling
        said = zone.exceptions.of(purpose)
        if said is not None and strictness(said) > strictness(strictest.stance):
            strictest = Ruling(*_BY_STANCE[said], said, purpose, Origin(Level.PATH, zone.of(purpose).origin.detail))
    return strictest


def is_always_open(paths: Iterable[str]) -> bool:
    """Whether every reading of a path, query aside, is a policy file."""
    return all(
        any(bare == entry or (entry.endswith("/") and bare.startswith(entry)) for entry in ALWAYS_OPEN)
        for bare in (path.partition("?")[0] for path in paths)
    )


def decide(policy: SitePolicy, matches: Sequence[Match], paths: Sequence[str]) -> Decision:
    """The decision for a request that names ``matches`` and asks for ``paths``, all readings of one path in normal
    form.

    Several crawlers in one request, several readings of one path: the strictest counts, so that adding a name or an
    encoding never opens what is closed.
    """
    if not matches:
        return UNRECOGNISED
    if is_always_open(paths):
        return OPEN
    match, ruling = max(
        ((match, _at(policy, match.crawler, path)) for match in matches for path in paths),
        key=lambda pair: pair[1].severity,
    )
    return Decision(
        ruling.action,
        ruling.reason,
        match.crawler.name,
        match.crawler.operator,
        match.standing,
        ruling.stance,
        ruling.purpose,
        ruling.origin,
    )


def _at(policy: SitePolicy, crawler: Crawler, path: str) -> Ruling:
    if not policy.zones:
        return policy.ruling(crawler, policy.everywhere)
    return min((policy.ruling(crawler, zone) for zone in policy.zones_at(path)), key=lambda one: one.severity)
