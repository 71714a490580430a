"""What a signature file is compared with: a file that is named, else the set that every site is judged by.

Rules: a file only has to be readable, as an older one may be from before some rule; nothing of this machine's overlay
is in it, as a file that is published comes without.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatepost.cli.inputs import has_database, signature_source, with_gate
from gatepost.errors import GatepostError, SignatureFileError

if TYPE_CHECKING:
    from gatepost.core.crawlers import SignatureSet
    from gatepost.wiring import Gate

__all__ = ["Before", "in_force", "read"]


@dataclass(frozen=True, slots=True)
class Before:
    """What a file is compared with."""

    signatures: "SignatureSet"
    release: int | None = None
    """The number of the release by which it is in force for every site."""
    told: str = ""
    """What it is, where nobody named it."""


def in_force(database: str | None) -> Before:
    """What every site is judged by: the set that was published for all of them, else this machine's file."""
    released = with_gate(database, _released) if has_database(database) else None
    if released is not None:
        return released
    name, source = signature_source(None)
    return Before(_parsed(name, source), told=f"this machine's file, {name}")


async def _released(gate: "Gate") -> Before | None:
    release = await gate.releases.present()
    if release is None or release.rollout.whole is None:
        return None
    signatures = await gate.releases.set_of(release.rollout.whole)
    return Before(signatures, release.number, f"what is in force for every site by release {release.number}")


def read(file: str) -> "SignatureSet":
    """The set in a file, or in stdin for ``-``; raises an error that names the file."""
    return _parsed(*signature_source(file))


def _parsed(name: str, source: bytes) -> "SignatureSet":
    from gatepost.core.signatures import read_signatures

    try:
        return read_signatures(source)
    except SignatureFileError as error:
        remedy = f"gatepost signatures lint {name} shows all its faults."
        raise GatepostError(f"{name}: {error}", id=error.id, remedy=remedy) from error
