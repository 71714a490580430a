"""A change of one site or of the platform, made, and told by what it comes to: who is asked and refused from now on."""

import shlex
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.core.consent import Act
from gatepost.core.crawlers import Crawler, SignatureSet
from gatepost.core.defaults import is_default, level_of
from gatepost.core.policy import Action, SitePolicy
from gatepost.core.sites import Actor, Site, Visibility
from gatepost.core.state import State, wishes_of
from gatepost.core.wishes import Wish, read_wish
from gatepost.errors import ConfirmationNeeded, GatepostError
from gatepost.service.owners import BY_ID, Owners, confirmed

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["HostWishes", "SiteChange", "Undo", "noticed_lines"]


@dataclass(frozen=True)
class HostWishes:
    """Hosts that a site is to take, to be known by, and to give up."""

    added: Sequence[str]
    removed: Sequence[str]
    canonical: str | None

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.canonical)

    async def apply(self, owners: Owners, key: str, actor: Actor, reason: str) -> None:
        """Make the changes, the canonical host before any goes, so that it may be the one that was canonical."""
        for host in self.added:
            await owners.add_host(key, host, actor, reason)
        if self.canonical is not None:
            await owners.make_canonical(key, self.canonical, actor, reason)
        for host in self.removed:
            await owners.remove_host(key, host, actor, reason)


@dataclass(frozen=True)
class SiteChange:
    """What ``gatepost sites set`` is asked for."""

    key: str
    """A host, :data:`~gatepost.service.owners.BY_ID` and an id, or :data:`~gatepost.core.sites.PLATFORM`."""
    actor: Actor
    reason: str
    wishes: Sequence[str]
    hosts: HostWishes
    visibility: Visibility | None
    robots_txt: str | None
    search_confirmed: bool
    expected_revision: int | None
    confirmation: str = ""
    """The token of a widening that was asked for before."""
    asked_already: bool = False
    """Whether a widening needs no token, as whoever calls has asked."""
    region: str | None = None
    plan: str | None = None
    owner: str | None = None

    async def make(self, gate: "Gate") -> Sequence[str]:
        """Make the change, and tell in lines what it comes to."""
        self._check_subject()
        before = await gate.overviews.state_of_subject(self.key)
        await self._apply(gate)
        # From here on by its id: the host by which it was named may be one that it gives up.
        key = self.key if is_default(self.key) else BY_ID + before.subject.id
        await self.hosts.apply(gate.owners, key, self.actor, self.reason)
        after = await gate.overviews.state_of_subject(key)
        revision = after.subject.revision
        if revision == before.subject.revision:
            return [f"{subject_name(self.key)}: nothing to change; revision {revision}"]
        return [subject_name(self.key), *effect_lines(before, after, gate.signatures), f"revision {revision}"]

    def _check_subject(self) -> None:
        others = (self.visibility, self.hosts, self.owner, self.robots_txt is not None)
        if is_default(self.key) and any(others):
            raise GatepostError(
                "a platform, region or plan has stances only: no hosts, owner, visibility or robots.txt",
                id="sites.set.platform",
                remedy="Name a host, or leave the other option out.",
            )

    async def _apply(self, gate: "Gate") -> None:
        """The statement first, since an opt-out must not wait for the rest; but nothing at all where the own robots.txt
        is refused."""
        owners, key = gate.owners, self.key
        if self.robots_txt is not None:
            await owners.check_robots_txt(key, self.robots_txt, search_confirmed=self.search_confirmed)
        await self._say(gate)
        if self.visibility is not None:
            await owners.change_visibility(key, self.visibility, self.actor, self.reason)
        if self.robots_txt is not None:
            await owners.change_robots_txt(key, self.robots_txt, self.actor, search_confirmed=self.search_confirmed)
        if self.region is not None or self.plan is not None:
            await owners.change_placement(key, self.actor, region=self.region, plan=self.plan, reason=self.reason)
        if self.owner is not None:
            await owners.change_owner(key, self.owner, self.actor, self.reason)

    async def _say(self, gate: "Gate") -> Site:
        wishes = [read_wish(wish, gate.signatures) for wish in self.wishes]

        async def change(confirmation: str = "") -> Site:
            return await self._say_confirmed(gate.owners, wishes, confirmation)

        words = [*subject_words(self.key), *self.wishes, "--actor", f"{self.actor.kind}:{self.actor.name}"]
        return await _asking(change, self.confirmation, self.asked_already, ["set", *words, *_because(self.reason)])

    async def _say_confirmed(self, owners: Owners, wishes: Sequence[Wish], token: str) -> Site:
        if is_default(self.key):
            act = Act(self.actor, self.reason, self.search_confirmed, token)
            return await owners.change_default_preferences(self.key, wishes, act, self.expected_revision)
        return await owners.change_preferences(
            self.key,
            wishes,
            self.actor,
            search_confirmed=self.search_confirmed,
            confirmation=token,
            expected_revision=self.expected_revision,
            reason=self.reason,
        )


@dataclass(frozen=True)
class Undo:
    """What ``gatepost sites undo`` is asked for."""

    key: str
    """As in :class:`SiteChange`."""
    actor: Actor
    reason: str
    search_confirmed: bool
    confirmation: str
    asked_already: bool

    async def make(self, gate: "Gate") -> Sequence[str]:
        """Put the statement back, and tell in lines what it comes to."""
        before = await gate.overviews.state_of_subject(self.key)

        async def change(confirmation: str = "") -> Site:
            return await self._undo(gate.owners, confirmation)

        words = [*subject_words(self.key), "--actor", f"{self.actor.kind}:{self.actor.name}"]
        await _asking(change, self.confirmation, self.asked_already, ["undo", *words, *_because(self.reason)])
        after = await gate.overviews.state_of_subject(self.key)
        lines = effect_lines(before, after, gate.signatures)
        return [subject_name(self.key), *lines, f"revision {after.subject.revision}"]

    async def _undo(self, owners: Owners, token: str) -> Site:
        act = Act(self.actor, self.reason, self.search_confirmed, token)
        if is_default(self.key):
            return await owners.undo_default(self.key, act)
        return await owners.undo(
            self.key, self.actor, search_confirmed=self.search_confirmed, confirmation=token, reason=self.reason
        )


async def _asking(change: Callable[..., Awaitable[Site]], token: str, asked_already: bool, line: Sequence[str]) -> Site:
    """Make a change that may need a confirmation; who is asked for one is given the line to repeat."""
    try:
        return await (confirmed(change) if asked_already else change(confirmation=token))
    except ConfirmationNeeded as asked:
        if not asked.token:
            raise
        again = shlex.join([*line, "--confirm", asked.token])
        raise ConfirmationNeeded(
            str(asked), id=asked.id, remedy=f"If that is meant, repeat: gatepost sites {again}", token=asked.token
        ) from None


def _because(reason: str) -> Sequence[str]:
    return ["--reason", reason] if reason else []


def subject_name(key: str) -> str:
    """Whom a change is about."""
    return "sites that say nothing of their own" if is_default(key) else key.removeprefix(BY_ID)


def subject_words(key: str) -> Sequence[str]:
    """How a site or a default is named on the command line."""
    if key.startswith(BY_ID):
        return ["--id", key.removeprefix(BY_ID)]
    level, name = level_of(key)
    return [f"--{level}", *([name] if name else [])] if is_default(key) else [key]


def effect_lines(before: State, after: State, signatures: SignatureSet) -> Iterable[str]:
    """What was said and is not, what is said now, and which crawlers notice it where no path exception holds."""
    then, now = (_said(state) for state in (before, after))
    yield from (f"  - {wish}" for wish in then if wish not in now)
    yield from (f"  + {wish}" for wish in now if wish not in then)
    yield from noticed_lines(before.policy, after.policy, signatures)


def noticed_lines(then: SitePolicy, now: SitePolicy, signatures: SignatureSet) -> Iterable[str]:
    """Which crawlers are treated otherwise where no path exception holds, and how."""
    for treatment, crawlers in _noticed(then, now, signatures).items():
        yield f"{_named(crawlers)} now {treatment}."


def _said(state: State) -> Sequence[str]:
    site = state.subject
    own = [f"own robots.txt of {len(site.robots_txt.splitlines())} lines"] if site.robots_txt else []
    placed = [f"region {site.region}"] * bool(site.region) + [f"plan {site.plan}"] * bool(site.plan)
    return [*site.hosts, *wishes_of(site.statement), f"visibility {site.visibility}", *placed, *own]


def _noticed(then: SitePolicy, now: SitePolicy, signatures: SignatureSet) -> Mapping[str, Sequence[Crawler]]:
    """The crawlers that are treated otherwise than before, by how."""
    noticed: dict[str, list[Crawler]] = {}
    for crawler in signatures.crawlers:
        treatment = _treatment(now, crawler)
        if treatment != _treatment(then, crawler):
            noticed.setdefault(treatment, []).append(crawler)
    return noticed


_TREATMENTS = {
    Action.ALLOW: "neither asked nor refused",
    Action.TAG: "asked",
    Action.THROTTLE: "slowed down",
    Action.LICENSE: "asked, and refused without a licence",
    Action.BLOCK: "asked and refused",
}


def _treatment(policy: SitePolicy, crawler: Crawler) -> str:
    """Asked is robots.txt, refused is HTTP, where a name that exists in robots.txt alone never comes."""
    ruling = policy.ruling(crawler, policy.everywhere)
    return _TREATMENTS[Action.TAG if ruling.denied and crawler.robots_only else ruling.action]


def _named(crawlers: Sequence[Crawler]) -> str:
    others = len(crawlers) - 1
    if not others:
        return f"{crawlers[0].name} is"
    return f"{crawlers[0].name} and {others} other crawler{'s' if others > 1 else ''} are"
