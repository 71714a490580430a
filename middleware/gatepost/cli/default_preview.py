"""What a change of the platform's, a region's or a plan's default comes to, before it is made: counted, not guessed.

Rules: sites are read a page at a time and judged by the functions that the doors use; nothing is written.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from gatepost.cli.output import progress
from gatepost.cli.state import every_site
from gatepost.core.consent import widened
from gatepost.core.defaults import defaults_of
from gatepost.core.levels import preferences_of, statements_for
from gatepost.core.periods import moment_text
from gatepost.core.preferences import LevelStatement, PreferenceStatement
from gatepost.core.schedules import moments_from, said_at
from gatepost.core.sites import Site, Visibility
from gatepost.core.wishes import read_wish

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["preview_default"]

_JUDGED = 4_096
"""Opinions that are remembered."""


async def preview_default(gate: "Gate", id: str, wishes: Sequence[str]) -> str:
    """In a line, how many sites would be treated otherwise, and how many keep to what their owners chose."""
    now, said = gate.owners.clock.now(), (await gate.owners.show_default(id)).statement
    wanted = (await gate.owners.preview_default(id, [read_wish(wish, gate.signatures) for wish in wishes])).statement
    effect = _Effect(gate, id, wanted, now)
    found: Counter[str] = Counter()
    with progress("sites") as count:
        async for site in every_site(gate):
            found[await effect.on(site)] += 1
            count()
    return (
        f"{found['changed'] + found['opened']:,} sites change (for {found['opened']:,} of them more is allowed), "
        f"{found['untouched']:,} explicit choices untouched{_from(now, said, wanted)}"
    )


def _from(now: datetime, said: PreferenceStatement, wanted: PreferenceStatement) -> str:
    """The date on which something changes first, unless it is now."""
    moments = moments_from(now, [said, wanted])
    first = next((moment for moment in moments if said_at(said, moment) != said_at(wanted, moment)), now)
    return "" if first == now else f", from {moment_text(first)} on"


@dataclass(frozen=True)
class _Effect:
    gate: "Gate"
    id: str
    wanted: PreferenceStatement
    now: datetime
    defaults: dict[str, PreferenceStatement] = field(default_factory=dict)
    """What has been read of the others, by id."""
    judged: dict[Site, str] = field(default_factory=dict)
    """What becomes of sites, but for what tells one from another of the same opinion."""

    async def on(self, site: Site) -> str:
        """What becomes of one site, now or at a date; of all that say and keep the same in the same place the same."""
        alike = replace(site, id="", hosts=(), visibility=Visibility.PUBLIC, robots_txt="", revision=0)
        known = self.judged.get(alike)
        if known is None:
            if len(self.judged) >= _JUDGED:
                self.judged.clear()
            known = self.judged[alike] = await self._judge(alike)
        return known

    async def _judge(self, site: Site) -> str:
        levels = defaults_of(site.region, site.plan)
        if self.id not in {id for id, _, _ in levels}:
            return "elsewhere"
        before = [LevelStatement(level, await self._said(id), name) for id, level, name in levels]
        after = [
            LevelStatement(level, self.wanted if id == self.id else await self._said(id), name)
            for id, level, name in levels
        ]
        moments = moments_from(self.now, (*statements_for(site, before), *statements_for(site, after)))
        pairs = [(preferences_of(site, before, moment), preferences_of(site, after, moment)) for moment in moments]
        if all(then == now for then, now in pairs):
            return "untouched" if site.statement != PreferenceStatement() else "same"
        return "opened" if any(widened(*pair, self.gate.signatures) for pair in pairs) else "changed"

    async def _said(self, id: str) -> PreferenceStatement:
        if id not in self.defaults:
            self.defaults[id] = (await self.gate.owners.show_default(id)).statement
        return self.defaults[id]
