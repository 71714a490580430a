"""What changed in the signatures from release to release, for everybody to read.

Rules: it is made anew only when something was released, once for all who wait, and in a thread; what a release was at
its time is read from the record.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from gatepost.core.crawlers import SignatureSet
from gatepost.core.freshness import freshness
from gatepost.core.releases import Release
from gatepost.core.signature_changelog import MOST_RELEASES, ToldRelease, releases_of
from gatepost.core.signatures import read_signatures
from gatepost.errors import SignatureFileError
from gatepost.service.releases import Releases
from gatepost.service.waiting import SingleFlight

__all__ = ["Changelog"]

_Key = tuple[int, str]
"""The number of the last release, and the SHA-256 of the machine's own file."""


@dataclass
class Changelog:
    """The changelog of one worker."""

    releases: Releases
    _told: dict[_Key, tuple[ToldRelease, ...]] = field(default_factory=dict, init=False)
    _flights: SingleFlight[_Key, tuple[ToldRelease, ...]] = field(default_factory=SingleFlight, init=False)

    async def told(self) -> tuple[ToldRelease, ...]:
        """Each release for every site, newest first; the last one is the file that came before any release.

        Raises :class:`~gatepost.errors.StoreError`.
        """
        present = await self.releases.present()
        key = present.number if present else 0, self.releases.own().sha256
        if key not in self._told:
            self._told = {key: await self._flights.once(key, self._tell)}
        return self._told[key]

    async def _tell(self) -> tuple[ToldRelease, ...]:
        steps = list(_steps(await self.releases.history()))[-MOST_RELEASES:]
        own = self.releases.own()
        octets = {sha256: await self.releases.octets(sha256) for sha256 in {sha256 for _, sha256 in steps if sha256}}
        return await asyncio.to_thread(lambda: releases_of(_sets(own, steps, octets)))


def _steps(releases: Sequence[Release]) -> Iterator[tuple[datetime, str]]:
    """When which file came into force for every site; the empty name is the file of each machine."""
    before = ""
    for release in releases:
        now = release.rollout.whole.sha256 if release.rollout.whole else ""
        if now != before:
            yield release.at, now
        before = now


def _sets(
    own: SignatureSet, steps: Sequence[tuple[datetime, str]], octets: dict[str, bytes | None]
) -> Iterator[tuple[datetime, SignatureSet]]:
    """What a file of the record does not tell any more is passed over."""
    today = datetime.now(UTC).date()
    yield datetime.combine(freshness(own, today).newest, time(), UTC), own
    for at, sha256 in steps:
        if not sha256:
            yield at, own
            continue
        try:
            yield at, read_signatures(octets[sha256] or b"")
        except SignatureFileError:
            continue
