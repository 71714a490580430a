"""Which snapshot answers for a host, in this worker.

Rules: a request looks up and waits for nothing but the first visit of a host that no cache holds, and for that less
than a second; a site that changes is made ready aside and then swapped; a store that does not answer changes nothing
that is held; memory is bounded whatever hosts strangers name.

Where something is said for a time, the snapshot holds all that will follow, and a request for that site, and no other,
asks what time it is. So nothing has to run or to answer for a date to be kept: not the watch, and not the store.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from time import monotonic
from weakref import WeakValueDictionary

from gatepost.core.defaults import defaults_of, is_default
from gatepost.core.matching import Matcher
from gatepost.core.periods import Span
from gatepost.core.policy import SitePolicy
from gatepost.core.preferences import LevelStatement, Preferences, PreferenceStatement
from gatepost.core.recognition import Recognition
from gatepost.core.sites import PLATFORM, Site, Visibility
from gatepost.core.snapshot import UNKNOWN, SiteSnapshot
from gatepost.core.timelines import Phase, Timeline, timeline_of
from gatepost.errors import StoreError
from gatepost.ports import Changes, SiteStore
from gatepost.service.clocks import WatchedClock
from gatepost.service.copying import Copying
from gatepost.service.generations import Generations
from gatepost.service.patience import Patience
from gatepost.service.renderings import Renderings
from gatepost.service.renewal import Renewal
from gatepost.service.waiting import SingleFlight, Turns

__all__ = ["Snapshots"]

_HELD = 80_000
"""Hosts a generation of the cache holds; two generations are kept."""
_UNKNOWN_HELD = 10_000
"""Hosts that no site has, likewise."""

_READ_TOGETHER = 500
"""Changed sites that the store is asked for in one call."""

_POLL_SECONDS = 5.0
"""Between two looks at the store without a hint; a lost hint delays a change by no more."""

_OUTAGE_SECONDS = 5.0
"""For which a store that did not answer is not asked for a host of which something is known."""

_CROWD_SECONDS = 0.05
_AGAIN_SECONDS = 1.0

_dice = random.SystemRandom()
_log = logging.getLogger("gatepost.snapshots")


@dataclass
class Snapshots:
    """The snapshots of one worker."""

    store: SiteStore
    recognition: Recognition
    renderings: Renderings
    clock: WatchedClock
    copying: Copying | None = None
    _position: int = field(default=0, init=False)
    _defaults: dict[str, PreferenceStatement] = field(default_factory=dict, init=False)
    _ready: bool = field(default=False, init=False)
    _down_until: float = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._held = Generations(_HELD)
        self._before = Generations(_HELD)
        self._recalled = Generations(_HELD)
        self._heard = 0
        self._unknown = Generations(_UNKNOWN_HELD)
        self._policies: WeakValueDictionary[tuple[Preferences, Visibility], SitePolicy] = WeakValueDictionary()
        self._timelines: WeakValueDictionary[tuple[Phase, ...], Timeline] = WeakValueDictionary()
        self._exchange = Renewal(self._renew)
        self._visits: SingleFlight[str, SiteSnapshot] = SingleFlight()
        self._recalls: SingleFlight[str, SiteSnapshot | None] = SingleFlight()
        self._patience = Patience()
        self._renewals = Turns(1)

    def held(self, host: str) -> SiteSnapshot | None:
        """The snapshot that answers for a site key, if this worker has it ready."""
        snapshot = self._kept(host)
        if snapshot is None or snapshot.timeline is None:
            return snapshot
        return snapshot if snapshot.fits(self.clock.span()) else None

    def _kept(self, host: str) -> SiteSnapshot | None:
        return self._held.young.get(host) or self._held.get(host) or self._unknown.get(host)

    def held_sites(self) -> Collection[str]:
        """The ids of all sites that this worker has read from the store and holds."""
        return self._held.sites()

    def position(self) -> int | None:
        """The store's position that this worker has taken up; ``None`` while the store does not answer."""
        return self._position if self._ready and not self._is_down() else None

    async def visit(self, host: str) -> SiteSnapshot:
        """The same, read from the store when this worker does not have it; many waiters, one reading.

        While the store does not answer, what it said last holds, to this worker or to another one of this machine.

        Raises :class:`~gatepost.errors.StoreError` when the store cannot say.
        """
        snapshot = self._kept(host) or await self._visited(host)
        while not snapshot.fits(span := self.clock.span()):
            renewed = await self._moved_on(snapshot, span)
            for cache in (self._held, self._before, self._recalled):
                if cache.get(host) is snapshot:  # else something changed meanwhile, and is newer
                    _put(cache, renewed)
            snapshot = renewed
        return snapshot

    async def _visited(self, host: str) -> SiteSnapshot:
        last = await self._last_known(host) if self._is_down() else None
        if last is not None:
            return last
        try:
            return await self._visits.once(host, lambda: self._read(host))
        except StoreError:
            self._note_outage()
            last = await self._last_known(host)
            if last is None:
                raise
            return last

    async def _moved_on(self, snapshot: SiteSnapshot, span: Span) -> SiteSnapshot:
        """A snapshot as it is at another time."""
        if snapshot.timeline is None:
            return snapshot
        policy = SitePolicy(snapshot.timeline.during(span), snapshot.rendering.policy.visibility)
        rendering = await self.renderings.of(self._shared(policy), snapshot.own_robots, snapshot.host, snapshot.matcher)
        return replace(snapshot, rendering=rendering, touched=snapshot.timeline.touched(span))

    def recognise_by(self, recognition: Recognition) -> None:
        """Go over to other signatures: at once for what is seen from now on, and with :meth:`renew` for what is held.
        What was made by the last ones stays at hand for a way back."""
        self.renderings.keep_warm(self.recognition.sources.keys())
        self.recognition = recognition

    async def renew(self) -> None:
        """Make anew what is held by other signatures than those in force, one by one; it answers as before until it is
        ready."""
        caches = (self._held, self._unknown, self._before, self._recalled)
        await self._exchange.of([(cache, host) for cache in caches for host in cache.hosts()])

    @property
    def behind(self) -> int:
        """Hosts that are still held by other signatures than those in force."""
        return self._exchange.behind

    async def _renew(self, cache: Generations, host: str) -> None:
        """Make anew what is kept for a host, unless it is by the right signatures; it may change meanwhile."""
        while (snapshot := cache.peek(host)) and snapshot.matcher is not (matcher := self._matcher_of(snapshot)):
            policy = snapshot.rendering.policy
            rendering = await self.renderings.of(policy, snapshot.own_robots, snapshot.host, matcher)
            cache.exchange(snapshot, replace(snapshot, rendering=rendering, matcher=matcher), snapshot.hosts or (host,))

    def _matcher_of(self, snapshot: SiteSnapshot) -> Matcher:
        return self.recognition.of(snapshot.site or snapshot.host)

    async def _last_known(self, host: str) -> SiteSnapshot | None:
        """What the store said last."""
        last = self._before.get(host) or self._recalled.get(host)
        copying = self.copying
        if last is None and copying is not None:
            last = await self._recalls.once(host, lambda: self._recall(host, copying))
        return last

    async def _recall(self, host: str, copying: Copying) -> SiteSnapshot | None:
        """What the copy says."""
        found = await copying.recall(host)
        if found is None:
            return None
        snapshot = await self._prepare(found.site, host, found.above)
        if self._is_down():
            _put(self._recalled, snapshot)
        return snapshot

    def _is_down(self) -> bool:
        return monotonic() < self._down_until

    def _note_outage(self) -> None:
        """Spare the next visits the wait for a store that does not answer."""
        self._down_until = monotonic() + _OUTAGE_SECONDS

    @asynccontextmanager
    async def _renewal(self) -> AsyncIterator[None]:
        """One at a time, as two would take up the same change twice. What was recalled in an outage ends with it."""
        async with self._renewals.of_this_loop():
            try:
                yield
            except StoreError:
                self._note_outage()
                raise
            self._down_until = 0
            self._recalled.clear()  # by the next outage the copy knows more

    async def _read(self, host: str) -> SiteSnapshot:
        while True:
            heard = self._heard
            async with self._patience.turn():
                await self._start()
                site = await self.store.site_by_host(host)
                await self._above(site)  # so that preparing asks the store for nothing
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
            self._position = await self.store.position()
            await self._default(PLATFORM)
            self._ready = True

    async def _changes(self) -> Changes:
        """What changed in the store; and what time it is there."""
        changes = await self.store.changes(self._position)
        if changes.at is not None:
            self.clock.hear(changes.at)
        return changes

    async def _default(self, id: str) -> PreferenceStatement:
        """What the platform, a region or a plan says."""
        if id not in self._defaults:
            said = await self._read_default(id)
            self._defaults.setdefault(id, said)  # what was taken up meanwhile is newer
        return self._defaults[id]

    async def _read_default(self, id: str) -> PreferenceStatement:
        default = await self.store.site(id)
        return default.statement if default else PreferenceStatement()

    async def _above(self, site: Site | None) -> Sequence[LevelStatement]:
        levels = defaults_of(site.region, site.plan) if site else ()
        return [LevelStatement(level, await self._default(id), name) for id, level, name in levels]

    def _hold(self, snapshot: SiteSnapshot) -> None:
        for host in snapshot.hosts:
            self._unknown.drop(host)
            self._before.drop(host)
            self._held.put(host, snapshot)
        if self.copying is not None:
            self.copying.want(snapshot.site)

    async def prepare(self, site: Site | None, host: str) -> SiteSnapshot:
        """The snapshot of a site as it is, or of a host that no site has, without holding it."""
        return await self._prepare(site, host, await self._above(site))

    async def _prepare(self, site: Site | None, host: str, above: Sequence[LevelStatement]) -> SiteSnapshot:
        while True:
            snapshot = await self._made_ready(site, host, above)
            if snapshot.matcher is self._matcher_of(snapshot):  # else other signatures came into force meanwhile
                return snapshot

    async def _made_ready(self, site: Site | None, host: str, above: Sequence[LevelStatement]) -> SiteSnapshot:
        matcher = self.recognition.of(site.id if site else host)
        if site is None:
            rendering = await self.renderings.of(self._shared(UNKNOWN), "", host, matcher)
            return SiteSnapshot(host, (), "", "", rendering, matcher)
        timeline, span = timeline_of(site, above), self.clock.span()
        policy = self._shared(SitePolicy(timeline.during(span), site.visibility))
        rendering = await self.renderings.of(policy, site.robots_txt, site.host, matcher)
        snapshot = SiteSnapshot(site.host, site.hosts, site.id, site.robots_txt, rendering, matcher)
        if len(timeline.phases) == 1:
            return snapshot
        timeline = self._timelines.setdefault(timeline.phases, timeline)
        return replace(snapshot, timeline=timeline, touched=timeline.touched(span))

    def _shared(self, policy: SitePolicy) -> SitePolicy:
        """The one instance of a policy."""
        return self._policies.setdefault((policy.preferences, policy.visibility), policy)

    async def refresh(self) -> None:
        """Take up what changed in the store since the last time. Raises :class:`~gatepost.errors.StoreError`."""
        async with self._renewal():
            await self._start()
            changes = await self._changes()
            self._heard += bool(changes.sites)
            await self._refresh_defaults([id for id in changes.sites if is_default(id)])
            for ids in _batches(changes.sites, _READ_TOGETHER):
                for site in await self.store.sites_with(ids=ids):
                    await self._refresh_site(site)
            self._position = changes.position

    async def _refresh_defaults(self, ids: Sequence[str]) -> None:
        for id in ids:
            self._defaults[id] = await self._read_default(id)
        if ids:
            self._before.take(self._held)
            self._held.clear()

    async def _refresh_site(self, site: Site) -> None:
        held = [snapshot for host in site.hosts if (snapshot := self._kept(host) or self._before.get(host))]
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


def _put(cache: Generations, snapshot: SiteSnapshot) -> None:
    for host in snapshot.hosts:
        cache.put(host, snapshot)


def _batches(ids: Collection[str], size: int) -> Iterator[Collection[str]]:
    rest = iter(ids)
    while batch := list(islice(rest, size)):
        yield batch
