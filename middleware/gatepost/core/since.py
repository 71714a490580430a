"""Since when a level says what it says, by its history.

Rules: a value counts from the event that said it, or from the date that was said for it, without a break until the
moment that is asked for; what was said again with the same value is not said anew.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from gatepost.core.crawlers import Purpose
from gatepost.core.levels import preferences_of
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import Level, LevelStatement, Origin, PreferenceStatement
from gatepost.core.schedules import boundaries, said_at
from gatepost.core.sites import Event, PlacementChanged, Site, StatementChanged

__all__ = ["kept_since", "said_since"]

_EXCEPTIONS = (Level.PATH, Level.CRAWLER)


def said_since(
    origin: Origin, purpose: Purpose | None, histories: Mapping[Level, Sequence[Event]], at: datetime
) -> datetime | None:
    """Since when the level that ``origin`` names says what it says at a moment; ``purpose`` ``None`` is the switch for
    partners. ``None`` where no history says it.
    """
    speaker = origin.by if origin.level in _EXCEPTIONS else origin.level
    since: datetime | None = None
    last: object = None
    for moment, statement in _said(histories.get(speaker, ()), at):
        value = _value(statement, origin, purpose)
        if value != last:
            since, last = moment, value
    return since


def _said(events: Sequence[Event], until: datetime) -> Sequence[tuple[datetime, PreferenceStatement]]:
    """The plain statements of a history, from when each was in force."""
    changes = [(event.at, event.change) for event in events if event.at <= until]
    said = [(moment, change.statement) for moment, change in changes if isinstance(change, StatementChanged)]
    found: list[tuple[datetime, PreferenceStatement]] = []
    ends = [moment for moment, _ in said[1:]] + [until]
    for (start, statement), end in zip(said, ends, strict=False):  # where nothing was said nothing ends
        dates = (moment for moment in boundaries([statement]) if start < moment <= end)
        found += [(moment, said_at(statement, moment)) for moment in (start, *dates)]
    return found


def _value(statement: PreferenceStatement, origin: Origin, purpose: Purpose | None) -> object:
    if origin.level is Level.CRAWLER:
        return next((one.stance for one in statement.crawlers if one.crawler == origin.detail), None)
    if purpose is None:
        return statement.partner_sharing
    if origin.level is Level.PATH:
        found = (path.stances.of(purpose) for path in statement.paths if path.pattern.text == origin.detail)
        return next(found, None)
    return statement.stances.of(purpose)


def kept_since(
    site: Site,
    above: Sequence[LevelStatement],
    history: Sequence[Event],
    at: datetime,
    found: Callable[[SitePolicy], object],
) -> datetime | None:
    """The time of the move since which a value is kept; ``found`` picks the value out of a policy."""
    moves = [event for event in history if isinstance(event.change, PlacementChanged) and event.change.kept]
    for number, event in enumerate(moves, 1):
        kept = Site(site.id, site.hosts, site.statement, region=site.region, plan=site.plan, kept=site.kept[:number])
        if found(SitePolicy(preferences_of(kept, above, at))) == found(SitePolicy(preferences_of(site, above, at))):
            return event.at
    return None
