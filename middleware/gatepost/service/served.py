"""What a host was served at a time: found in the record, or rebuilt where nobody had asked.

Rules: what the record has is given back as it is; what is rebuilt is said to be.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from gatepost.core.own_robots import joined
from gatepost.core.publications import (
    Edition,
    Kind,
    Published,
    blob_names,
    document_name,
    edition_of,
    fields_of,
    latest,
    rendering_cause,
    rendering_key,
)
from gatepost.core.sites import Site, present, until
from gatepost.core.snapshot import ROBOTS_TXT, Rendering, render
from gatepost.core.state import State
from gatepost.errors import GatepostError, StoreError

if TYPE_CHECKING:
    from gatepost.service.overviews import Overviews

__all__ = ["Format", "Served", "ServedFile", "ServedFiles"]


class Format(StrEnum):
    """What can be shown."""

    ROBOTS_TXT = "robots.txt"
    AI_TXT = "ai.txt"
    FIELDS = "fields"
    TDMREP = "tdmrep.json"
    RSL = "rsl"


@dataclass(frozen=True, slots=True)
class Served:
    """An answer of the record; ``octets`` is ``None`` where there was no such document."""

    host: str
    at: datetime
    format: Format
    state: State
    edition: Edition
    octets: bytes | None
    cause: bytes
    """What they followed from."""
    in_force: int | None
    """The number of the entry that tells the edition; ``None`` when no worker had begun to serve by then."""
    of_app: int | None
    """The number of the entry that tells what the app behind said in its own robots.txt, if it was taken in."""
    rendering: int | None
    """The number of the entry that names the octets; ``None`` for octets that were rebuilt."""

    def told(self) -> dict[str, object]:
        """For machines."""
        site = self.state.site
        return {
            "host": self.host,
            "at": self.at.isoformat(),
            "format": self.format.value,
            "site": site.id if site else None,
            "revision": site.revision if site else None,
            "signatures": self.edition.signatures,
            "gatepost": self.edition.gatepost,
            "in_force": self.in_force,
            "rendering": self.rendering,
            "rebuilt": self.rendering is None,
        }


@dataclass(frozen=True, slots=True)
class ServedFile:
    """What is told of a file by its sum."""

    path: str
    """Where it was read."""
    sha256: str
    """In hexadecimal; empty where there was no such file then."""
    rebuilt: bool
    """Whether no entry says that it was served, so that it was made again from what was said."""
    known: bool = True
    """Whether it can be told at all."""


@dataclass(frozen=True)
class ServedFiles:
    """What was served, by the record; ``edition`` is what is in force where it says nothing."""

    overviews: "Overviews"
    edition: Edition

    @property
    def now(self) -> datetime:
        """Up to when something can have been served."""
        return self.overviews.owners.clock.now()

    async def at(self, host: str, at: datetime, format: Format) -> Served:
        """What a host was served then.

        Raises :class:`GatepostError` for octets that are damaged, for a time to come, and where nothing is recorded and
        nothing can be rebuilt.
        """
        self._check_time(at)
        store = self.overviews.store
        state = await self.overviews.state_of(host, at)
        known = latest(await store.published(Kind.IN_FORCE), at)
        edition = edition_of(known, state.site.id if state.site else host) if known else self.edition
        canonical = state.site.host if state.site else host
        own = state.site.robots_txt if state.site else ""
        said = latest(await store.published(Kind.APP_ROBOTS, canonical), at) if format is Format.ROBOTS_TXT else None
        own = joined(own, await self._text(said) if said else "")
        cause = rendering_cause(edition, state.policy, own, canonical)
        entry = await self._entry(rendering_key(cause), at)
        if entry is not None:
            octets = await self._recorded(entry, state, format, edition)
        else:
            octets = _octets(await self._rebuilt(edition, state, own, canonical), format, edition)
        numbers = [one.number if one else None for one in (known, said, entry)]
        return Served(host, at, format, state, edition, octets, cause, *numbers)

    def _check_time(self, at: datetime) -> None:
        if at > self.now:
            raise GatepostError(
                f"nothing was served yet at {at.isoformat(timespec='seconds')}",
                id="record.time.to-come",
                remedy="Ask for a time that is over; gatepost preview --at shows what will be served.",
            )

    async def last_moment(self, site: Site, revision: int) -> datetime | None:
        """The last moment at which a site was as a change had left it: now, or just before the next change; ``None``
        where there is no such change."""
        events = {event.revision: event for event in await self.overviews.store.history(site.id)}
        event, following = events.get(revision), events.get(revision + 1)
        if event is None:
            return None
        return max(event.at, following.at - _MOMENT if following else self.now)

    async def files(self, site: Site, at: datetime) -> Sequence[ServedFile]:
        """The files that a site was served at a time, under the canonical host that it had then; none without one."""
        then = present(until(at, await self.overviews.store.history(site.id)))
        return [await self._file(then, at, format) for format in _FILES] if then and then.hosts else []

    async def _file(self, site: Site, at: datetime, format: Format) -> ServedFile:
        path = _path(format, self.edition)
        try:
            served = await self.at(site.host, at, format)
        except StoreError:
            raise
        except GatepostError:
            return ServedFile(path, "", rebuilt=False, known=False)
        path, octets = _path(format, served.edition), served.octets
        if served.state.subject.id != site.id:  # at this very moment the host went to somebody else
            return ServedFile(path, "", rebuilt=False, known=False)
        sha256 = hashlib.sha256(octets).hexdigest() if octets is not None else ""
        return ServedFile(path, sha256, served.rendering is None)

    async def _text(self, entry: Published) -> str:
        """What the app behind said by an entry."""
        return "".join([(await self._kept(name)).decode() for name in blob_names(entry.content)])

    async def _entry(self, key: str, at: datetime) -> Published | None:
        """The rendering that held then. It is the same at any time, unless a version's number was used for two; a
        worker may also have been ended before it had written it down, and another one have done so later."""
        entries = await self.overviews.store.published(Kind.RENDERING, key)
        return latest(entries, at) or (entries[0] if entries else None)

    async def _recorded(self, entry: Published, state: State, format: Format, edition: Edition) -> bytes | None:
        if format is Format.FIELDS:
            return _lines(fields_of(entry, state.policy.everywhere.preferences))
        name = document_name(entry, _path(format, edition))
        return await self._kept(name) if name else None

    async def _kept(self, name: bytes) -> bytes:
        octets = await self.overviews.store.octets(name)
        if octets is None:
            raise GatepostError(
                f"the record names octets that it does not have: {name.hex()}",
                id="record.octets",
                remedy="Run gatepost record verify, and restore a backup.",
            )
        return octets

    async def _rebuilt(self, edition: Edition, state: State, own: str, host: str) -> Rendering:
        from gatepost.core.signatures import read_signatures

        signatures = self.overviews.owners.signatures()
        if edition.signatures != signatures.sha256:
            source = await self._kept(bytes.fromhex(edition.signatures))
            signatures = await asyncio.to_thread(read_signatures, source)
        return await asyncio.to_thread(render, state.policy, own, signatures, edition.addresses(host), host)


def _octets(rendering: Rendering, format: Format, edition: Edition) -> bytes | None:
    if format is Format.FIELDS:
        return _lines(rendering.fields_everywhere)
    document = rendering.documents.get(_path(format, edition))
    return document.body if document else None


def _lines(fields: Sequence[tuple[bytes, bytes]]) -> bytes:
    return b"".join(b"%b: %b\n" % field for field in fields)


def _path(format: Format, edition: Edition) -> str:
    return {
        Format.ROBOTS_TXT: ROBOTS_TXT,
        Format.AI_TXT: "/ai.txt",
        Format.TDMREP: "/.well-known/tdmrep.json",
        Format.RSL: f"{edition.prefix}/license.xml",
    }[format]


_FILES = (Format.ROBOTS_TXT, Format.AI_TXT, Format.TDMREP, Format.RSL)
"""Those that are read at a path of their own."""

_MOMENT = timedelta(microseconds=1)
"""As short as times are told."""
