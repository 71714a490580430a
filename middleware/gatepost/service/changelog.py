"""What changed in the signatures from release to release, for everybody to read.

Rules: anybody may ask, so that the store is asked once in some seconds, whoever asks; it is made anew only when
something was released, once for all who wait, and in a thread; what a release was at its time is read from the record.
It is the same on every machine but for the file that was there before any release: what a machine lays over its
signatures is its own affair, and is not told.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from time import monotonic

from gatepost.core.crawlers import SignatureSet
from gatepost.core.freshness import freshness
from gatepost.core.releases import Release
from gatepost.core.signature_changelog import MOST_RELEASES, ToldRelease, releases_of
from gatepost.core.signatures import read_signatures
from gatepost.errors import SignatureFileError
from gatepost.service.releases import Releases
from gatepost.service.waiting import SingleFlight

__all__ = ["Changelog"]

_HELD_SECONDS = 5.0

_Step = tuple[datetime | None, str]
"""When which file came into force for every site. The empty name is the file of each machine, which came into force
nobody knows when before anything was released."""


@dataclass
class Changelog:
    """The changelog of one worker."""

    releases: Releases
    _told: tuple[ToldRelease, ...] = field(default=(), init=False)
    _of: tuple[int, bytes] | None = field(default=None, init=False)
    """What that was made of: the number of the last release, and the machine's own file."""
    _until: float = field(default=0.0, init=False)
    _flights: SingleFlight[None, tuple[ToldRelease, ...]] = field(default_factory=SingleFlight, init=False)

    async def told(self) -> tuple[ToldRelease, ...]:
        """Each release for every site, newest first; the last one is the file that came before any release.

        Raises :class:`~gatepost.errors.StoreError`.
        """
        return self._told if monotonic() < self._until else await self._flights.once(None, self._look)

    async def _look(self) -> tuple[ToldRelease, ...]:
        present = await self.releases.present()
        of = present.number if present else 0, self.releases.machine.own_file
        if of != self._of:
            self._told, self._of = await self._tell(of[1]), of
        self._until = monotonic() + _HELD_SECONDS
        return self._told

    async def _tell(self, own: bytes) -> tuple[ToldRelease, ...]:
        # One more than is told, as the oldest that is told is compared with the one before it.
        steps = deque(_steps(await self.releases.history()), MOST_RELEASES + 1)
        octets = {sha256: await self.releases.octets(sha256) for sha256 in {sha256 for _, sha256 in steps if sha256}}
        return await asyncio.to_thread(lambda: releases_of(_sets({**octets, "": own}, steps)))


def _steps(releases: Sequence[Release]) -> Iterator[_Step]:
    before = ""
    yield None, before
    for release in releases:
        now = release.rollout.whole.sha256 if release.rollout.whole else ""
        if now != before:
            yield release.at, now
        before = now


def _sets(octets: dict[str, bytes | None], steps: Iterable[_Step]) -> Iterator[tuple[datetime, SignatureSet]]:
    """What a file of the record does not tell any more is passed over."""
    for at, sha256 in steps:
        try:
            read = read_signatures(octets[sha256] or b"")
        except SignatureFileError:
            continue
        yield at or _reviewed(read), read


def _reviewed(signatures: SignatureSet) -> datetime:
    """The beginning of the day on which a set was last reviewed."""
    return datetime.combine(freshness(signatures, datetime.now(UTC).date()).newest, time(), UTC)
