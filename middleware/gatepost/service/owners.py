"""What owners and the platform do to sites: each use case turns a wish into an event and appends it.

Rules: an event is built on the site as it stands, and a lost race is run again on fresh state, unless the caller named
the revision that it had read; nothing but a change of preferences touches the statement; what changes nothing leaves no
event; what allows more than before is confirmed by somebody who may (``core/consent``).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from gatepost.core.consent import Act, check_consent, statement_before, widened
from gatepost.core.crawlers import SignatureSet
from gatepost.core.defaults import defaults_of
from gatepost.core.levels import preferences_of
from gatepost.core.own_robots import check_own_robots
from gatepost.core.preferences import LevelStatement, PreferenceStatement
from gatepost.core.search import check_search
from gatepost.core.sites import (
    PLATFORM,
    Actor,
    CanonicalHostChanged,
    Change,
    Event,
    HostAdded,
    HostRemoved,
    OwnerChanged,
    PlacementChanged,
    RobotsTxtChanged,
    Site,
    SiteAdded,
    StatementChanged,
    Visibility,
    VisibilityChanged,
    amend,
)
from gatepost.core.wishes import Wish
from gatepost.errors import ConfirmationNeeded, GatepostError, RevisionConflict, SiteUnknown, StatementError
from gatepost.ports import Clock, SiteStore
from gatepost.service.new_sites import NewSite, NewSites, check_form, id_taken

__all__ = ["Owners", "confirmed"]

RETRIES = 2
"""How often a lost race is run again."""


@dataclass(frozen=True)
class Owners:
    """The use cases around sites and their opt-outs."""

    store: SiteStore
    clock: Clock
    signatures: Callable[[], SignatureSet]
    """Gives the signature set that is in force."""
    site: str | None = None
    """The id of the only site that is changed; ``None`` is any. See :meth:`only_at`."""
    revision: int | None = None
    """The only revision at which it is changed, likewise."""

    def only_at(self, revision: int | None, site: str | None = None) -> "Owners":
        """The same use cases at one revision, for one site by its id, whoever has the host that is named meanwhile.

        Every change of another site raises :class:`SiteUnknown`, and at another revision :class:`RevisionConflict`.
        """
        return replace(self, site=site, revision=revision)

    async def show(self, host: str) -> Site:
        """The site that has ``host``. Raises :class:`SiteUnknown`."""
        site = await self.store.site_by_host(host)
        if site is None:
            raise _unknown(host)
        return site

    async def show_platform(self) -> Site:
        """The platform's own statement, as a site without hosts; at revision 0 when it never said anything."""
        return await self.show_default(PLATFORM)

    async def show_default(self, id: str) -> Site:
        """The same for the platform, a region or a plan, by the id of its statement."""
        return await self.store.site(id) or Site(id, hosts=())

    async def levels_above(self, site: Site) -> Sequence[LevelStatement]:
        """What the levels above a site say, the widest first; above a region or a plan is the platform."""
        if site.id == PLATFORM:
            return ()
        return [
            LevelStatement(level, (await self.show_default(id)).statement, name)
            for id, level, name in defaults_of(site.region, site.plan)
        ]

    async def add_site(
        self, hosts: Sequence[str], actor: Actor, id: str | None = None, *, region: str = "", plan: str = ""
    ) -> Site:
        """A new site under these site keys, the canonical one first; the id is the first host unless one is given.

        Raises :class:`HostTaken` when another site has a host or the id.
        """
        check_form(hosts, id)
        change = SiteAdded(tuple(dict.fromkeys(hosts)), region, plan)
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

    async def add_host(self, host_of_site: str, host: str, actor: Actor, reason: str = "") -> Site:
        """The site can be reached under one more host. Raises :class:`HostTaken` when another site has it."""
        return await self._change(
            lambda: self.show(host_of_site), lambda site: None if host in site.hosts else HostAdded(host), actor, reason
        )

    async def change_preferences(
        self,
        host: str,
        wishes: Sequence[Wish],
        actor: Actor,
        *,
        search_confirmed: bool = False,
        confirmation: str = "",
        expected_revision: int | None = None,
        reason: str = "",
    ) -> Site:
        """The site's statement follows the wishes.

        Raises :class:`~gatepost.errors.ConfirmationNeeded` for what touches search and is not confirmed, and for what
        allows more than before without the ``confirmation`` that the error names; :class:`StatementError` when the
        actor may not allow more; :class:`RevisionConflict` when the site is no longer at ``expected_revision``.
        """
        act = Act(actor, reason, search_confirmed, confirmation)
        return await self._change_statement(lambda: self.show(host), wishes, act, expected_revision)

    async def preview(self, host: str, wishes: Sequence[Wish]) -> Site:
        """The site that has ``host`` as the wishes would leave it; see :meth:`amended`."""
        return self.amended(await self.show(host), wishes)

    def amended(self, site: Site, wishes: Sequence[Wish]) -> Site:
        """The site as the wishes would leave it, if every confirmation were given; nothing is written.

        Raises :class:`StatementError`.
        """
        return replace(site, statement=amend(site.statement, wishes, self.signatures(), search_confirmed=True))

    async def change_platform_preferences(
        self,
        wishes: Sequence[Wish],
        actor: Actor,
        *,
        search_confirmed: bool = False,
        confirmation: str = "",
        expected_revision: int | None = None,
        reason: str = "",
    ) -> Site:
        """The platform's statement follows the wishes; raises what :meth:`change_preferences` does."""
        act = Act(actor, reason, search_confirmed, confirmation)
        return await self.change_default_preferences(PLATFORM, wishes, act, expected_revision)

    async def change_default_preferences(
        self, id: str, wishes: Sequence[Wish], act: Act, expected_revision: int | None = None
    ) -> Site:
        """The same for the platform, a region or a plan, by the id of its statement."""
        return await self._change_statement(lambda: self.show_default(id), wishes, act, expected_revision)

    async def change_placement(
        self, host: str, actor: Actor, *, region: str | None = None, plan: str | None = None, reason: str = ""
    ) -> Site:
        """The site comes to another region or plan; an empty name is none.

        It keeps what is stricter there before, until its owner says otherwise.
        """
        site = await self.show(host)
        moved = replace(site, region=_or(region, site.region), plan=_or(plan, site.plan))
        before, after = await self.levels_above(site), await self.levels_above(moved)
        silent = replace(site, statement=PreferenceStatement())  # as its owner may leave it one day
        pairs = ((preferences_of(one, before), preferences_of(one, after)) for one in (site, silent))
        kept = tuple(before) if any(widened(*pair, self.signatures()) for pair in pairs) else ()
        change = PlacementChanged(moved.region, moved.plan, kept)
        return await self._change(
            lambda: self.show(host),
            lambda fresh: None if (moved.region, moved.plan) == (fresh.region, fresh.plan) else change,
            actor,
            reason,
            site.revision,
        )

    async def change_owner(self, host: str, owner: str, actor: Actor, reason: str = "") -> Site:
        """The site belongs to somebody else, who takes it over with everything that was said."""
        return await self._change(lambda: self.show(host), lambda site: OwnerChanged(owner), actor, reason)

    async def make_canonical(self, host: str, actor: Actor, reason: str = "") -> Site:
        """One of a site's hosts becomes the canonical one."""
        return await self._change(
            lambda: self.show(host),
            lambda site: None if site.host == host else CanonicalHostChanged(host),
            actor,
            reason,
        )

    async def remove_host(self, host: str, actor: Actor, reason: str = "") -> Site:
        """The site can no longer be reached under a host. Raises :class:`StatementError` for its last one."""
        return await self._change(lambda: self.show(host), lambda site: _without(site, host), actor, reason)

    async def undo(
        self,
        host: str,
        actor: Actor,
        *,
        search_confirmed: bool = False,
        confirmation: str = "",
        reason: str = "",
    ) -> Site:
        """The site says again what it said before the last change of its statement; undone twice, it is done again.

        Raises what :meth:`change_preferences` does, as undoing a no is saying yes; and :class:`StatementError` when
        there is nothing to undo, or for longer than 30 days.
        """
        site = await self.show(host)
        before, revision = statement_before(await self.store.history(site.id), self.clock.now())
        act = Act(actor, reason, search_confirmed, confirmation)
        above = await self.levels_above(site)
        return await self._change(
            lambda: self.show(host),
            lambda fresh: self._said(fresh, before, above, act),
            actor,
            f"undo of revision {revision}" + (f": {reason}" if reason else ""),
            site.revision,  # what is undone is the change that was the last when it was asked for
        )

    async def change_visibility(self, host: str, visibility: Visibility, actor: Actor, reason: str = "") -> Site:
        """The site goes public, private or out of service; what its owner said stays as it is."""
        return await self._change(
            lambda: self.show(host),
            lambda site: None if site.visibility is visibility else VisibilityChanged(visibility),
            actor,
            reason,
        )

    async def change_robots_txt(self, host: str, text: str, actor: Actor, reason: str = "") -> Site:
        """The owner's own robots.txt is this text. Raises :class:`StatementError` if it is too long or no text."""
        check_own_robots(text)
        return await self._change(
            lambda: self.show(host),
            lambda site: None if site.robots_txt == text else RobotsTxtChanged(text),
            actor,
            reason,
        )

    async def _change_statement(
        self, read: Callable[[], Awaitable[Site]], wishes: Sequence[Wish], act: Act, expected_revision: int | None
    ) -> Site:
        above = await self.levels_above(await read())
        return await self._change(
            read, lambda site: self._amended(site, wishes, above, act), act.actor, act.reason, expected_revision
        )

    def _amended(self, site: Site, wishes: Sequence[Wish], above: Sequence[LevelStatement], act: Act) -> Change | None:
        statement = amend(site.statement, wishes, self.signatures(), search_confirmed=act.search_confirmed)
        return self._said(site, statement, above, act)

    def _said(
        self, site: Site, statement: PreferenceStatement, above: Sequence[LevelStatement], act: Act
    ) -> Change | None:
        if statement == site.statement:
            return None
        check_search(site.statement, statement, self.signatures(), act.search_confirmed)
        check_consent(site, statement, above, act, self.signatures())
        return StatementChanged(statement)

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
            if self.site is not None and site.id != self.site:
                raise _unknown(host=site.host)
            _check_revision(site, self.revision)
            _check_revision(site, expected_revision)
            change = decide(site)
            if change is None:
                return site
            try:
                return await self._append(site, change, actor, reason)
            except RevisionConflict:
                if not retries or expected_revision is not None or self.revision is not None:
                    raise
        raise AssertionError("unreachable: the last run returns or raises")

    async def _append(self, site: Site, change: Change, actor: Actor, reason: str) -> Site:
        event = Event(site.id, site.revision + 1, self.clock.now(), actor, change, reason)
        (changed,) = await self.store.append(event)
        return changed


async def confirmed(change: Callable[..., Awaitable[Site]]) -> Site:
    """Make a change whose author has been asked already: ``change`` is called again with the ``confirmation`` that it
    asks for.

    >>> await confirmed(partial(owners.change_preferences, host, wishes, actor))
    """
    try:
        return await change()
    except ConfirmationNeeded as asked:
        if not asked.token:
            raise
        return await change(confirmation=asked.token)


def _or(name: str | None, before: str) -> str:
    return before if name is None else name


def _without(site: Site, host: str) -> Change:
    if len(site.hosts) == 1:
        raise StatementError(
            f"{host} is the only host of site {site.id!r}",
            id="site.host.last",
            remedy="Add another host first, or make the site deleted (--visibility deleted).",
        )
    return HostRemoved(host)


def _unknown(host: str) -> SiteUnknown:
    return SiteUnknown(
        f"no site has the host {host}",
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
