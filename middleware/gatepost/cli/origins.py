"""Who said what holds, and since when: every value with its origin, for the commands that show it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gatepost.cli.state import State
from gatepost.core.crawlers import Purpose
from gatepost.core.defaults import id_of, is_default
from gatepost.core.policy import Decision, SitePolicy
from gatepost.core.preferences import Level, Origin, Resolved
from gatepost.core.since import kept_since, said_since
from gatepost.core.sites import Event
from gatepost.core.zones import Zone

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["Origins", "origins_of", "since_text"]

Pick = Callable[[SitePolicy], object]
"""Picks one value out of a policy."""


async def origins_of(gate: "Gate", state: State) -> "Origins":
    """What is known of the origins of a state's values."""
    ids = {level.level: id_of(level.level, level.name) for level in state.above}
    if state.site is not None and not is_default(state.site.id):
        ids[Level.SITE] = state.site.id
    return Origins(state, {level: await gate.store.history(id) for level, id in ids.items()})


@dataclass(frozen=True)
class Origins:
    """A state, and the histories of all who had a say in it."""

    state: State
    histories: Mapping[Level, Sequence[Event]]

    def told_preferences(self, zone: Callable[[SitePolicy], Zone]) -> dict[str, dict[str, str | None]]:
        """Every purpose as it is resolved in a zone, then the switch for data partners, each with its origin."""
        policy = self.state.policy
        told = {
            purpose.value: self._told(zone(policy).of(purpose), purpose, _stance(zone, purpose)) for purpose in Purpose
        }
        sharing = policy.preferences.partner_sharing
        return {**told, "partner-sharing": self._told(sharing, None, lambda policy: policy.preferences.partner_sharing)}

    def _told(self, found: Resolved[Any], purpose: Purpose | None, pick: Pick) -> dict[str, str | None]:
        since = self._since(found.origin, purpose, pick)
        return {"stance": str(found.value) if found.value else None, "origin": str(found.origin), "since": since}

    def since_of(self, decision: Decision, path: str) -> str | None:
        """Since when what a decision rests on holds."""
        if decision.origin is None:
            return None
        if decision.purpose is None:
            return self._since(decision.origin, None, _exception(decision.crawler or ""))
        return self._since(
            decision.origin, decision.purpose, _stance(lambda policy: policy.zones_at(path)[0], decision.purpose)
        )

    def _since(self, origin: Origin, purpose: Purpose | None, pick: Pick) -> str | None:
        """Since when it was said, or from which date it was said for, or when the site moved that keeps it."""
        state = self.state
        if state.site is None or Level.KEPT not in (origin.level, origin.by):
            return _text(said_since(origin, purpose, self.histories, state.at))
        history = self.histories.get(Level.SITE, ())
        return _text(kept_since(state.site, state.above, history, state.at, pick))


def _exception(crawler: str) -> Pick:
    return lambda policy: next((one for one in policy.preferences.crawlers if one.value.crawler == crawler), None)


def _stance(zone: Callable[[SitePolicy], Zone], purpose: Purpose) -> Pick:
    return lambda policy: zone(policy).of(purpose)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def since_text(told: Mapping[str, Any]) -> str:
    """Behind an origin, for people."""
    return f" since {told['since'][:10]}" if told["since"] else ""
