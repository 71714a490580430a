"""Which snapshot answers for a host, in this worker.

Rules: a request looks up and waits for nothing but the first visit of a host that no cache holds; a site that changes
is made ready aside and then swapped; a store that does not answer changes nothing that is held; memory is bounded
whatever hosts strangers name.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Coroutine, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from gatepost.core.crawlers import SignatureSet
from gatepost.core.defaults import defaults_of, is_default
from gatepost.core.directives.vocabulary import Addresses
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import LevelStatement, Preferences, PreferenceStatement
from gatepost.core.sites import PLATFORM, Site, Visibility
from gatepost.core.snapshot import Rendering, SiteSnapshot, needs_host, policy_of, render
from gatepost.errors import StoreError
from gatepost.ports import SiteStore

__all__ = ["SingleFlight", "Snapshots"]

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")

_HELD = 80_000
"""Hosts a generation of the cache holds; two generations are kept."""
_UNKNOWN_HELD = 10_000
"""Hosts that no site has, likewise."""

_READ_AT_ONCE = 8
"""Hosts that the store is asked for at the same time; strangers may name any number."""

_READ_TOGETHER = 500
"""Changed sites that the store is asked for in one call."""

_POLL_SECONDS = 5.0
"""Between two looks at the store without a hint; a lost hint delays a change by no more."""

_CROWD_SECONDS = 0.05
_AGAIN_SECONDS = 1.0

_dice = random.SystemRandom()
_log = logging.getLogger("gatepost.snapshots")


def _unheard(rendering: Rendering, own_robots: str, host: str) -> None:
    """Nobody writes down what is rendered."""


@dataclass
class Snapshots:
    """The snapshots of one worker. ``addresses`` gives the addresses of a host's documents; ``rendered`` is told what
    is rendered."""

    store: SiteStore
    signatures: SignatureSet
    addresses: Callable[[str], Addresses]
    rendered: Callable[[Rendering, str, str], None] = _unheard
    _position: int = field(default=0, init=False)
    _defaults: dict[str, PreferenceStatement] = field(default_factory=dict, init=False)
    _ready: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._held = _Generations(_HELD)
        self._before = _Generations(_HELD)
        self._heard = 0
        self._unknown = _Generations(_UNKNOWN_HELD)
        self._policies: WeakValueDictionary[tuple[Preferences, Visibility], SitePolicy] = WeakValueDictionary()
        self._renderings: WeakValueDictionary[tuple[SitePolicy, str, str], Rendering] = WeakValueDictionary()
        self._visits: SingleFlight[str, SiteSnapshot] = SingleFlight()
        self._rendered: SingleFlight[tuple[SitePolicy, str, str], Rendering] = SingleFlight()
        self._turns = _Turns(_READ_AT_ONCE)
        self._renewals = _Turns(1)

    def held(self, host: str) -> SiteSnapshot | None:
        """The snapshot that answers for a site key, if this worker has it ready."""
        return self._held.young.get(host) or self._held.get(host) or self._unknown.get(host)

    async def visit(self, host: str) -> SiteSnapshot:
        """The same, read from the store when this worker does not have it; many waiters, one reading.

        Raises :class:`~gatepost.errors.StoreError` when the store cannot say.
        """
        snapshot = self.held(host)
        if snapshot is not None:
            return snapshot
        try:
            return await self._visits.once(host, lambda: self._read(host))
        except StoreError:
            last = self._before.get(host)
            if last is None:
                raise
            return last

    async def _read(self, host: str) -> SiteSnapshot:
        while True:
            heard = self._heard
            async with self._turns.of_this_loop():
                await self._start()
                site = await self.store.site_by_host(host)
            snapshot = await self.prepare(site, host)
            if heard == self._heard:  # else something changed meanwhile, and found nothing held that it could renew
                break
        if site is None:
            self._unknown.put(host, snapshot)
        else:
            self._hold(snapshot)
        return snapshot

    async def _start(self) -> None:
        """Learn the store's position and the platform's statement, once."""
        if not self._ready:
            self._position = (await self.store.changes(self._position)).position
            await self._default(PLATFORM)
            self._ready = True

    async def _default(self, id: str) -> PreferenceStatement:
        """What the platform, a region or a plan says."""
        if id not in self._defaults:
            default = await self.store.site(id)
            self._defaults[id] = default.statement if default else PreferenceStatement()
        return self._defaults[id]

    async def _above(self, site: Site | None) -> Sequence[LevelStatement]:
        levels = defaults_of(site.region, site.plan) if site else ()
        return [LevelStatement(level, await self._default(id), name) for id, level, name in levels]

    def _hold(self, snapshot: SiteSnapshot) -> None:
        for host in snapshot.hosts:
            self._unknown.drop(host)
            self._before.drop(host)
            self._held.put(host, snapshot)

    async def prepare(self, site: Site | None, host: str) -> SiteSnapshot:
        """The snapshot of a site as it is, or of a host that no site has, without holding it."""
        policy = policy_of(site, await self._above(site))
        policy = self._policies.setdefault((policy.preferences, policy.visibility), policy)
        if site is None:
            return SiteSnapshot(host, (), "", "", await self.rendering(policy, "", host))
        rendering = await self.rendering(policy, site.robots_txt, site.host)
        return SiteSnapshot(site.host, site.hosts, site.id, site.robots_txt, rendering)

    async def rendering(self, policy: SitePolicy, own_robots: str, host: str) -> Rendering:
        """A policy in every directive, shared with all sites that want the same; made in a thread, as it takes time."""
        key = (policy, own_robots, host if needs_host(policy) else "")
        rendering = self._renderings.get(key)
        if rendering is not None:
            return rendering
        return await self._rendered.once(key, lambda: self._render(key, host))

    async def _render(self, key: tuple[SitePolicy, str, str], host: str) -> Rendering:
        policy, own_robots, _ = key
        rendering = await asyncio.to_thread(render, policy, own_robots, self.signatures, self.addresses(host), host)
        self._renderings[key] = rendering
        self.rendered(rendering, own_robots, host)
        if rendering.caution:
            _log.warning(
                "robots.txt of %s: readers disagreed (%s), so a plainer version is served",
                host,
                rendering.disagreements[0],
            )
        return rendering

    async def refresh(self) -> None:
        """Take up what changed in the store since the last time. Raises :class:`~gatepost.errors.StoreError`."""
        async with self._renewals.of_this_loop():  # two at once would take up the same change twice
            await self._start()
            changes = await self.store.changes(self._position)
            self._heard += bool(changes.sites)
            await self._refresh_defaults([id for id in changes.sites if is_default(id)])
            for ids in _batches(changes.sites, _READ_TOGETHER):
                for site in await self.store.sites_with(ids=ids):
                    await self._refresh_site(site)
            self._position = changes.position

    async def _refresh_defaults(self, ids: Sequence[str]) -> None:
        for id in ids:
            self._defaults.pop(id, None)
            await self._default(id)
        if ids:
            self._before.take(self._held)
            self._held.clear()

    async def _refresh_site(self, site: Site) -> None:
        held = [snapshot for host in site.hosts if (snapshot := self.held(host) or self._before.get(host))]
        for host in {host for snapshot in held for host in snapshot.hosts}.difference(site.hosts):
            self._held.drop(host)  # it is nobody's now, until the store says whose
            self._before.drop(host)
        if held:
            self._hold(await self.prepare(site, site.host))

    async def watch(self, seconds: float = _POLL_SECONDS) -> None:
        """Refresh for ever: when the store hints at a change, and every so many ``seconds`` without one.

        What the store cannot say is asked again after a moment.
        """
        while True:
            try:
                await self.refresh()
                # Not all workers at the same time; and hints that come in a crowd are one.
                await asyncio.sleep(_CROWD_SECONDS)
                await self.store.wait_for_changes(seconds * _dice.uniform(0.8, 1.0))
            except StoreError as error:
                _log.warning("the store does not answer, what is held stays in force: %s", error)
                await asyncio.sleep(_AGAIN_SECONDS)
            except Exception:  # a fault of ours must not end the watch in silence
                _log.exception("changes cannot be taken up, what is held stays in force")
                await asyncio.sleep(_AGAIN_SECONDS)


def _batches(ids: Collection[str], size: int) -> Iterator[Collection[str]]:
    rest = iter(ids)
    while batch := list(islice(rest, size)):
        yield batch


class SingleFlight(Generic[Key, Found]):
    """Many who wait for the same thing, one task that gets it; a waiter that gives up does not end it for others."""

    def __init__(self) -> None:
        self._flights: dict[Key, asyncio.Task[Found]] = {}

    async def once(self, key: Key, start: Callable[[], Coroutine[Any, Any, Found]]) -> Found:
        """What ``start`` gets, started only when nobody in this event loop is waiting for ``key`` yet."""
        task = self._flights.get(key)
        if task is None or task.get_loop() is not asyncio.get_running_loop():
            task = self._flights[key] = asyncio.create_task(start())
            task.add_done_callback(lambda done: self._flights.pop(key, None))
        return await asyncio.shield(task)


class _Turns:
    """A semaphore for each event loop, one at a time: tests and commands run several, one after the other."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._loop: asyncio.AbstractEventLoop | None = None

    def of_this_loop(self) -> asyncio.Semaphore:
        """The semaphore of the running loop."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._semaphore = loop, asyncio.Semaphore(self._places)
        return self._semaphore


class _Generations:
    """A bounded cache: two dictionaries that change places when one is full."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.young: dict[str, SiteSnapshot] = {}
        self._old: dict[str, SiteSnapshot] = {}

    def get(self, host: str) -> SiteSnapshot | None:
        """What is kept for a host."""
        found = self.young.get(host)
        if found is None:
            found = self._old.get(host)
            if found is not None:
                self.put(host, found)
        return found

    def put(self, host: str, snapshot: SiteSnapshot) -> None:
        """Keep something, and forget the older generation when this one is full."""
        if len(self.young) >= self._size:
            self._old, self.young = self.young, {}
        self.young[host] = snapshot

    def take(self, other: "_Generations") -> None:
        """Keep what another one keeps."""
        for host, snapshot in (*other._old.items(), *other.young.items()):
            self.put(host, snapshot)

    def drop(self, host: str) -> None:
        """Forget one host."""
        self.young.pop(host, None)
        self._old.pop(host, None)
