"""Who said what holds, and since when, and what is said for a time: as values, for every door that tells it.

Rules: every value carries its origin; what no history tells is not guessed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gatepost.core.crawlers import Purpose
from gatepost.core.periods import Period
from gatepost.core.policy import Decision, SitePolicy
from gatepost.core.preferences import Level, Origin, Resolved, Sharing, Stance
from gatepost.core.since import kept_since, said_since
from gatepost.core.sites import Event
from gatepost.core.state import State, lasting_wishes_of
from gatepost.core.zones import Zone

__all__ = ["DatedWish", "Held", "Origins"]

Pick = Callable[[SitePolicy], object]
"""Picks one value out of a policy."""

ZoneOf = Callable[[SitePolicy], Zone]


@dataclass(frozen=True, slots=True)
class Held:
    """A value that holds, and who said so."""

    subject: str
    """A purpose, or ``partner-sharing``."""
    value: Stance | Sharing | None
    """``None``: nobody said anything."""
    origin: Origin
    since: datetime | None
    """From when it has held without a break, by what that level says; ``None`` where no history tells it."""


@dataclass(frozen=True, slots=True)
class DatedWish:
    """What is said for a time."""

    wish: str
    """In the spelling of :func:`~gatepost.core.wishes.read_wish`, without the time."""
    period: Period
    origin: Origin


@dataclass(frozen=True)
class Origins:
    """A state, and the histories of all who had a say in it."""

    state: State
    histories: Mapping[Level, Sequence[Event]]

    def held(self, zone: ZoneOf) -> tuple[Held, ...]:
        """Every purpose as it is resolved in a zone, then the switch for data partners."""
        policy = self.state.policy
        stances = [self._held(zone(policy).of(purpose), purpose, _stance(zone, purpose)) for purpose in Purpose]
        return (*stances, self._held(policy.preferences.partner_sharing, None, _sharing))

    def _held(self, found: Resolved[Any], purpose: Purpose | None, pick: Pick) -> Held:
        since = self._since(found.origin, purpose, pick)
        return Held(purpose or "partner-sharing", found.value, found.origin, since)

    def since_of(self, decision: Decision, path: str) -> datetime | None:
        """Since when what a decision rests on holds."""
        if decision.origin is None:
            return None
        if decision.purpose is None:
            return self._since(decision.origin, None, _exception(decision.crawler or ""))
        return self._since(
            decision.origin, decision.purpose, _stance(lambda policy: policy.zones_at(path)[0], decision.purpose)
        )

    def _since(self, origin: Origin, purpose: Purpose | None, pick: Pick) -> datetime | None:
        """Since when it was said, or from which date it was said for, or when the site moved that keeps it."""
        state = self.state
        if state.site is None or Level.KEPT not in (origin.level, origin.by):
            return said_since(origin, purpose, self.histories, state.at)
        return kept_since(state.site, state.above, self.histories.get(Level.SITE, ()), state.at, pick)

    def dated(self) -> tuple[DatedWish, ...]:
        """All that is said for a time and is not over, by the site and by the levels above it; the earliest first."""
        speakers = [(Origin(level.level, level.name), level.statement) for level in self.state.above]
        if self.state.own is not None:
            speakers.append((Origin(self.state.own.level), self.state.own.statement))
        found = [
            DatedWish(wish, dated.period, origin)
            for origin, statement in speakers
            for dated in statement.dated
            if not dated.period.over_by(self.state.at)
            for wish in lasting_wishes_of(dated.statement)
        ]
        return tuple(sorted(found, key=lambda one: one.period.order))


def _sharing(policy: SitePolicy) -> object:
    return policy.preferences.partner_sharing


def _exception(crawler: str) -> Pick:
    return lambda policy: next((one for one in policy.preferences.crawlers if one.value.crawler == crawler), None)


def _stance(zone: ZoneOf, purpose: Purpose) -> Pick:
    return lambda policy: zone(policy).of(purpose)
