"""The levels above a site: whose defaults hold there, and what is kept when it comes under others.

Rules: a default is kept as a statement of its own, under an id that no site can have; a site that comes to another
region or plan keeps what is stricter of before and after, purpose by purpose, path by path and crawler by crawler,
until its owner says otherwise (:func:`at_least`).

Kept is not the outcome but its cause: the statements of the levels as they stood before the move
(:class:`~gatepost.core.sites.PlacementChanged`). They are resolved as they were then, and what results is a floor under
what the levels say now. So a default that is narrowed later still reaches the site, one that is opened later does not
open it, and whoever asks is told which value was kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import reduce

from gatepost.core.crawlers import Purpose
from gatepost.core.patterns import PathPattern
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import (
    CrawlerException,
    Level,
    LevelStatement,
    Origin,
    PathException,
    Preferences,
    PreferenceStatement,
    Resolved,
    Sharing,
    Stance,
    Stances,
    in_order,
    resolve,
    strictness,
)
from gatepost.core.schedules import said_at
from gatepost.core.sites import Site
from gatepost.core.zones import Zone

__all__ = ["at_least", "preferences_of", "statements_for"]

AT_A_MOVE, IN_DOUBT = "at a move", "while the time is in doubt"
"""Why something is kept."""


def preferences_of(site: Site, above: Sequence[LevelStatement], at: datetime | None) -> Preferences:
    """What holds for a site at a moment, given what the levels above it say, the widest first; ``None`` is before any
    date that is named.

    Its own statement is resolved over the levels now, and over those of every move, and the strictest of these holds:
    so a move opens nothing, and what the owner says counts everywhere.
    """
    own = LevelStatement(Level.SITE, site.statement)
    first, *later = (
        resolve([replace(level, statement=said_at(level.statement, at)) for level in (*levels, own)])
        for levels in (*site.kept, above)
    )
    return reduce(lambda floor, now: at_least(now, floor), later, first)


def statements_for(site: Site, above: Sequence[LevelStatement]) -> Iterator[PreferenceStatement]:
    """All statements that :func:`preferences_of` resolves."""
    yield site.statement
    for levels in (*site.kept, above):
        yield from (level.statement for level in levels)


def at_least(now: Preferences, floor: Preferences, why: str = AT_A_MOVE) -> Preferences:
    """The stricter of both, wherever a path can fall and for every crawler; ``why`` the floor is kept."""
    if now == floor:
        return now
    policy, kept, origin = SitePolicy(now), SitePolicy(floor), Origin(Level.KEPT, why)
    stances = tuple(_stricter(*pair, origin) for pair in zip(now.stances, floor.stances, strict=True))
    sharing = now.partner_sharing
    if floor.partner_sharing.value is Sharing.REFUSE and sharing.value is not Sharing.REFUSE:
        sharing = Resolved(Sharing.REFUSE, origin)
    patterns = {path.value.pattern for path in (*now.paths, *floor.paths)}
    paths = (_path(pattern, stances, policy, kept) for pattern in patterns)
    return Preferences(stances, sharing, in_order(paths), _crawlers(now, floor))


def _stricter(now: Resolved[Stance | None], floor: Resolved[Stance | None], origin: Origin) -> Resolved[Stance | None]:
    return now if strictness(floor.value) <= strictness(now.value) else Resolved(floor.value, origin)


def _path(
    pattern: PathPattern, everywhere: Sequence[Resolved[Stance | None]], now: SitePolicy, floor: SitePolicy
) -> Resolved[PathException]:
    """What holds below a pattern: it says what either side says there, and what differs from everywhere."""
    stances, kept = Stances(), False
    here, there = list(_zones_below(now, pattern)), list(_zones_below(floor, pattern))
    for purpose, general in zip(Purpose, everywhere, strict=True):
        was, asked = (max((zone.of(purpose).value for zone in zones), key=strictness) for zones in (here, there))
        strictest = max(was, asked, key=strictness)
        if strictest is not general.value or any(zone.exception(purpose) for zone in (*here, *there)):
            stances = stances.with_stance(purpose, strictest)
            kept = kept or strictest is not was
    by = next((path.origin.by for path in now.preferences.paths if path.value.pattern == pattern), Level.KEPT)
    return Resolved(PathException(pattern, stances), Origin(Level.PATH, pattern.text, Level.KEPT if kept else by))


def _zones_below(policy: SitePolicy, pattern: PathPattern) -> Iterator[Zone]:
    """The zones into which a path of ``pattern`` may fall when no longer pattern has it."""
    covered = False
    for zone in policy.zones:
        if zone.pattern == pattern:
            yield zone
            return
    for zone in policy.zones:
        if zone.pattern is not None and zone.pattern.may_meet(pattern):
            covered = covered or zone.pattern.covers(pattern)
            yield zone
    if not covered:
        yield policy.everywhere


def _crawlers(now: Preferences, floor: Preferences) -> tuple[Resolved[CrawlerException], ...]:
    """Exceptions by crawler; unless the floor surely allows as much, every stance counts beside them.

    An exception that the floor alone has is kept if it says no; its ``allow`` is nothing to keep.
    """
    there = {one.value.crawler.lower(): one for one in floor.crawlers}
    merged = {name: one for name, one in there.items() if one.value.stance.denies} | {
        one.value.crawler.lower(): one for one in now.crawlers
    }
    here = {one.value.crawler.lower() for one in now.crawlers}
    return tuple(
        one if name in here and _allows(floor, there.get(name), one) else _kept(one, there.get(name, one))
        for name, one in sorted(merged.items())
    )


def _allows(floor: Preferences, kept: Resolved[CrawlerException] | None, now: Resolved[CrawlerException]) -> bool:
    """Whether a floor allows a crawler, by name and in spite of all stances, what it is allowed now."""
    if kept is None:
        return False
    wanted = strictness(now.value.stance)
    return strictness(kept.value.stance) <= wanted and not any(
        stance.origin.level.counts_beside(kept.origin.by) and strictness(stance.value) > wanted
        for stance in floor.stances
    )


def _kept(one: Resolved[CrawlerException], other: Resolved[CrawlerException]) -> Resolved[CrawlerException]:
    strictest = max(one.value, other.value, key=lambda exception: strictness(exception.stance))
    return Resolved(strictest, Origin(Level.CRAWLER, strictest.crawler, Level.KEPT))
