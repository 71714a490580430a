"""Whether the hosts of a site answer as it wants, asked from outside.

Rules: nobody's request waits for it: it is asked when somebody looks, a page, the API or a command; many who look at
once are one look, and a look is good for half a minute; few hosts are asked at once, fewer still for one look, so that
a site whose hosts keep silent holds up no other; a look ends in time, and little is held of it, whatever hosts there
are and whatever they answer; no redirect is followed but to the same file of the same site.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic

from gatepost.core.own_robots import joined
from gatepost.core.publications import Kind, blob_names, latest
from gatepost.core.reach import Answer, HostReach, Reach, SiteReach, Wanted, continued, leads_on, reach_of
from gatepost.core.snapshot import MAX_ROBOTS_OCTETS, ROBOTS_TXT, SiteSnapshot
from gatepost.errors import OutwardError, SiteUnknown, StoreError
from gatepost.ports import Clock, Outward, Record
from gatepost.service.snapshots import Snapshots
from gatepost.service.waiting import SingleFlight, Turns

__all__ = ["Reaching"]

_FRESH_SECONDS = 30.0
_HELD = 1_024
"""Sites whose last look is kept; the one that was looked at the longest ago goes for another."""
_HOSTS_ASKED = 100
"""Of a site; where the others lead cannot be told."""
_AT_ONCE = 8
_AT_ONCE_FOR_A_LOOK = 3
_WAITED_SECONDS = 5.0
"""For the first turn of a look."""
_ASKED_SECONDS = 3.0
"""For one answer."""
_FILE_SECONDS = 8.0
"""For one file at all hosts, from the first turn; where those lead that have not answered by then cannot be told."""
_WRITTEN_SECONDS = 1.0
"""After which the record has what an app behind has said."""
_REDIRECTS = 2


@dataclass(frozen=True, slots=True)
class _Look:
    """A look, and what the site wanted then."""

    begun: float
    etag: str
    reach: SiteReach
    """The hosts that were asked."""

    def tells(self, snapshot: SiteSnapshot) -> bool:
        """Whether it was a look at the site as it is."""
        asked = tuple(one.host for one in self.reach.hosts)
        return (asked, self.etag) == (tuple(snapshot.hosts[:_HOSTS_ASKED]), _etag(snapshot))

    @property
    def fresh(self) -> bool:
        """Whether nobody has to look again yet."""
        return monotonic() - self.begun < _FRESH_SECONDS


def _etag(snapshot: SiteSnapshot) -> str:
    return snapshot.rendering.documents[ROBOTS_TXT].etag


def _whole(asked: SiteReach, snapshot: SiteSnapshot) -> SiteReach:
    """All hosts of the site, those that are not asked too."""
    others = (HostReach(host, Reach.UNKNOWN, asked.at) for host in snapshot.hosts[_HOSTS_ASKED:])
    return replace(asked, hosts=(*asked.hosts, *others))


class Reaching:
    """The use case; ``origin`` says where a host is reached from outside."""

    def __init__(
        self, outward: Outward, record: Record, snapshots: Snapshots, clock: Clock, origin: Callable[[str], str]
    ) -> None:
        self._outward, self._record, self._snapshots, self._clock = outward, record, snapshots, clock
        self._origin = origin
        self._held: dict[str, _Look] = {}
        self._looks: SingleFlight[tuple[str, str], SiteReach] = SingleFlight()
        self._turns = Turns(_AT_ONCE)

    async def known(self, host: str) -> SiteReach | None:
        """What is fresh of the site that has ``host``; nothing is asked, and ``None`` where nothing is."""
        snapshot = await self._snapshots.visit(host)
        held = self._held.get(snapshot.site)
        return _whole(held.reach, snapshot) if held and held.fresh and held.tells(snapshot) else None

    async def look(self, host: str) -> SiteReach:
        """The same, asked for where it is not fresh.

        Raises :class:`~gatepost.errors.SiteUnknown`, and :class:`~gatepost.errors.StoreError` for a host that nothing
        is known of while the store does not answer.
        """
        known = await self.known(host)
        if known:
            return known
        snapshot = await self._snapshots.visit(host)
        if not snapshot.site:
            raise SiteUnknown(f"no site has the host {host}", id="site.unknown", remedy="Check the spelling.")
        return await self._looks.once((snapshot.site, _etag(snapshot)), lambda: self._look(snapshot))

    async def _look(self, snapshot: SiteSnapshot) -> SiteReach:
        begun, hosts = monotonic(), snapshot.hosts[:_HOSTS_ASKED]
        robots = await self._answers(snapshot, hosts, ROBOTS_TXT)
        wanted, found = await self._judged(snapshot, robots)
        if Reach.EARLIER in found.values():  # or what the app behind has said just now, and the record has not yet
            await asyncio.sleep(_WRITTEN_SECONDS)
            wanted, found = await self._judged(snapshot, robots)
        unsettled = [host for host, reach in found.items() if reach is None]
        for host, policy in (await self._answers(snapshot, unsettled, self._policy_path(snapshot.host))).items():
            found[host] = reach_of(wanted, robots[host], policy)
        at = self._clock.now()
        now = SiteReach(at, tuple(HostReach(host, found.get(host) or Reach.UNKNOWN, at) for host in hosts))
        return _whole(self._keep(snapshot, begun, now) if robots else now, snapshot)

    async def _judged(
        self, snapshot: SiteSnapshot, robots: Mapping[str, Answer]
    ) -> tuple[Wanted, dict[str, Reach | None]]:
        wanted = await self._wanted(snapshot)
        return wanted, {host: reach_of(wanted, answer) for host, answer in robots.items()}

    async def _answers(self, snapshot: SiteSnapshot, hosts: Sequence[str], path: str) -> Mapping[str, Answer]:
        """What each host answers for a file in time, an empty answer where it does not; nothing if none had a turn."""
        turn, ours = asyncio.Event(), asyncio.Semaphore(_AT_ONCE_FOR_A_LOOK)

        async def answer(host: str) -> Answer:
            async with ours, self._turns.of_this_loop():
                turn.set()
                return await self._asked(host, path, snapshot.hosts)

        tasks = {host: asyncio.create_task(answer(host)) for host in hosts}
        try:
            async with asyncio.timeout(_WAITED_SECONDS if tasks else 0):
                await turn.wait()
            await asyncio.wait(tasks.values(), timeout=_FILE_SECONDS)
        except TimeoutError:
            return {}
        finally:
            late = [task for task in tasks.values() if task.cancel()]
        return {host: Answer() if task in late else task.result() for host, task in tasks.items()}

    def _keep(self, snapshot: SiteSnapshot, begun: float, now: SiteReach) -> SiteReach:
        before = self._held.pop(snapshot.site, None)
        reach = continued(before.reach if before and before.tells(snapshot) else None, now)
        if len(self._held) >= _HELD:
            del self._held[next(iter(self._held))]
        self._held[snapshot.site] = _Look(begun, _etag(snapshot), reach)
        return reach

    async def _wanted(self, snapshot: SiteSnapshot) -> Wanted:
        """What is answered by this worker, and by any that has an app behind it, which the record knows."""
        rendering = snapshot.rendering
        robots = [rendering.documents[ROBOTS_TXT].body]
        with suppress(StoreError):
            of_app = await self._said_by_app(snapshot.host)
            if of_app:
                own = joined(snapshot.own_robots, of_app)
                merged = await self._snapshots.renderings.trial(rendering.policy, own, snapshot.host, snapshot.matcher)
                robots.append(merged.documents[ROBOTS_TXT].body)
        return Wanted.of(robots, rendering.documents[self._policy_path(snapshot.host)].body)

    def _policy_path(self, host: str) -> str:
        return self._snapshots.renderings.addresses(host).terms.removeprefix(self._origin(host))

    async def _said_by_app(self, host: str) -> str:
        """The app's own robots.txt, as a worker heard it last."""
        said = latest(await self._record.published(Kind.APP_ROBOTS, host), self._clock.now())
        octets = [await self._record.octets(name) or b"" for name in blob_names(said.content)] if said else []
        return b"".join(octets).decode("utf-8", "replace")

    async def _asked(self, host: str, path: str, hosts: Collection[str]) -> Answer:
        """What is answered for a file, followed as far as it stays the same file of the same site."""
        url = self._origin(host) + path
        for _ in range(_REDIRECTS + 1):
            try:
                got = await self._outward.fetch(url, most_octets=MAX_ROBOTS_OCTETS, seconds=_ASKED_SECONDS)
            except OutwardError as error:
                return Answer(fault=error.id)
            url = got.value("location")
            if not (300 <= got.status < 400 and leads_on(url, path, hosts)):
                break
        return Answer.of(got.status, got.body)
