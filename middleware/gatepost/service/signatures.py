"""Which signatures this worker recognises crawlers by, and how it goes over to others.

Rules: what was released for the fleet comes before the file that this machine has of its own; every way leads through
one admission; a set that is not admitted changes nothing, and is told with its place until something better comes;
nothing of it happens on the request path.
"""

import asyncio
import hashlib
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePath

from gatepost.core.crawlers import SignatureSet
from gatepost.core.matching import Matcher
from gatepost.core.publications import Kind, Published
from gatepost.core.recognition import Recognition
from gatepost.core.releases import Release, release_of, signed_content
from gatepost.core.rollouts import IssuedSet, Rollout, Trial
from gatepost.core.signatures import show_fault
from gatepost.core.workers import Met
from gatepost.errors import GatepostError, ReleaseRefused, SignatureFileError, StoreError
from gatepost.ports import Clock, LastKnown, Record, SignatureSource
from gatepost.service.waiting import Turns, for_ever

__all__ = ["RefusedSet", "Signatures"]

_FILE_SECONDS = 0.25
"""Between two looks at the file, which has to be the same at two of them."""
_STORE_SECONDS = 2.0
"""Between two looks at the store."""
_IN_VAIN = "signatures cannot be taken up, those in force stay"
_SHOWN_FAULTS = 3
_SAMPLES = 5
_SAMPLE_OCTETS = 256

_dice = random.SystemRandom()
_log = logging.getLogger("gatepost.signatures")

_KEPT_SETS = 2
"""Compiled sets that are kept besides those in force."""

_Set = tuple[str, frozenset[Trial]]
"""A released set by its SHA-256, and what of it is on trial."""
_Shelf = Record | LastKnown
"""Where released files are found."""
GoOver = Callable[[Recognition], None]


@dataclass(frozen=True, slots=True)
class RefusedSet:
    """A set that was not taken up, and why."""

    at: datetime
    place: str
    """``file``, or ``release 12``."""
    sha256: str
    """Of its octets, in hexadecimal; empty where there were none."""
    error: GatepostError
    shown: str
    """For people: each of the first faults with its line and a caret."""
    shown_outside: str
    """The same without a word of where files are on this machine."""


@dataclass
class Signatures:
    """The signatures of one worker. ``own`` is what its own file said when it began; ``go_over`` is told of others."""

    record: Record
    source: SignatureSource
    clock: Clock
    check_seal: Callable[[bytes, bytes], None]
    """Raises :class:`~gatepost.errors.ReleaseRefused` unless a signature of octets is good."""
    go_over: GoOver
    own: SignatureSet
    own_file: bytes
    """The file itself, without what is laid over it."""
    kept: LastKnown | None = None
    """Where the last release is kept for a start without the store."""
    now: Recognition = field(init=False)
    taken_up: datetime = field(init=False)
    """When what is in force now came into force here."""

    def __post_init__(self) -> None:
        self._own_compiled = Matcher(self.own)
        self.now = Recognition(self._own_compiled)
        self.taken_up = self.clock.now()
        self._tried = 0
        self._recalled = False
        self._file_due = False
        self._compiled: dict[_Set, Matcher] = {}
        self._met: dict[str, Met] = {}
        self._refused: dict[str, RefusedSet] = {}
        self._changes = Turns(1)

    async def watch(self) -> None:
        """Look for ever; what cannot be read is looked at again. The file is not kept waiting by a store that hangs."""
        looks = ((self.look_at_file, _FILE_SECONDS), (self.look_at_store, _STORE_SECONDS))
        await asyncio.gather(*(for_ever(look, seconds, _log, _IN_VAIN) for look, seconds in looks))

    async def look_at_file(self) -> None:
        """Go over to what this machine's files say, if they are others by now.

        Raises :class:`~gatepost.errors.StoreError` where released files are needed for it; it is then still due.
        """
        async with self._changes.of_this_loop():
            self._file_due = await asyncio.to_thread(self.source.changed) or self._file_due
            if self._file_due:
                await self._take("file", self._reread())
                self._file_due = False
                if "file" not in self._refused:  # then a release may be admitted that was not before
                    self._tried = min(self._tried, self.now.number)
                    self._recalled = self.now.number > 0

    async def look_at_store(self) -> None:
        """Go over to the newest release, if it is another one by now. Raises :class:`~gatepost.errors.StoreError`.

        What was kept of the last one comes first, so that the store leads to nothing that is older.
        """
        await self.recall()
        entry = await self.record.last_published(Kind.RELEASE)
        async with self._changes.of_this_loop():
            if entry is not None and entry.number > self._tried:
                await self._take(f"release {entry.number}", self._released(entry, self.record))
                self._tried = entry.number
                await self._keep(entry)

    async def recall(self) -> None:
        """Go over to the release that this machine followed last, where nothing is known yet."""
        async with self._changes.of_this_loop():
            if self.kept is None or self._recalled:
                return
            try:
                entry = await self.kept.last_published(Kind.RELEASE)
                if entry is not None:
                    await self._take(f"release {entry.number}", self._released(entry, self.kept))
            except StoreError as error:
                _log.debug("the copy does not tell of a release: %s", error)
            except Exception:  # a fault of ours in what is of no use must not keep back what the store says
                _log.exception("the release in the copy cannot be taken up")
            self._recalled = True

    async def _keep(self, entry: Published) -> None:
        """Have what is in force at hand for a start without the store: as it was released, without the overlay."""
        if self.kept is not None and self.now.number == entry.number:
            with suppress(StoreError):  # nothing else depends on it, and the copy of the sites complains
                found = [await self.record.octets(bytes.fromhex(one.sha256)) for one in self.now.rollout.sets]
                await self.kept.keep_published(entry, Kind.RELEASE, [octets for octets in found if octets])

    async def _reread(self) -> Recognition:
        """By this machine's files as they are now; its own counts where nothing was released for every site."""
        octets = await asyncio.to_thread(self.source.read)
        own = await asyncio.to_thread(self.source.admit, octets, self.own)
        made = await self._made(self.now.rollout, self.now.number, self.record, own, {})
        self.own, self.own_file = own, octets
        return made

    async def _released(self, entry: Published, shelf: _Shelf) -> Recognition:
        release = release_of(entry)
        self.check_seal(signed_content(release), release.signature)
        if (release.number, release.rollout) == (self.now.number, self.now.rollout):
            return self.now
        _check_place(release, self.now.number)
        if shelf is self.record:  # a copy has the last one alone
            await self._check_order(release)
        return await self._made(release.rollout, release.number, shelf, self.own, self._compiled)

    async def _check_order(self, release: Release) -> None:
        """A release stands where it was made for, also where nothing is known yet of the ones before it."""
        entries = await self.record.published(Kind.RELEASE)
        before = max((one.number for one in entries if one.number < release.number), default=0)
        if release.after != before:
            raise ReleaseRefused(
                f"the release was made to follow number {release.after}, and follows number {before}",
                id="signatures.release.place",
                remedy="No command writes such a one: find out who did; then publish, or roll back.",
            )

    async def _made(
        self, rollout: Rollout, number: int, shelf: _Shelf, own: SignatureSet, compiled: Mapping[_Set, Matcher]
    ) -> Recognition:
        """A rollout, ready for use; what is compiled already is not compiled again."""
        sets: dict[_Set, Matcher] = {}
        for issued in rollout.sets:
            key = issued.sha256, issued.on_trial
            sets[key] = compiled.get(key) or await self._compile(issued, shelf)
        whole, part = rollout.whole, rollout.part
        made = Recognition(
            sets[whole.sha256, whole.on_trial] if whole else self._own_matcher(own),
            sets[part.sha256, part.on_trial] if part else None,
            rollout.percent,
            rollout,
            number,
        )
        self._compiled = {**dict(list(compiled.items())[-_KEPT_SETS:]), **sets}
        return made

    def _own_matcher(self, own: SignatureSet) -> Matcher:
        """It stays at hand behind any number of releases, as a way back may lead to it."""
        if self._own_compiled.signatures is not own:
            self._own_compiled = Matcher(own)
        return self._own_compiled

    async def _compile(self, issued: IssuedSet, shelf: _Shelf) -> Matcher:
        octets = await shelf.octets(bytes.fromhex(issued.sha256))
        if octets is None:
            raise ReleaseRefused(
                f"the file of signature set {issued.version} is not in the store as it was released",
                id="signatures.release.octets",
                remedy="Run gatepost record verify; publish the file again, or roll back.",
            )
        return Matcher(await asyncio.to_thread(self.source.admit, octets, None), issued.on_trial)

    async def _take(self, place: str, making: Awaitable[Recognition]) -> None:
        """Go over to what is made, or tell why not. Raises :class:`~gatepost.errors.StoreError`: it is tried again."""
        try:
            made = await making
        except StoreError:
            raise
        except Exception as error:  # what is unforeseen would be the same at every further try
            refused = self._refused[place.split()[0]] = _refused(self.clock.now(), place, error)
            trace = None if refused.error is error else error
            told = place, self.version, refused.shown
            _log.error("%s is not taken up, signatures %s stay in force:\n%s", *told, exc_info=trace)
            return
        self._refused.pop(place.split()[0], None)
        if made is not self.now:
            self.now, self.taken_up = made, self.clock.now()
            self._met.clear()
            _log.info("%s is in force: signatures %s", place, self.version)
            self.go_over(made)

    @property
    def refused(self) -> RefusedSet | None:
        """The newest set that was not taken up, until something better came from where it was."""
        return max(self._refused.values(), key=lambda refused: refused.at, default=None)

    def meet(self, crawler: str, user_agents: Sequence[bytes]) -> None:
        """A request that a signature on trial would have had refused."""
        before = self._met.get(crawler, Met(crawler, 0, ()))
        shown = (
            *before.samples,
            *(agent[:_SAMPLE_OCTETS].decode("utf-8", "backslashreplace") for agent in user_agents),
        )
        self._met[crawler] = Met(crawler, before.requests + 1, tuple(dict.fromkeys(shown))[:_SAMPLES])

    @property
    def met(self) -> Sequence[Met]:
        """What signatures on trial have met since they are in force here, the most first."""
        return sorted(self._met.values(), key=lambda met: -met.requests)

    @property
    def own_sha256(self) -> str:
        """Of this machine's own file, in hexadecimal."""
        return hashlib.sha256(self.own_file).hexdigest()

    @property
    def version(self) -> str:
        """Of the set for every site, and of the one for a part of them."""
        part = f", {self.now.part.signatures.version} for {self.now.percent} %" if self.now.part else ""
        return f"{self.now.whole.signatures.version}{part}"


def _check_place(release: Release, followed: int) -> None:
    """Raise :class:`~gatepost.errors.ReleaseRefused` unless a release comes after the one that is followed here.

    Whoever can write to the store can write an old release anew under a number of today, with its good signature; but
    the release before it, which is signed as well, is still one of long ago.
    """
    if followed and not followed <= release.after < release.number:
        raise ReleaseRefused(
            f"release {release.number} says that it follows release {release.after}, and {followed} is in force here",
            id="signatures.release.place",
            remedy="Look with gatepost record verify whether somebody has written to the database; publish what is "
            "wanted again. Where the database is one of a backup, remove the copy (setting snapshot) and start again.",
        )


def _refused(at: datetime, place: str, error: Exception) -> RefusedSet:
    if isinstance(error, SignatureFileError):
        shown, outside = _shown(error, str), _shown(error, lambda file: PurePath(file).name)
        return RefusedSet(at, place, hashlib.sha256(error.source).hexdigest(), error, shown, outside)
    told = error if isinstance(error, GatepostError) else _unforeseen(error)
    shown = f"{told} ({told.id})\n{told.remedy}"
    return RefusedSet(at, place, "", told, shown, shown)


def _unforeseen(error: Exception) -> GatepostError:
    return GatepostError(
        f"a fault of Gatepost's own, {type(error).__name__}: {error}",
        id="signatures.unforeseen",
        remedy="Report it with the traceback in the log; it is tried again when the file or the release is another.",
    )


def _shown(error: SignatureFileError, called: Callable[[str], str]) -> str:
    """The first faults; ``called`` is what a file is called by its path."""
    faults = error.faults
    shown = [
        show_fault(error.sources.get(fault.file, b""), replace(fault, file=called(fault.file)))
        for fault in faults[:_SHOWN_FAULTS]
    ]
    more = [f"and {len(faults) - _SHOWN_FAULTS} more"] if len(faults) > _SHOWN_FAULTS else []
    return "\n".join([*shown, *more])
