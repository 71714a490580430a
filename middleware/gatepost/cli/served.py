"""What a host was served at a time: found in the record, or rebuilt where nobody had asked.

Rules: what the record has is given back as it is; what is rebuilt is said to be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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
from gatepost.core.snapshot import ROBOTS_TXT, Rendering, render
from gatepost.core.state import State
from gatepost.errors import GatepostError

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["Format", "Served", "served_at"]


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


async def served_at(gate: "Gate", host: str, at: datetime, format: Format) -> Served:
    """What a host was served then.

    Raises :class:`GatepostError` for octets that are damaged, and where nothing is recorded and nothing can be rebuilt.
    """
    state = await gate.overviews.state_of(host, at)
    known = latest(await gate.store.published(Kind.IN_FORCE), at)
    edition = edition_of(known, state.site.id if state.site else host) if known else gate.edition
    canonical = state.site.host if state.site else host
    own = state.site.robots_txt if state.site else ""
    said = latest(await gate.store.published(Kind.APP_ROBOTS, canonical), at) if format is Format.ROBOTS_TXT else None
    own = joined(own, await _text(gate, said) if said else "")
    cause = rendering_cause(edition, state.policy, own, canonical)
    entry = await _entry(gate, rendering_key(cause), at)
    if entry is not None:
        octets = await _recorded(gate, entry, state, format, edition)
    else:
        octets = _octets(await _rebuilt(gate, edition, state, own, canonical), format, edition)
    numbers = [one.number if one else None for one in (known, said, entry)]
    return Served(host, at, format, state, edition, octets, cause, *numbers)


async def _text(gate: "Gate", entry: Published) -> str:
    """What the app behind said by an entry."""
    return "".join([(await _kept(gate, name)).decode() for name in blob_names(entry.content)])


async def _entry(gate: "Gate", key: str, at: datetime) -> Published | None:
    """The rendering that held then. It is the same at any time, unless a version's number was used for two; a worker
    may also have been ended before it had written it down, and another one have done so later."""
    entries = await gate.store.published(Kind.RENDERING, key)
    return latest(entries, at) or (entries[0] if entries else None)


async def _recorded(gate: "Gate", entry: Published, state: State, format: Format, edition: Edition) -> bytes | None:
    if format is Format.FIELDS:
        return _lines(fields_of(entry, state.policy.everywhere.preferences))
    name = document_name(entry, _path(format, edition))
    return await _kept(gate, name) if name else None


async def _kept(gate: "Gate", name: bytes) -> bytes:
    octets = await gate.store.octets(name)
    if octets is None:
        raise GatepostError(
            f"the record names octets that it does not have: {name.hex()}",
            id="record.octets",
            remedy="Run gatepost record verify, and restore a backup.",
        )
    return octets


async def _rebuilt(gate: "Gate", edition: Edition, state: State, own: str, host: str) -> Rendering:
    from gatepost.core.signatures import read_signatures

    signatures = gate.signatures
    if edition.signatures != signatures.sha256:
        signatures = read_signatures(await _kept(gate, bytes.fromhex(edition.signatures)))
    return render(state.policy, own, signatures, edition.addresses(host), host)


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
