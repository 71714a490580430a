"""What a change of the platform's, a region's or a plan's default comes to, before it is made: counted, not guessed.

Rules: sites are read a page at a time and judged by the functions that the doors use; nothing is written.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gatepost.cli.output import progress
from gatepost.cli.state import every_site
from gatepost.core.consent import widened
from gatepost.core.defaults import defaults_of
from gatepost.core.levels import preferences_of
from gatepost.core.preferences import LevelStatement, PreferenceStatement
from gatepost.core.sites import Site, Visibility, amend
from gatepost.core.wishes import read_wish

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["preview_default"]

_JUDGED = 4_096
"""Opinions that are remembered."""


async def preview_default(gate: "Gate", id: str, wishes: Sequence[str]) -> str:
    """In a line, how many sites would be treated otherwise, and how many keep to what their owners chose."""
    said = (await gate.owners.show_default(id)).statement
    read = [read_wish(wish, gate.signatures) for wish in wishes]
    wanted = amend(said, read, gate.signatures, search_confirmed=True)
    effect = _Effect(gate, id, wanted)
    found: Counter[str] = Counter()
    with progress("sites") as count:
        async for site in every_site(gate):
            found[await effect.on(site)] += 1
            count()
    return (
        f"{found['changed'] + found['opened']:,} sites change (for {found['opened']:,} of them more is allowed), "
        f"{found['untouched']:,} explicit choices untouched"
    )


@dataclass(frozen=True)
class _Effect:
    gate: "Gate"
    id: str
    wanted: PreferenceStatement
    defaults: dict[str, PreferenceStatement] = field(default_factory=dict)
    """What has been read of the others, by id."""
    judged: dict[Site, str] = field(default_factory=dict)
    """What becomes of sites, but for what tells one from another of the same opinion."""

    async def on(self, site: Site) -> str:
        """What becomes of one site; of all that say and keep the same in the same place the same becomes."""
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
        then, now = preferences_of(site, before), preferences_of(site, after)
        if then == now:
            return "untouched" if site.statement != PreferenceStatement() else "same"
        return "opened" if widened(then, now, self.gate.signatures) else "changed"

    async def _said(self, id: str) -> PreferenceStatement:
        if id not in self.defaults:
            self.defaults[id] = (await self.gate.owners.show_default(id)).statement
        return self.defaults[id]
