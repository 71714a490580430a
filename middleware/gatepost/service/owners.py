"""What owners and the platform do to sites: each use case turns a wish into an event and appends it.

Rules: an event is built on the site as it stands, and a lost race is run again on fresh state, unless the caller named
the revision that it had read; nothing but a change of preferences touches the statement; what changes nothing leaves no
event; what allows more than before, now or at a date, is confirmed by somebody who may (``core/consent``).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from gatepost.core.consent import Act, check_consent, statement_before, widened_from
from gatepost.core.crawlers import SignatureSet
from gatepost.core.defaults import defaults_of
from gatepost.core.own_robots import check_own_robots, check_own_search
from gatepost.core.preferences import LevelStatement, PreferenceStatement
from gatepost.core.schedules import without_past
from gatepost.core.search import check_search
from gatepost.core.sites import (
    PLATFORM,
    Actor,
    Change,
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
from gatepost.core.wishes import Wish, check_ahead
from gatepost.errors import ConfirmationNeeded, GatepostError, RevisionConflict
from gatepost.service.new_sites import NewSite, NewSites, check_form, id_taken
from gatepost.service.site_changes import BY_ID, SiteChanges

__all__ = ["BY_ID", "Owners", "confirmed"]


@dataclass(frozen=True)
class Owners(SiteChanges):
    """The use cases around sites and their opt-outs; those around hosts are :class:`SiteChanges`' own."""

    signatures: Callable[[], SignatureSet]
    """Gives the signature set that is in force."""

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

    async def add_sites(
        self, rows: Sequence[NewSite], actor: Actor, reason: str = "", *, search_confirmed: bool = False
    ) -> Mapping[int, GatepostError]:
        """New sites by the thousand, in transactions of many; the rows that were not taken, by their number from 0.

        The statements are taken as they are: that they touch search has been confirmed. An own robots.txt is taken as
        :meth:`change_robots_txt` takes it.
        """
        check = partial(check_own_search, "", signatures=self.signatures(), confirmed=search_confirmed)
        new = NewSites(self.store, self.clock.now(), actor, reason, check)
        await new.add(rows)
        return new.rejected

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
        """A site or a default as the wishes would leave it, if every confirmation were given; nothing is written.

        Raises :class:`StatementError`.
        """
        now = self.clock.now()
        check_ahead(wishes, now)
        said = without_past(site.statement, now)
        return replace(site, statement=amend(said, wishes, self.signatures(), search_confirmed=True))

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
        now, signatures = self.clock.now(), self.signatures()
        opens = (widened_from(now, (one, before), (one, after), signatures) for one in (site, silent))
        kept = tuple(before) if any(opens) else ()
        change = PlacementChanged(moved.region, moved.plan, kept)
        return await self._change(
            lambda: self.show(host),
            lambda fresh: None if (moved.region, moved.plan) == (fresh.region, fresh.plan) else change,
            actor,
            reason,
            site.revision,
        )

    async def keep(self, host: str, floor: tuple[LevelStatement, ...], actor: Actor, reason: str = "") -> Site:
        """The site keeps what levels above it said elsewhere, as after a move: a floor, which opens nothing."""
        return await self._change(
            lambda: self.show(host),
            lambda site: None if floor in site.kept else PlacementChanged(site.region, site.plan, floor),
            actor,
            reason,
        )

    async def change_owner(self, host: str, owner: str, actor: Actor, reason: str = "") -> Site:
        """The site belongs to somebody else, who takes it over with everything that was said."""
        return await self._change(lambda: self.show(host), lambda site: OwnerChanged(owner), actor, reason)

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
        return await self._undo(lambda: self.show(host), Act(actor, reason, search_confirmed, confirmation))

    async def undo_default(self, id: str, act: Act) -> Site:
        """The same for the platform, a region or a plan, by the id of its statement."""
        return await self._undo(lambda: self.show_default(id), act)

    async def _undo(self, read: Callable[[], Awaitable[Site]], act: Act) -> Site:
        site = await read()
        before, revision = statement_before(await self.store.history(site.id), self.clock.now())
        above = await self.levels_above(site)
        return await self._change(
            read,
            lambda fresh: self._said(fresh, before, above, act),
            act.actor,
            f"undo of revision {revision}" + (f": {act.reason}" if act.reason else ""),
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

    async def change_robots_txt(
        self, host: str, text: str, actor: Actor, reason: str = "", *, search_confirmed: bool = False
    ) -> Site:
        """The owner's own robots.txt is this text.

        Raises :class:`StatementError` if it is too long or no text, and :class:`~gatepost.errors.ConfirmationNeeded`
        for what closes the site to search and is not confirmed.
        """
        check_own_robots(text)
        return await self._change(
            lambda: self.show(host), lambda site: self._own_file(site, text, search_confirmed), actor, reason
        )

    async def check_robots_txt(self, host: str, text: str, *, search_confirmed: bool = False) -> None:
        """Raises what :meth:`change_robots_txt` would; nothing is written."""
        check_own_robots(text)
        self._own_file(await self.show(host), text, search_confirmed)

    def _own_file(self, site: Site, text: str, search_confirmed: bool) -> Change | None:
        if site.robots_txt == text:
            return None
        check_own_search(site.robots_txt, text, self.signatures(), search_confirmed)
        return RobotsTxtChanged(text)

    async def _change_statement(
        self, read: Callable[[], Awaitable[Site]], wishes: Sequence[Wish], act: Act, expected_revision: int | None
    ) -> Site:
        above = await self.levels_above(await read())
        return await self._change(
            read, lambda site: self._amended(site, wishes, above, act), act.actor, act.reason, expected_revision
        )

    def _amended(self, site: Site, wishes: Sequence[Wish], above: Sequence[LevelStatement], act: Act) -> Change | None:
        now = self.clock.now()
        check_ahead(wishes, now)
        said = without_past(site.statement, now)
        statement = amend(said, wishes, self.signatures(), search_confirmed=act.search_confirmed)
        return self._said(site, statement, above, act)

    def _said(
        self, site: Site, statement: PreferenceStatement, above: Sequence[LevelStatement], act: Act
    ) -> Change | None:
        now = self.clock.now()
        before, after = (without_past(one, now) for one in (site.statement, statement))
        if after == before:
            return None
        check_search(before, after, self.signatures(), act.search_confirmed)
        check_consent(site, after, above, act, self.signatures(), now)
        return StatementChanged(after)


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
