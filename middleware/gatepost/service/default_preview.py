"""What a change of the platform's, a region's or a plan's default comes to, before it is made: counted, not guessed.

Rules: sites are read a page at a time and judged by the functions that the doors use; nothing is written.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from gatepost.core.consent import widened
from gatepost.core.defaults import defaults_of
from gatepost.core.levels import preferences_of
from gatepost.core.preferences import LevelStatement, PreferenceStatement
from gatepost.core.sites import Site, amend
from gatepost.core.wishes import Wish
from gatepost.ports import SiteStore
from gatepost.service.owners import Owners

__all__ = ["DefaultPreview", "Effect", "Effects"]


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

    store: SiteStore
    owners: Owners
    id: str
    wanted: PreferenceStatement
    _defaults: dict[str, PreferenceStatement] = field(default_factory=dict)
    """What has been read of the defaults, by id."""

    @classmethod
    async def of(cls, owners: Owners, id: str, wishes: Sequence[Wish]) -> "DefaultPreview":
        """The change that ``wishes`` would make, if every confirmation were given."""
        said = (await owners.show_default(id)).statement
        wanted = amend(said, wishes, owners.signatures(), search_confirmed=True)
        return cls(owners.store, owners, id, wanted, {id: said})

    async def count(self, effects: Effects, after: str = "") -> AsyncIterator[str]:
        """Count site by site into ``effects``, from the id ``after`` on; gives the id of each page's last site."""
        while page := await self.store.sites(after=after):
            after = page[-1].id
            for site in page:
                effects.sites[await self._effect_on(site)] += 1
            yield after

    async def _effect_on(self, site: Site) -> Effect:
        levels = defaults_of(site.region, site.plan)
        if self.id not in {id for id, _, _ in levels}:
            return Effect.ELSEWHERE
        before = [LevelStatement(level, await self._said(id), name) for id, level, name in levels]
        after = [
            LevelStatement(level, self.wanted if id == self.id else await self._said(id), name)
            for id, level, name in levels
        ]
        then, now = preferences_of(site, before), preferences_of(site, after)
        if then == now:
            return Effect.UNTOUCHED if site.statement != PreferenceStatement() else Effect.SAME
        return Effect.OPENED if widened(then, now, self.owners.signatures()) else Effect.CHANGED

    async def _said(self, id: str) -> PreferenceStatement:
        if id not in self._defaults:
            self._defaults[id] = (await self.owners.show_default(id)).statement
        return self._defaults[id]
