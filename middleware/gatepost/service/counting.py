"""Counts in this worker what crawlers take, and writes the counts down together.

Rules: a request costs a look into a dictionary, and waits for nothing; what is known of since when a robots.txt says no
is found out when the counts are written, not on the request; memory is bounded whoever comes, and what found no place
is counted as left out; while the store does not answer, counts wait. No address and no user agent ever comes here.
"""

import asyncio
import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gatepost.core import sketches
from gatepost.core.crawlers import Match, Standing
from gatepost.core.exposure import (
    GRACE,
    Exposure,
    ExposureKey,
    Outcome,
    Phase,
    Reading,
    combined,
    later_reading,
    no_since,
    phase_of,
)
from gatepost.core.policy import Action, Decision, Reason
from gatepost.core.preferences import Origin
from gatepost.core.snapshot import ROBOTS_TXT, Document, SiteSnapshot
from gatepost.errors import StoreError
from gatepost.ports import Clock, Ledger
from gatepost.service.overviews import Overviews

__all__ = ["Counting"]

_HELD = 20_000
"""Counts, readings and what is known of noes, of each so many at the most."""
_TOGETHER = 1_000
"""Counts that are written without waiting for the second to end."""
_EVERY_SECONDS = 1.0
_AGAIN_SECONDS = 1.0
_LAST_SECONDS = 3.0
_PATHS = 250
"""Paths that a count keeps before they go into its sketch."""
_PURGE_SECONDS = 3_600.0

_log = logging.getLogger("gatepost.ledger")

_Key = tuple[int, str, Standing | None, Outcome, Action, object, Origin | None, datetime | None, int, int]
_Whom = tuple[str, str]
_Rule = tuple[str, str, object, Origin | None]


@dataclass(slots=True)
class _Count:
    """What is counted together until it is written."""

    snapshot: SiteSnapshot
    """By which it was decided; while it is here, no other has its id."""
    decision: Decision
    first_path: str
    outcome: Outcome
    read_at: datetime | None
    first: datetime
    last: datetime
    requests: int = 0
    octets: int = 0
    paths: list[str] | None = field(default_factory=list)
    sketch: bytes | None = None

    def fold(self) -> None:
        """Put the paths into the sketch."""
        if self.paths:
            self.sketch = sketches.sketch_of((path.partition("?")[0] for path in self.paths), self.sketch)
            self.paths = [] if self.sketch is not None else None

    def add(self, other: "_Count") -> None:
        """Take in a count of the same key."""
        self.requests += other.requests
        self.octets += other.octets
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        known = self.paths is not None and other.paths is not None
        self.paths = [*(self.paths or ()), *(other.paths or ())] if known else None
        self.sketch = (
            sketches.together(self.sketch, other.sketch)
            if self.sketch and other.sketch
            else self.sketch or other.sketch
        )


@dataclass
class Counting:
    """The counts of one worker."""

    ledger: Ledger
    overviews: Overviews
    clock: Clock
    keep: timedelta
    """For which counts are kept in the store."""
    grace: timedelta = GRACE

    def __post_init__(self) -> None:
        self._counts: dict[_Key, _Count] = {}
        self._read_at: dict[_Whom, datetime] = {}
        self._reads: dict[_Whom, Reading] = {}
        self._since: dict[_Rule, tuple[SiteSnapshot, datetime | None]] = {}
        self._writing: asyncio.Task[None] | None = None
        self._many: asyncio.Event | None = None  # of the loop that writes; loops may follow one another
        self.written = 0
        """Requests that were written down."""
        self.left_out = 0
        """Requests that found no place."""

    @property
    def waiting(self) -> int:
        """Counts that are not written yet."""
        return len(self._counts)

    def note(self, snapshot: SiteSnapshot, decision: Decision, path: str, outcome: Outcome, octets: int = 0) -> None:
        """A request of a crawler that was recognised; ``path`` is counted as one of the different ones."""
        crawler, site, now = decision.crawler, snapshot.site, self.clock.now()
        if not crawler or not site:
            return
        denied = decision.action is not Action.ALLOW  # else it makes no difference what was read before
        read_at = self._read_at.get((site, crawler)) if denied else None
        key = (
            id(snapshot), crawler, decision.standing, outcome, decision.action, decision.purpose, decision.origin,
            read_at, now.toordinal(), now.hour,
        )  # fmt: skip
        count = self._counts.get(key)
        if count is None:
            if len(self._counts) >= _HELD:
                self.left_out += 1
                return
            count = self._counts[key] = _Count(snapshot, decision, path, outcome, read_at, now, now)
            if len(self._counts) >= _TOGETHER and self._many is not None:
                self._many.set()
        count.requests += 1
        count.octets += octets
        count.last = now
        if count.paths is not None:
            count.paths.append(path)
            if len(count.paths) >= _PATHS:
                count.fold()

    def note_reading(self, snapshot: SiteSnapshot, matches: Sequence[Match], path: str, document: Document) -> None:
        """Crawlers that were recognised read a policy file of a site; ``document`` is what they were given."""
        for match in matches:
            crawler, standing = match.crawler, match.standing
            read = Decision(Action.ALLOW, Reason.ALWAYS_OPEN, crawler.name, crawler.operator, standing)
            self.note(snapshot, read, path, Outcome.READ, len(document.body))
            if path == ROBOTS_TXT and snapshot.site and standing is not Standing.FORGED:
                self._remember(snapshot.site, crawler.name, document)

    def _remember(self, site: str, crawler: str, document: Document) -> None:
        now, whom = self.clock.now(), (site, crawler)
        if len(self._read_at) >= _HELD:
            self._read_at.clear()  # what it said is in the store, or comes there with the next writing
        self._read_at[whom] = now
        reading = Reading(site, crawler, now, now, hashlib.sha256(document.body).digest())
        self._reads[whom] = later_reading(self._reads[whom], reading) if whom in self._reads else reading
        while len(self._reads) > _HELD:
            del self._reads[next(iter(self._reads))]

    async def watch(self) -> None:
        """Write for ever, every second; and forget what is too old."""
        await asyncio.to_thread(sketches.sketch_of, ())  # so that no request waits for the library
        self._many = many = asyncio.Event()
        end = 0.0
        while True:
            try:
                async with asyncio.timeout(_EVERY_SECONDS):
                    await many.wait()
            except TimeoutError:
                pass
            many.clear()
            try:
                await self.flush()
                if (up := asyncio.get_running_loop().time()) > end:
                    end = up + _PURGE_SECONDS
                    await self.ledger.forget_exposures(before=(self.clock.now() - self.keep).date())
            except StoreError as error:
                _log.warning("the ledger waits for the store: %s", error)
                await asyncio.sleep(_AGAIN_SECONDS)
            except Exception:  # a fault of ours must not end the ledger in silence
                _log.exception("what crawlers took cannot be written down")
                await asyncio.sleep(_AGAIN_SECONDS)

    async def flush(self) -> None:
        """Write what is counted. Raises :class:`~gatepost.errors.StoreError`; what was not written waits.

        Whoever is cancelled here leaves the writing to its end, so that nothing is written twice.
        """
        task = self._writing
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = self._writing = asyncio.create_task(self._write(), name="gatepost-ledger")
        await asyncio.shield(task)

    async def close(self) -> None:
        """Write what is left, unless the store does not take it."""
        with suppress(StoreError, TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                while self._counts or self._reads or (self._writing and not self._writing.done()):
                    await self.flush()
        lost = sum(count.requests for count in self._counts.values())
        if lost or self.left_out:
            _log.error(
                "%d requests of crawlers are not in the ledger: the store did not take them", lost + self.left_out
            )

    async def _write(self) -> None:
        counts, self._counts = self._counts, {}
        reads, self._reads = self._reads, {}
        if not counts and not reads:
            return
        try:
            await asyncio.to_thread(_fold, counts.values())
            await self.ledger.count(await self._exposures(counts.values()), list(reads.values()))
        except BaseException:
            self._put_back(counts, reads)
            raise
        self.written += sum(count.requests for count in counts.values())

    def _put_back(self, counts: Mapping[_Key, _Count], reads: Mapping[_Whom, Reading]) -> None:
        """What was not written waits, as far as there is room; what came meanwhile is there already."""
        for key, count in counts.items():
            newer = self._counts.get(key)
            if newer is not None:
                newer.add(count)
            elif len(self._counts) < _HELD:
                self._counts[key] = count
            else:
                self.left_out += count.requests
        for whom, read in reads.items():
            self._reads[whom] = later_reading(read, self._reads[whom]) if whom in self._reads else read

    async def _exposures(self, counts: Iterable[_Count]) -> Sequence[Exposure]:
        """The counts by their phases."""
        denied = [count for count in counts if count.decision.action is not Action.ALLOW]
        stored = await self.ledger.readings({count.snapshot.site for count in denied}) if denied else ()
        last = {(one.site, one.crawler): one.at for one in stored}
        found: dict[ExposureKey, Exposure] = {}
        for count in counts:
            exposure = await self._exposure(count, last)
            had = found.get(exposure.key)
            found[exposure.key] = combined(had, exposure) if had else exposure
        return list(found.values())

    async def _exposure(self, count: _Count, last: Mapping[tuple[str, str], datetime]) -> Exposure:
        site, crawler = count.snapshot.site, count.decision.crawler or ""
        phase = Phase.OPEN
        if count.decision.action is not Action.ALLOW:
            readings = [at for at in (count.read_at, last.get((site, crawler))) if at is not None]
            phase = phase_of(await self._no_since(count), count.first, readings, self.grace)
        standing = count.decision.standing or Standing.UNVERIFIABLE
        key = ExposureKey(site, crawler, standing, count.outcome, count.first.date(), phase)
        return Exposure(key, count.requests, count.octets, count.first, count.last, count.sketch)

    async def _no_since(self, count: _Count) -> datetime | None:
        """Since when what a decision rests on has held; asked for once, until the site changes."""
        decision, snapshot = count.decision, count.snapshot
        rule = (snapshot.site, decision.crawler or "", decision.purpose, decision.origin)
        known = self._since.get(rule)
        if known is None or known[0] is not snapshot:
            site = await self.overviews.store.site(snapshot.site)
            since = None
            if site is not None:
                origins = await self.overviews.origins_of(await self.overviews.state_of_site(site))
                since = no_since(origins, decision, count.first_path)
            if len(self._since) >= _HELD:
                self._since.clear()
            known = self._since[rule] = (snapshot, since)
        return known[1]


def _fold(counts: Iterable[_Count]) -> None:
    for count in counts:
        count.fold()
