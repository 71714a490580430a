"""What people are told about a site: its state now or at a time, and why something is decided there.

Rules: everything is read, nothing is written; what is told is made by :mod:`gatepost.core` from what the store and the
signature set say, so that a command, the API and a page cannot tell different things.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gatepost.core.defaults import defaults_of, is_default, level_of
from gatepost.core.directives.vocabulary import Addresses
from gatepost.core.explanation import Explanation, Question, explain
from gatepost.core.matching import Matcher
from gatepost.core.preferences import LevelStatement, PreferenceStatement
from gatepost.core.sites import Event, Site, present
from gatepost.core.snapshot import Rendering
from gatepost.core.state import State
from gatepost.ports import SiteStore
from gatepost.service.owners import Owners

__all__ = ["Overviews"]


@dataclass(frozen=True)
class Overviews:
    """The use cases that tell. ``addresses`` gives the addresses of a host's documents."""

    store: SiteStore
    owners: Owners
    matcher: Callable[[], Matcher]
    """Gives the signature set that is in force, compiled."""
    addresses: Callable[[str], Addresses]

    async def state_of(self, host: str, at: datetime | None = None) -> State:
        """What holds for a host now, or what held at a time, by the history."""
        site = await self.store.site_by_host(host)
        if at is None:
            return State(site, await self.owners.levels_above(site) if site else ())
        then = present(_until(at, await self.store.history(site.id))) if site else None
        known = then if then and host in then.hosts else None
        levels = defaults_of(known.region, known.plan) if known else ()
        return State(known, [LevelStatement(level, await self._said(id, at), name) for id, level, name in levels])

    async def _said(self, id: str, at: datetime) -> PreferenceStatement:
        """What the platform, a region or a plan said then."""
        default = present(_until(at, await self.store.history(id)))
        return default.statement if default else PreferenceStatement()

    async def state_of_subject(self, key: str) -> State:
        """A site by its host; or the platform, a region or a plan, as a site under it that says nothing of its own.

        Raises :class:`~gatepost.errors.SiteUnknown`.
        """
        if not is_default(key):
            return await self._with_levels(await self.owners.show(key))
        default = await self.owners.show_default(key)
        level, name = level_of(key)
        own = LevelStatement(level, default.statement, name)
        return State(default, [*await self.owners.levels_above(default), own])

    async def _with_levels(self, site: Site) -> State:
        return State(site, await self.owners.levels_above(site))

    async def history(self, key: str) -> Sequence[Event]:
        """Every event of a site, by its host, or of a default, the first one first."""
        return await self.store.history((await self.state_of_subject(key)).subject.id)

    async def every_site(self) -> AsyncIterator[Site]:
        """All sites in the order of their ids, a page at a time; the platform is not among them."""
        after = ""
        while page := await self.store.sites(after=after):
            after = page[-1].id
            for site in page:
                yield site

    def rendering_of(self, state: State) -> Rendering:
        """What the directives say in that state."""
        return state.rendering(self.matcher().signatures, self.addresses)

    async def explain(self, question: Question) -> Explanation:
        """What is decided about a request, and why."""
        state = await self.state_of(question.host, question.at)
        return explain(question, state, self.rendering_of(state), self.matcher())


def _until(at: datetime, events: Iterable[Event]) -> Iterable[Event]:
    return (event for event in events if event.at <= at)
