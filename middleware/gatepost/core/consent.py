"""What widens: whether one set of preferences allows anything that another did not, who may do that, and how.

Rules: narrowing is never held up; in doubt a change widens. Preferences are compared as if the site were public, so
that nothing is opened behind a closed door. A statement is compared twice, alone and over the levels above it: alone,
because an opt-out that is taken back leaves the site to whatever a level above says tomorrow; over them, because an
``ask`` that narrows silence opens what the platform blocks.

    stance, from / to   allow   nothing   ask   license   block      partner sharing   allow   nothing   refuse
    allow                 .        .       .       .        .        allow               .        .         .
    nothing said        widens     .       .       .        .        nothing said      widens     .         .
    ask                 widens  widens     .       .        .        refuse            widens  widens       .
    license             widens  widens  widens     .        .
    block               widens  widens  widens  widens      .

It is compared at this moment and at every later one at which a date makes a difference: so an ``allow`` that is
scheduled is confirmed when it is said, and a ``block`` that ends at a date leaves nothing more open than before.

Nothing said is not consent, so an explicit ``allow`` widens it. What is compared: each purpose, and each crawler that
either side names, wherever a path can fall (everywhere, and below each pattern of either side).

    who                                    may widen
    the owner                              what one site says
    the platform, with a reason            what one site says, in its owner's name; what a default says
    a migration                            nothing; only a site that was just added may come with its record
    an operator                            nothing
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from gatepost.core.crawlers import Crawler, Evidence, HonoursRobots, Purpose, SignatureSet
from gatepost.core.defaults import is_default
from gatepost.core.levels import preferences_of, statements_for
from gatepost.core.patterns import PathPattern
from gatepost.core.policy import Reason, Ruling, SitePolicy
from gatepost.core.preferences import (
    Level,
    LevelStatement,
    Preferences,
    PreferenceStatement,
    Sharing,
    strictness,
)
from gatepost.core.schedules import moments_from
from gatepost.core.sites import Actor, ActorKind, Event, Site, StatementChanged
from gatepost.core.zones import Zone
from gatepost.errors import ConfirmationNeeded, StatementError

__all__ = [
    "UNDO_WITHIN",
    "Act",
    "Standing",
    "check_consent",
    "confirmation_token",
    "statement_before",
    "statement_widens",
    "widened",
    "widened_from",
]

UNDO_WITHIN = timedelta(days=30)
"""How long a change of a statement can be taken back."""

_COMPARED = 100_000
"""Pairs of path patterns that are compared; of more than these it is said without a look that they widen. At dates to
come likewise, once so many have been compared."""

_NOTHING_KNOWN = Evidence(HonoursRobots.UNDOCUMENTED, "", date.min)

_SHARING = {Sharing.ALLOW: 0, None: 1, Sharing.REFUSE: 2}

Zones = Mapping[PathPattern, Zone]
Standing = tuple[Site, Sequence[LevelStatement]]
"""A site, and the levels above it."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who changes a statement, why, and what they have confirmed."""

    actor: Actor
    reason: str = ""
    search_confirmed: bool = False
    confirmation: str = ""
    """The token of the widening that they mean; empty when they were not asked."""


def check_consent(
    site: Site,
    statement: PreferenceStatement,
    above: Sequence[LevelStatement],
    act: Act,
    signatures: SignatureSet,
    now: datetime,
) -> None:
    """Let pass what does not widen, and what somebody who may has confirmed.

    Raises :class:`StatementError` for an actor who may not, and :class:`ConfirmationNeeded` with the token to come back
    with.
    """
    allowed = statement_widens(site, statement, above, signatures, now)
    if not allowed or _is_record(site, act.actor):
        return
    told = ", ".join(allowed[:5]) + (f" and {len(allowed) - 5} more" if len(allowed) > 5 else "")
    if not _may_widen(site, act):
        raise StatementError(
            f"this allows more than before ({told}), and {act.actor.kind}:{act.actor.name} may not do that",
            id="consent.actor",
            remedy="Let the owner do it, or the platform in the owner's name, with a reason; only the platform changes "
            "a default.",
        )
    token = confirmation_token(site, statement)
    if act.confirmation != token:
        raise ConfirmationNeeded(
            f"this allows more than before: {told}",
            id="consent.widening.unconfirmed",
            remedy=f"Repeat it with the confirmation {token} (--confirm {token}) if that is meant.",
            token=token,
            effects=allowed,
        )


def _is_record(site: Site, actor: Actor) -> bool:
    """Whether a site that was just added gets what its owner had said elsewhere."""
    return actor.kind is ActorKind.MIGRATION and site.revision == 1 and not is_default(site.id)


def _may_widen(site: Site, act: Act) -> bool:
    if act.actor.kind is ActorKind.OWNER:
        return not is_default(site.id)
    return act.actor.kind is ActorKind.PLATFORM and bool(act.reason.strip())


def confirmation_token(site: Site, statement: PreferenceStatement) -> str:
    """What confirms that ``site`` as it stands is to say ``statement``; it fits no other revision and no other wish."""
    meant = repr((site.id, site.revision, statement)).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(meant, digest_size=8).hexdigest()


def statement_before(history: Sequence[Event], now: datetime) -> tuple[PreferenceStatement, int]:
    """What a site said before the last change of its statement, and the revision of that change.

    Raises :class:`StatementError` when there was none, or none within the days in which it can be undone.
    """
    changes = [(event, event.change) for event in history if isinstance(event.change, StatementChanged)]
    if not changes:
        raise StatementError(
            "the statement was never changed", id="undo.nothing", remedy="There is nothing to undo: nothing was said."
        )
    last, _ = changes[-1]
    if now - last.at > UNDO_WITHIN:
        raise StatementError(
            f"the last change is of {last.at:%d %B %Y}, which is more than {UNDO_WITHIN.days} days ago",
            id="undo.late",
            remedy="Say anew what is wanted: gatepost sites history shows what was said.",
        )
    return (changes[-2][1].statement if len(changes) > 1 else PreferenceStatement()), last.revision


def statement_widens(
    site: Site, statement: PreferenceStatement, above: Sequence[LevelStatement], signatures: SignatureSet, now: datetime
) -> Sequence[str]:
    """What ``statement`` allows from ``now`` on that the site's present one does not, alone or over the levels above
    it."""
    found: set[str] = set()
    for one, levels in ((Site(site.id, site.hosts, site.statement), ()), (site, above)):
        found.update(widened_from(now, (one, levels), (replace(one, statement=statement), levels), signatures))
    return sorted(found)


def widened_from(now: datetime, before: Standing, after: Standing, signatures: SignatureSet) -> Sequence[str]:
    """In words, all that ``after`` allows and ``before`` does not, at any moment from ``now`` on."""
    moments = moments_from(now, (*statements_for(*before), *statements_for(*after)))
    pairs = dict.fromkeys((preferences_of(*before, moment), preferences_of(*after, moment)) for moment in moments)
    found: set[str] = set()
    work = 0
    for then, later in (pair for pair in pairs if pair[0] != pair[1]):
        if work > _COMPARED:
            return sorted(found | {"path exceptions"})
        work += (len(then.paths) + len(later.paths)) ** 2
        found.update(widened(then, later, signatures))
    return sorted(found)


def widened(before: Preferences, after: Preferences, signatures: SignatureSet) -> Sequence[str]:
    """In words, all that ``after`` allows and ``before`` did not; nothing when it surely allows nothing more."""
    if before == after:
        return ()
    then, now = SitePolicy(before), SitePolicy(after)
    found = {"partner-sharing"} if _shares_more(before, after) else set()
    if _too_many(then.zones, now.zones):
        return sorted(found | {"path exceptions"})
    named = list(_named({one.value.crawler for one in (*before.crawlers, *after.crawlers)}, signatures))
    for old, new in _places(then, now):
        where = f"{new.pattern.text}:" if new.pattern else ""
        found.update(where + purpose for purpose in Purpose if _opens(old, new, purpose))
        found.update(one.name for one in named if _weight(now.ruling(one, new)) < _weight(then.ruling(one, old)))
    return sorted(found)


def _shares_more(before: Preferences, after: Preferences) -> bool:
    then, now = (_SHARING[_said(one)] for one in (before, after))
    return now < then


def _said(preferences: Preferences) -> Sharing | None:
    sharing = preferences.partner_sharing
    return None if sharing.origin.level is Level.BUILT_IN else sharing.value


def _opens(old: Zone, new: Zone, purpose: Purpose) -> bool:
    return strictness(new.of(purpose).value) < strictness(old.of(purpose).value)


def _weight(ruling: Ruling) -> int:
    """How much a ruling withholds; a service, which takes nothing, is withheld nothing."""
    return 0 if ruling.reason is Reason.SERVICE else strictness(ruling.stance)


def _named(names: Collection[str], signatures: SignatureSet) -> Iterator[Crawler]:
    """The crawlers of these names; one that no signature knows could have any purpose."""
    for name in names:
        known = signatures.by_name.get(name.lower())
        if known is not None:
            yield known
        else:
            yield from (Crawler(name, "", "", _NOTHING_KNOWN, purposes=frozenset({purpose})) for purpose in Purpose)


def _places(then: SitePolicy, now: SitePolicy) -> Iterator[tuple[Zone, Zone]]:
    """The pairs of zones in which a path can fall, before and after.

    Where both sides have a pattern, it competes with the same patterns as before; so only a pattern that one side lacks
    has to be held against all zones of that side.
    """
    before, after = _by_pattern(then.zones), _by_pattern(now.zones)
    yield then.everywhere, now.everywhere
    for pattern, zone in after.items():
        if pattern in before:
            yield before[pattern], zone
        else:
            yield from ((old, zone) for old in (then.everywhere, *then.zones) if _meet(old, zone, before, after))
    for pattern in before.keys() - after.keys():
        zone = before[pattern]
        yield from ((zone, new) for new in (now.everywhere, *now.zones) if _meet(zone, new, before, after))


def _by_pattern(zones: Sequence[Zone]) -> Zones:
    return {zone.pattern: zone for zone in zones if zone.pattern is not None}


def _meet(old: Zone, new: Zone, before: Zones, after: Zones) -> bool:
    """Whether some path may fall into ``old`` before and into ``new`` after."""
    if old.pattern and new.pattern and not old.pattern.may_meet(new.pattern):
        return False
    return not (_hides(before, new.pattern, old) or _hides(after, old.pattern, new))


def _hides(zones: Zones, pattern: PathPattern | None, zone: Zone) -> bool:
    """Whether no path of ``pattern`` falls into ``zone``, as one of ``zones`` with a longer pattern has them all."""
    octets = zone.pattern.octets if zone.pattern else -1
    return pattern is not None and any(other.octets > octets and other.covers(pattern) for other in zones)


def _too_many(before: Sequence[Zone], after: Sequence[Zone]) -> bool:
    then, now = (set(_by_pattern(zones)) for zones in (before, after))
    return len(now - then) * len(then) + len(then - now) * len(now) > _COMPARED
