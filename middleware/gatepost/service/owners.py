"""What owners and the platform do to sites: each use case turns a wish into an event and appends it.

Rules: an event is built on the site as it stands, and a lost race is run again on fresh state, unless the caller named
the revision that it had read; nothing but a change of preferences touches the statement; what changes nothing leaves no
event.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from gatepost.core.crawlers import SignatureSet
from gatepost.core.sites import (
    PLATFORM,
    Actor,
    Change,
    Event,
    HostAdded,
    RobotsTxtChanged,
    Site,
    SiteAdded,
    StatementChanged,
    Visibility,
    VisibilityChanged,
    amend,
)
from gatepost.core.wishes import Wish
from gatepost.errors import GatepostError, RevisionConflict, SiteUnknown
from gatepost.ports import Clock, SiteStore
from gatepost.service.new_sites import NewSite, NewSites, check_form, id_taken
from gatepost.service.robots_txt import check_robots_txt

__all__ = ["Owners"]

RETRIES = 2
"""How often a lost race is run again."""


@dataclass(frozen=True)
class Owners:
    """The use cases around sites and their opt-outs."""

    store: SiteStore
    clock: Clock
    signatures: Callable[[], SignatureSet]
    """Gives the signature set that is in force."""

    async def show(self, host: str) -> Site:
        """The site that has ``host``. Raises :class:`SiteUnknown`."""
        site = await self.store.site_by_host(host)
        if site is None:
            raise SiteUnknown(
                f"no site has the host {host}",
                id="site.unknown",
                remedy="Check the spelling, or add the site: gatepost sites add HOST.",
            )
        return site

    async def show_platform(self) -> Site:
        """The platform's own statement, as a site without hosts; at revision 0 when it never said anything."""
        return await self.store.site(PLATFORM) or Site(PLATFORM, hosts=())

    async def add_site(self, hosts: Sequence[str], actor: Actor, id: str | None = None) -> Site:
        """A new site under these site keys, the canonical one first; the id is the first host unless one is given.

        Raises :class:`HostTaken` when another site has a host or the id.
        """
        check_form(hosts, id)
        change = SiteAdded(tuple(dict.fromkeys(hosts)))
        try:
            return await self._append(Site(id or hosts[0], hosts=()), change, actor, "")
        except RevisionConflict as error:
            raise id_taken(id or hosts[0]) from error

    async def add_sites(self, rows: Sequence[NewSite], actor: Actor, reason: str = "") -> Mapping[int, GatepostError]:
        """New sites by the thousand, in transactions of many; the rows that were not taken, by their number from 0.

        The statements are taken as they are: that they touch search has been confirmed.
        """
        new = NewSites(self.store, self.clock.now(), actor, reason)
        await new.add(rows)
        return new.rejected

    async def add_host(self, host_of_site: str, host: str, actor: Actor) -> Site:
        """The site can be reached under one more host. Raises :class:`HostTaken` when another site has it."""
        return await self._change(
            lambda: self.show(host_of_site), lambda site: None if host in site.hosts else HostAdded(host), actor
        )

    async def change_preferences(
        self,
        host: str,
        wishes: Sequence[Wish],
        actor: Actor,
        *,
        search_confirmed: bool = False,
        expected_revision: int | None = None,
        reason: str = "",
    ) -> Site:
        """The site's statement follows the wishes.

        Raises :class:`~gatepost.errors.ConfirmationNeeded` for what touches search and is not confirmed, and
        :class:`RevisionConflict` when the site is no longer at ``expected_revision``.
        """
        return await self._change(
            lambda: self.show(host),
            lambda site: self._amended(site, wishes, search_confirmed),
            actor,
            reason,
            expected_revision,
        )

    async def preview(self, host: str, wishes: Sequence[Wish]) -> Site:
        """The site as the wishes would leave it, if every confirmation were given; nothing is written."""
        site = await self.show(host)
        return replace(site, statement=amend(site.statement, wishes, self.signatures(), search_confirmed=True))

    async def change_platform_preferences(
        self,
        wishes: Sequence[Wish],
        actor: Actor,
        *,
        search_confirmed: bool = False,
        expected_revision: int | None = None,
        reason: str = "",
    ) -> Site:
        """The platform's statement follows the wishes; raises what :meth:`change_preferences` does."""
        return await self._change(
            self.show_platform,
            lambda platform: self._amended(platform, wishes, search_confirmed),
            actor,
            reason,
            expected_revision,
        )

    async def change_visibility(self, host: str, visibility: Visibility, actor: Actor, reason: str = "") -> Site:
        """The site goes public, private or out of service; what its owner said stays as it is."""
        return await self._change(
            lambda: self.show(host),
            lambda site: None if site.visibility is visibility else VisibilityChanged(visibility),
            actor,
            reason,
        )

    async def change_robots_txt(self, host: str, text: str, actor: Actor) -> Site:
        """The owner's own robots.txt is this text. Raises :class:`StatementError` if it is too long or no text."""
        check_robots_txt(text)
        return await self._change(
            lambda: self.show(host),
            lambda site: None if site.robots_txt == text else RobotsTxtChanged(text),
            actor,
        )

    def _amended(self, site: Site, wishes: Sequence[Wish], search_confirmed: bool) -> Change | None:
        statement = amend(site.statement, wishes, self.signatures(), search_confirmed=search_confirmed)
        return None if statement == site.statement else StatementChanged(statement)

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
            _check_revision(site, expected_revision)
            change = decide(site)
            if change is None:
                return site
            try:
                return await self._append(site, change, actor, reason)
            except RevisionConflict:
                if expected_revision is not None or not retries:
                    raise
        raise AssertionError("unreachable: the last run returns or raises")

    async def _append(self, site: Site, change: Change, actor: Actor, reason: str) -> Site:
        event = Event(site.id, site.revision + 1, self.clock.now(), actor, change, reason)
        (changed,) = await self.store.append(event)
        return changed


def _check_revision(site: Site, expected: int | None) -> None:
    if expected is not None and site.revision != expected:
        raise RevisionConflict(
            f"site {site.id!r} is at revision {site.revision}, not at {expected}",
            id="site.revision.conflict",
            remedy="Read the site again, and make the change on what it says now.",
        )
