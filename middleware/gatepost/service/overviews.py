"""What people are told about a site: its state now or at a time, and why something is decided there.

Rules: everything is read, nothing is written; what is told is made by :mod:`gatepost.core` from what the store and the
signature set say, so that a command, the API and a page cannot tell different things.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gatepost.core.consent import confirmation_token, statement_before
from gatepost.core.defaults import defaults_of, id_of, is_default, level_of
from gatepost.core.directives.plain_words import Wording
from gatepost.core.explanation import Explanation, Question, explain
from gatepost.core.licences import Licences
from gatepost.core.matching import Matcher
from gatepost.core.origins import Origins
from gatepost.core.overview import Known, Overview, overview_of
from gatepost.core.own_robots import check_own_robots, closed_to_search
from gatepost.core.partner_view import MOST_DUTIES, PartnerRow, Telling, Told, partner_rows, tellings_of
from gatepost.core.preferences import Level, LevelStatement, PreferenceStatement
from gatepost.core.preview import (
    Consequences,
    Preview,
    Previewed,
    Rendered,
    consequences_of,
    preview_of,
    previewed_documents,
)
from gatepost.core.sites import Event, Site, present, until
from gatepost.core.snapshot import Rendering
from gatepost.core.state import State
from gatepost.core.steps import Step, step_at, steps_of, telling_step
from gatepost.core.wishes import Wish
from gatepost.errors import StoreUnavailable
from gatepost.ports import Store
from gatepost.service.owners import Owners
from gatepost.service.snapshots import Snapshots

__all__ = ["Overviews"]


_REMEMBERED = 1_024
"""Sites whose last overview is kept for when the store does not answer."""


@dataclass(frozen=True)
class Overviews:
    """The use cases that tell."""

    store: Store
    owners: Owners
    snapshots: Snapshots
    _last: dict[str, Origins] = field(default_factory=dict)
    """The last that was told of a site, by the host that was asked for."""

    async def state_of(self, host: str, at: datetime | None = None) -> State:
        """What holds for a host now, or what held or will hold at a time, by the history."""
        site = await self.store.site_by_host(host)
        if at is None:
            return await self.state_of_site(site) if site else State(None, (), self.owners.clock.now())
        known = await self._known([site.id] if site else [], host, at)
        levels = defaults_of(known.region, known.plan) if known else ()
        said = [LevelStatement(level, await self._said(id, at), name) for id, level, name in levels]
        return State(known, said, at)

    async def _known(self, ids: Sequence[str], host: str, at: datetime) -> Site | None:
        """The site that had a host then: the one that has it now, or one of those that gave it up."""
        for id in dict.fromkeys([*ids, *await self.store.former_sites(host)]):
            then = present(until(at, await self.store.history(id)))
            if then and host in then.hosts:
                return then
        return None

    async def _said(self, id: str, at: datetime) -> PreferenceStatement:
        """What the platform, a region or a plan said then."""
        default = present(until(at, await self.store.history(id)))
        return default.statement if default else PreferenceStatement()

    async def state_of_subject(self, key: str) -> State:
        """A site by its host; or the platform, a region or a plan, as a site under it that says nothing of its own.

        Raises :class:`~gatepost.errors.SiteUnknown`.
        """
        if not is_default(key):
            return await self.state_of_site(await self.owners.show(key))
        default = await self.owners.show_default(key)
        level, name = level_of(key)
        own = LevelStatement(level, default.statement, name)
        return State(default, [*await self.owners.levels_above(default), own], self.owners.clock.now())

    async def state_of_site(self, site: Site) -> State:
        """What holds for a site as it is given."""
        return State(site, await self.owners.levels_above(site), self.owners.clock.now())

    async def origins_of(self, state: State) -> Origins:
        """What is known of the origins of a state's values."""
        ids = {level.level: id_of(level.level, level.name) for level in state.above}
        if state.own is not None:
            ids[Level.SITE] = state.subject.id
        return Origins(state, {level: await self.store.history(id) for level, id in ids.items()})

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

    async def rendering_of(self, state: State, asked: str = "") -> Rendering:
        """What the directives say in that state; ``asked`` is the host where no site has it."""
        host, own = (state.site.host, state.site.robots_txt) if state.site and state.site.hosts else ("", "")
        return await self.snapshots.renderings.trial(state.policy, own, host, self._matcher(state, asked))

    def _matcher(self, state: State, host: str = "") -> Matcher:
        """The signatures that are in force for a site, or for a host that no site has."""
        return self.snapshots.recognition.of(state.site.id if state.site else host)

    async def explain(self, question: Question, wishes: Sequence[Wish] = ()) -> Explanation:
        """What is decided about a request, and why; with wishes, what would be if they were made.

        Wishes are looked at in the step that :meth:`preview` tells of, whose time the question of the answer bears;
        since when something holds is not told then, as no history knows it. Raises
        :class:`~gatepost.errors.StatementError`.
        """
        state = await self.state_of(question.host, question.at)
        if wishes:
            steps, step = await self._stepped(state, wishes, question.at)
            question = question if step is steps[0] else replace(question, at=step.after.at)
            told = Origins(step.after, {})
        else:
            told = await self.origins_of(state)
        matcher = self._matcher(told.state, question.host)
        licences = Licences(await self.store.partners())
        return explain(question, told, await self.rendering_of(told.state, question.host), matcher, licences)

    async def _stepped(
        self, before: State, wishes: Sequence[Wish], at: datetime | None, own_file: str | None = None
    ) -> tuple[Sequence[Step], Step]:
        """The steps in which wishes come true, and the one in which ``at`` falls; without it, the first that tells."""
        after = replace(before, site=self.owners.amended(before.subject, wishes)) if wishes else before
        if own_file is not None:
            check_own_robots(own_file)
            after = replace(after, site=replace(after.subject, robots_txt=own_file))
        change = Step(before, after)
        steps = await asyncio.to_thread(steps_of, change)
        return steps, telling_step(change, steps) if at is None else step_at(steps, at)

    async def overview(self, host: str) -> Overview:
        """All that an owner is told about the site that has ``host``.

        While the store does not answer, the last that this worker told of it, and that nothing can be changed; raises
        :class:`~gatepost.errors.StoreUnavailable` where there is no such, and :class:`~gatepost.errors.SiteUnknown`.
        """
        try:
            told = await self.origins_of(await self.state_of_subject(host))
        except StoreUnavailable:
            if host not in self._last:
                raise
            return await self._overview(_now(self._last[host], self.owners.clock.now()), answers=False)
        if len(self._last) >= _REMEMBERED:
            self._last.clear()
        self._last[host] = told
        return await self._overview(told, answers=True)

    async def _overview(self, told: Origins, *, answers: bool) -> Overview:
        live = [host for host in told.state.subject.hosts if await self._answers_by(told.state, host)]
        rendering = await self.rendering_of(told.state)
        known = Known(told, rendering, self._matcher(told.state), frozenset(live), answers)
        return await asyncio.to_thread(overview_of, known)

    async def _answers_by(self, state: State, host: str) -> bool:
        """Whether this worker answers at a host by what the site says now."""
        try:
            snapshot = await self.snapshots.visit(host)
        except StoreUnavailable:
            return False
        return (snapshot.rendering.policy, snapshot.own_robots) == (state.policy, state.subject.robots_txt)

    async def preview(
        self,
        host: str,
        wishes: Sequence[Wish],
        at: datetime | None = None,
        wording: Wording | None = None,
        *,
        own_file: str | None = None,
    ) -> Preview:
        """What the wishes, and another own robots.txt, would come to for a site, with all that the wishes need
        confirmed.

        Told is the step in which ``at`` falls; without it, the first one at which the wishes make a difference.
        ``wording`` are other words than English for the policy in plain words. Raises
        :class:`~gatepost.errors.SiteUnknown` and :class:`~gatepost.errors.StatementError`.
        """
        before = await self.state_of_subject(host)
        steps, step = await self._stepped(before, wishes, at, own_file)
        rendered = Rendered(
            step,
            await self.rendering_of(step.before),
            await self.rendering_of(step.after),
            self._matcher(before).signatures,
            self.snapshots.renderings.addresses(before.subject.host if before.subject.hosts else ""),
            wording,
        )
        preview = await asyncio.to_thread(preview_of, steps, rendered)
        return replace(preview, tellings=await self._tellings(step))

    async def _tellings(self, step: Step) -> tuple[Telling, ...]:
        """What data partners will be told by a step."""
        then, now = step.before.policy, step.after.policy
        if is_default(step.after.subject.id) or then == now:
            return ()
        site = step.after.subject.id
        told = Told(await self.store.knowing(site), await self.store.site_wide_duties(site))
        return tellings_of(await self.store.partners(), told, then, now, step.after.at)

    async def partners_of(self, host: str) -> Sequence[PartnerRow]:
        """The data partners, as the owner of the site that has ``host`` sees them.

        Raises :class:`~gatepost.errors.SiteUnknown`.
        """
        state = await self.state_of_subject(host)
        told = await self.store.duties_by_partner(state.subject.id, MOST_DUTIES)
        signatures = self._matcher(state).signatures
        return partner_rows(await self.store.partners(), told, state.policy, signatures, state.at)

    async def consequences(self, key: str, wishes: Sequence[Wish]) -> Consequences:
        """What has to be confirmed before a site, by its host, or a default follows the wishes.

        Raises :class:`~gatepost.errors.SiteUnknown` and :class:`~gatepost.errors.StatementError`.
        """
        state = await self._asked(key)
        wanted = self.owners.amended(state.subject, wishes).statement
        return await asyncio.to_thread(consequences_of, state, wanted, self._matcher(state).signatures)

    async def consequences_of_undo(self, key: str) -> Consequences:
        """What has to be confirmed before the last change of a statement is taken back.

        Raises :class:`~gatepost.errors.StatementError` when there is nothing to take back, or for too long.
        """
        state = await self._asked(key)
        before, _ = statement_before(await self.store.history(state.subject.id), self.owners.clock.now())
        return await asyncio.to_thread(consequences_of, state, before, self._matcher(state).signatures)

    async def consequences_of_own_file(self, key: str, text: str) -> Consequences:
        """What has to be confirmed before a site's own robots.txt is ``text``."""
        site, signatures = (await self.state_of_subject(key)).subject, self.owners.signatures()
        touched = await asyncio.to_thread(closed_to_search, site.robots_txt, text, signatures)
        return Consequences((), tuple(touched), confirmation_token(site, site.statement))

    async def _asked(self, key: str) -> State:
        """A site or a default as it is asked for consent: under the levels above it, and not among them."""
        return await self.state_of_site((await self.state_of_subject(key)).subject)

    async def preview_documents(
        self, host: str, wishes: Sequence[Wish], at: datetime | None = None, wording: Wording | None = None
    ) -> Sequence[Previewed]:
        """The documents alone, now or at a time, in the order of :class:`~gatepost.core.preview.Format`."""
        present = await self.state_of_subject(host)
        before = present if at is None else await self.state_of(host, at)
        after = replace(before, site=self.owners.amended(present.subject, wishes)) if wishes else before
        renderings = await self.rendering_of(before), await self.rendering_of(after)
        return previewed_documents(renderings, self.snapshots.renderings.addresses(present.subject.host), wording)


def _now(told: Origins, now: datetime) -> Origins:
    """The same at a later time, as what is said for a time goes on."""
    return replace(told, state=replace(told.state, at=now))
