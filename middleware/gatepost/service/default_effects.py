"""What a change of the platform's, a region's or a plan's default comes to, before it is made: counted, not guessed.

Rules: sites are read a page at a time and judged by the functions that the doors use; nothing is written.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gatepost.core.consent import widened
from gatepost.core.defaults import defaults_of
from gatepost.core.levels import preferences_of
from gatepost.core.preferences import LevelStatement, PreferenceStatement
from gatepost.core.sites import Site, amend
from gatepost.core.wishes import Wish
from gatepost.service.owners import Owners

__all__ = ["DefaultEffect", "effect_of_default"]


@dataclass(frozen=True, slots=True)
class DefaultEffect:
    """Sites, counted by what would become of them."""

    changed: int
    """They would be treated otherwise, those that are opened included."""
    opened: int
    """More would be allowed there."""
    untouched: int
    """Their owners said something of their own, and nothing changes there."""


async def effect_of_default(
    owners: Owners, id: str, wishes: Sequence[Wish], seen: Callable[[], object] = lambda: None
) -> DefaultEffect:
    """What the wishes would do to every site under a default, by its id; ``seen`` is called for each site."""
    signatures = owners.signatures()
    said = (await owners.show_default(id)).statement
    wanted = amend(said, wishes, signatures, search_confirmed=True)
    effect = _Effect(owners, id, wanted)
    found: Counter[str] = Counter()
    after = ""
    while page := await owners.store.sites(after=after):
        after = page[-1].id
        for site in page:
            found[await effect.on(site)] += 1
            seen()
    return DefaultEffect(found["changed"] + found["opened"], found["opened"], found["untouched"])


@dataclass(frozen=True)
class _Effect:
    owners: Owners
    id: str
    wanted: PreferenceStatement
    defaults: dict[str, PreferenceStatement] = field(default_factory=dict)
    """What has been read of the others, by id."""

    async def on(self, site: Site) -> str:
        """What becomes of one site."""
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
        return "opened" if widened(then, now, self.owners.signatures()) else "changed"

    async def _said(self, id: str) -> PreferenceStatement:
        if id not in self.defaults:
            self.defaults[id] = (await self.owners.show_default(id)).statement
        return self.defaults[id]
