"""A site as it stands or stood, and what follows from it: for the commands that explain and preview.

Rules: the policy, the renderings and the decision are made by the functions that the doors use; nothing is decided
here.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from gatepost.core.defaults import defaults_of, is_default, level_of
from gatepost.core.periods import at as known
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import Level, LevelStatement, PreferenceStatement
from gatepost.core.sites import Event, Site, present
from gatepost.core.snapshot import Rendering, policy_of, render

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = [
    "State",
    "every_site",
    "rendering_of",
    "state_of",
    "state_of_subject",
    "wishes_of",
]


@dataclass(frozen=True, slots=True)
class State:
    """A site and the levels above it at one time; ``site`` is ``None`` for a host that no site has."""

    site: Site | None
    above: Sequence[LevelStatement]
    at: datetime

    @property
    def subject(self) -> Site:
        """The site, or the default, that is there."""
        if self.site is None:
            raise LookupError("no site has this host")
        return self.site

    @property
    def policy(self) -> SitePolicy:
        """What they come to."""
        site = self.site
        if site is not None and self.own is None:
            site = replace(site, statement=PreferenceStatement())
        return policy_of(site, self.above, known(self.at))

    @property
    def own(self) -> LevelStatement | None:
        """What the site itself says; a default is one of the levels above."""
        if self.site is None or is_default(self.site.id):
            return None
        return LevelStatement(Level.SITE, self.site.statement)


async def state_of(gate: "Gate", host: str, at: datetime | None = None) -> State:
    """What holds for a host now, or what held or will hold at a time, by the history."""
    site = await gate.store.site_by_host(host)
    if at is None:
        return State(site, await gate.owners.levels_above(site) if site else (), gate.owners.clock.now())
    known = await _known(gate, [site.id] if site else [], host, at)
    levels = defaults_of(known.region, known.plan) if known else ()
    said = [LevelStatement(level, await _said(gate, id, at), name) for id, level, name in levels]
    return State(known, said, at)


async def _known(gate: "Gate", ids: Sequence[str], host: str, at: datetime) -> Site | None:
    """The site that had a host then: the one that has it now, or one of those that gave it up."""
    for id in dict.fromkeys([*ids, *await gate.store.former_sites(host)]):
        then = present(_until(at, await gate.store.history(id)))
        if then and host in then.hosts:
            return then
    return None


async def _said(gate: "Gate", id: str, at: datetime) -> PreferenceStatement:
    """What the platform, a region or a plan said then."""
    default = present(_until(at, await gate.store.history(id)))
    return default.statement if default else PreferenceStatement()


async def state_of_subject(gate: "Gate", key: str) -> State:
    """A site by its host; or the platform, a region or a plan, as a site under it that says nothing of its own."""
    if not is_default(key):
        site = await gate.owners.show(key)
        return State(site, await gate.owners.levels_above(site), gate.owners.clock.now())
    default = await gate.owners.show_default(key)
    level, name = level_of(key)
    own = LevelStatement(level, default.statement, name)
    return State(default, [*await gate.owners.levels_above(default), own], gate.owners.clock.now())


def _until(at: datetime, events: Sequence[Event]) -> Sequence[Event]:
    """The events of a site up to the last one that had happened. Clocks of workers differ: an earlier revision counts
    as earlier, whatever it says."""
    return events[: max((place for place, event in enumerate(events, 1) if event.at <= at), default=0)]


def rendering_of(gate: "Gate", state: State) -> Rendering:
    """What the directives say in that state."""
    host, own = (state.site.host, state.site.robots_txt) if state.site else ("", "")
    return render(state.policy, own, gate.signatures, gate.addresses(host), host)


def wishes_of(statement: PreferenceStatement) -> list[str]:
    """A statement as the wishes that lead to it, in the spelling of ``gatepost sites set``."""
    wishes = [f"{purpose}={stance}" for purpose, stance in statement.stances.said()]
    for path in statement.paths:
        wishes += [f"{path.pattern.text}:{purpose}={stance}" for purpose, stance in path.stances.said()]
    wishes += [f"{exception.crawler}={exception.stance}" for exception in statement.crawlers]
    if statement.partner_sharing is not None:
        wishes.append(f"partner-sharing={statement.partner_sharing}")
    for dated in statement.dated:
        wishes += [f"{wish}@{dated.period}" for wish in wishes_of(dated.statement)]
    return wishes


async def every_site(gate: "Gate") -> AsyncIterator[Site]:
    """All sites in the order of their ids, a page at a time; the platform is not among them."""
    after = ""
    while page := await gate.store.sites(after=after):
        after = page[-1].id
        for site in page:
            yield site
