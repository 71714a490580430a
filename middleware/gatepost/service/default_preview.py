"""What a change of the platform's, a region's or a plan's default comes to, before it is made: counted, not guessed.

Rules: sites are read a page at a time and judged by the functions that the doors use, those of the same opinion once;
nothing is written.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from gatepost.core.consent import widened
from gatepost.core.defaults import defaults_of
from gatepost.core.levels import preferences_of, statements_for
from gatepost.core.preferences import LevelStatement, PreferenceStatement
from gatepost.core.schedules import moments_from, said_at
from gatepost.core.sites import Site, Visibility
from gatepost.core.wishes import Wish
from gatepost.service.owners import Owners

__all__ = ["DefaultPreview", "Effect", "Effects"]

_JUDGED = 4_096
"""Opinions that are remembered."""


class Effect(StrEnum):
    """What becomes of one site."""

    ELSEWHERE = "elsewhere"
    """It does not come under this default."""
    SAME = "same"
    """Nothing changes, and nothing was said there."""
    UNTOUCHED = "untouched"
    """Nothing changes, because of what its owner chose or for another reason."""
    CHANGED = "changed"
    OPENED = "opened"
    """It changes, and more is allowed than before."""


@dataclass
class Effects:
    """How many sites meet which effect."""

    sites: Counter[Effect] = field(default_factory=Counter)

    @property
    def changed(self) -> int:
        """The sites that would be treated otherwise."""
        return self.sites[Effect.CHANGED] + self.sites[Effect.OPENED]

    @property
    def opened(self) -> int:
        """Those of them for which more would be allowed."""
        return self.sites[Effect.OPENED]

    @property
    def untouched(self) -> int:
        """The sites that keep to what their owners chose."""
        return self.sites[Effect.UNTOUCHED]


@dataclass(frozen=True)
class DefaultPreview:
    """One change of a default, tried on sites; ``id`` is the id of the default's statement."""

    owners: Owners
    id: str
    said: PreferenceStatement
    wanted: PreferenceStatement
    now: datetime
    _defaults: dict[str, PreferenceStatement] = field(default_factory=dict)
    """What has been read of the defaults, by id."""
    _judged: dict[Site, Effect] = field(default_factory=dict)
    """What becomes of sites, but for what tells one from another of the same opinion."""

    @classmethod
    async def of(cls, owners: Owners, id: str, wishes: Sequence[Wish]) -> "DefaultPreview":
        """The change that ``wishes`` would make, if every confirmation were given."""
        default = await owners.show_default(id)
        wanted = owners.amended(default, wishes).statement
        return cls(owners, id, default.statement, wanted, owners.clock.now(), {id: default.statement})

    @property
    def begins(self) -> datetime | None:
        """When something changes first; ``None``: at once, or never."""
        moments = moments_from(self.now, [self.said, self.wanted])
        first = next((one for one in moments if said_at(self.said, one) != said_at(self.wanted, one)), self.now)
        return None if first == self.now else first

    async def count(self, effects: Effects, after: str = "") -> AsyncIterator[str]:
        """Count site by site into ``effects``, from the id ``after`` on; gives the id of each page's last site."""
        while page := await self.owners.store.sites(after=after):
            after = page[-1].id
            for site in page:
                effects.sites[await self._effect_on(site)] += 1
            yield after

    async def _effect_on(self, site: Site) -> Effect:
        """What becomes of one site, now or at a date; of all that say and keep the same in the same place the same."""
        alike = replace(site, id="", hosts=(), visibility=Visibility.PUBLIC, robots_txt="", revision=0)
        known = self._judged.get(alike)
        if known is None:
            if len(self._judged) >= _JUDGED:
                self._judged.clear()
            known = self._judged[alike] = await self._judge(alike)
        return known

    async def _judge(self, site: Site) -> Effect:
        levels = defaults_of(site.region, site.plan)
        if self.id not in {id for id, _, _ in levels}:
            return Effect.ELSEWHERE
        before = [LevelStatement(level, await self._said(id), name) for id, level, name in levels]
        after = [
            LevelStatement(level, self.wanted if id == self.id else await self._said(id), name)
            for id, level, name in levels
        ]
        moments = moments_from(self.now, (*statements_for(site, before), *statements_for(site, after)))
        pairs = [(preferences_of(site, before, moment), preferences_of(site, after, moment)) for moment in moments]
        if all(then == now for then, now in pairs):
            return Effect.UNTOUCHED if site.statement != PreferenceStatement() else Effect.SAME
        opens = any(widened(*pair, self.owners.signatures()) for pair in pairs)
        return Effect.OPENED if opens else Effect.CHANGED

    async def _said(self, id: str) -> PreferenceStatement:
        if id not in self._defaults:
            self._defaults[id] = (await self.owners.show_default(id)).statement
        return self._defaults[id]
