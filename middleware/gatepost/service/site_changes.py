"""A change of one site as an event on what it is now, and the hosts that come and go.

Rules: a lost race is run again on fresh state, unless the caller named the revision that it had read; what changes
nothing leaves no event; a host that goes from one site to another does so in one step, so that it is at no time
anybody else's, and no statement goes with it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Self

from gatepost.core.defaults import is_default
from gatepost.core.hosts import given, made_canonical, removed
from gatepost.core.sites import Actor, Change, Event, HostAdded, Site
from gatepost.errors import RevisionConflict, SiteUnknown
from gatepost.ports import Clock, SiteStore

__all__ = ["BY_ID", "SiteChanges"]

BY_ID = "id:"
"""What a name begins with that names a site by its id; no site key can, as it holds no colon outside of brackets."""

RETRIES = 2
"""How often a lost race is run again."""


@dataclass(frozen=True)
class SiteChanges:
    """What all use cases around one site stand on, and those around its hosts."""

    store: SiteStore
    clock: Clock
    site: str | None = field(default=None, kw_only=True)
    """The id of the only site that is changed; ``None`` is any. See :meth:`only_at`."""
    revision: int | None = field(default=None, kw_only=True)
    """The only revision at which it is changed, likewise."""

    def only_at(self, revision: int | None, site: str | None = None) -> Self:
        """The same use cases at one revision, for one site by its id, whoever has the host that is named meanwhile.

        Every change of another site raises :class:`SiteUnknown`, and at another revision :class:`RevisionConflict`; a
        host that moves is a change of the site that gives it.
        """
        return replace(self, site=site, revision=revision)

    async def show(self, host: str) -> Site:
        """The site that has ``host``, or the id behind :data:`BY_ID`. Raises :class:`SiteUnknown`."""
        id = host.removeprefix(BY_ID)
        site = await (self.store.site_by_host(host) if id == host else self.store.site(id))
        if site is None or is_default(site.id):
            raise _unknown(host)
        return site

    async def add_host(self, host_of_site: str, host: str, actor: Actor, reason: str = "") -> Site:
        """The site can be reached under one more host. Raises :class:`HostTaken` when another site has it."""
        return await self._change(
            lambda: self.show(host_of_site), lambda site: None if host in site.hosts else HostAdded(host), actor, reason
        )

    async def make_canonical(self, host_of_site: str, host: str, actor: Actor, reason: str = "") -> Site:
        """One of a site's hosts becomes the canonical one. Raises :class:`StatementError` for a host it has not."""
        return await self._change(
            lambda: self.show(host_of_site), lambda site: made_canonical(site, host), actor, reason
        )

    async def remove_host(self, host_of_site: str, host: str, actor: Actor, reason: str = "") -> Site:
        """The site can no longer be reached under a host, which falls to the strict default.

        Raises :class:`StatementError` for the last one, and for a host that the site has not.
        """
        return await self._change(lambda: self.show(host_of_site), lambda site: removed(site, host), actor, reason)

    async def move_host(self, host: str, to: str, actor: Actor, reason: str = "") -> tuple[Site, Site]:
        """A host goes from the site that has it to another, in one step; both as they are then, the giver first.

        Nothing that either site says goes with it: the host answers by what its new site says. Raises
        :class:`StatementError` for the last host of a site that is not deleted.
        """
        for retries in range(RETRIES, -1, -1):
            giver, taker = await self.show(host), await self.show(to)
            if giver.id == taker.id:
                return giver, taker
            self._check_meant(giver, None)
            now = self.clock.now()
            events = (
                Event(giver.id, giver.revision + 1, now, actor, given(giver, host), reason),
                Event(taker.id, taker.revision + 1, now, actor, HostAdded(host), reason),
            )
            try:
                giver, taker = await self.store.append(*events)
            except RevisionConflict:
                if not retries or self.revision is not None:
                    raise
            else:
                return giver, taker
        raise AssertionError("unreachable: the last run returns or raises")

    async def _change(
        self,
        read: Callable[[], Awaitable[Site]],
        decide: Callable[[Site], Change | None],
        actor: Actor,
        reason: str = "",
        expected_revision: int | None = None,
    ) -> Site:
        """Append what ``decide`` makes of the site, again on fresh state when somebody else was quicker."""
        for retries in range(RETRIES, -1, -1):
            site = await read()
            self._check_meant(site, expected_revision)
            change = decide(site)
            if change is None:
                return site
            try:
                return await self._append(site, change, actor, reason)
            except RevisionConflict:
                if not retries or expected_revision is not None or self.revision is not None:
                    raise
        raise AssertionError("unreachable: the last run returns or raises")

    def _check_meant(self, site: Site, expected_revision: int | None) -> None:
        if self.site is not None and site.id != self.site:
            raise _unknown(next(iter(site.hosts), BY_ID + site.id))
        _check_revision(site, self.revision)
        _check_revision(site, expected_revision)

    async def _append(self, site: Site, change: Change, actor: Actor, reason: str) -> Site:
        event = Event(site.id, site.revision + 1, self.clock.now(), actor, change, reason)
        (changed,) = await self.store.append(event)
        return changed


def _unknown(host: str) -> SiteUnknown:
    id = host.removeprefix(BY_ID)
    return SiteUnknown(
        f"no site has the {'host' if id == host else 'id'} {id}",
        id="site.unknown",
        remedy="Check the spelling, or add the site: gatepost sites add HOST.",
    )


def _check_revision(site: Site, expected: int | None) -> None:
    if expected is not None and site.revision != expected:
        raise RevisionConflict(
            f"site {site.id!r} is at revision {site.revision}, not at {expected}",
            id="site.revision.conflict",
            remedy="Read the site again, and make the change on what it says now.",
            revision=site.revision,
        )
