"""A site as it stands or stood, and what follows from it: for the commands that explain and preview.

Rules: the policy, the renderings and the decision are made by the functions that the doors use; nothing is decided
here.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from gatepost.core.crawlers import Purpose
from gatepost.core.policy import SitePolicy, Zone
from gatepost.core.preferences import PreferenceStatement, Resolved, Sharing, Stance
from gatepost.core.sites import PLATFORM, Event, Site, present
from gatepost.core.snapshot import Rendering, policy_of, render

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["State", "every_site", "rendering_of", "row_of", "state_of", "told_preferences", "wishes_of"]


@dataclass(frozen=True, slots=True)
class State:
    """A site and its platform's statement at one time; ``site`` is ``None`` for a host that no site has."""

    site: Site | None
    platform: PreferenceStatement

    @property
    def policy(self) -> SitePolicy:
        """What they come to."""
        return policy_of(self.site, self.platform)


async def state_of(gate: "Gate", host: str, at: datetime | None = None) -> State:
    """What holds for a host now, or what held at a time, by the history."""
    site = await gate.store.site_by_host(host)
    if at is None:
        return State(site, (await gate.owners.show_platform()).statement)
    then = present(_until(at, await gate.store.history(site.id))) if site else None
    platform = present(_until(at, await gate.store.history(PLATFORM)))
    known = then if then and host in then.hosts else None
    return State(known, platform.statement if platform else PreferenceStatement())


def _until(at: datetime, events: Iterable[Event]) -> Iterable[Event]:
    return (event for event in events if event.at <= at)


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
    return wishes


def row_of(site: Site) -> dict[str, object]:
    """A site as a row of ``gatepost sites export``."""
    return {
        "id": site.id,
        "hosts": list(site.hosts),
        "visibility": site.visibility.value,
        "wishes": wishes_of(site.statement),
        "robots_txt": site.robots_txt,
    }


async def every_site(gate: "Gate") -> AsyncIterator[Site]:
    """All sites in the order of their ids, a page at a time; the platform is not among them."""
    after = ""
    while page := await gate.store.sites(after=after):
        after = page[-1].id
        for site in page:
            yield site


def told_preferences(policy: SitePolicy, zone: Zone) -> dict[str, dict[str, str | None]]:
    """Every purpose as it is resolved in a zone, then the switch for data partners, each with its origin."""
    told = {purpose.value: _told(zone.of(purpose)) for purpose in Purpose}
    return {**told, "partner-sharing": _told(policy.preferences.partner_sharing)}


def _told(resolved: Resolved[Stance | None] | Resolved[Sharing]) -> dict[str, str | None]:
    return {"stance": resolved.value, "origin": str(resolved.origin)}
