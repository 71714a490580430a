"""The manifest of an export: what was handed over to whom, for what, by which policy, and how much was withheld why.

Rules: what went in is what was shared and what was withheld, or there is no manifest; what is signed is the manifest in
its canonical spelling (``core/record``), which a reader can make again from the JSON that it finds.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gatepost.core.export_consents import Consents
from gatepost.core.exports import Tally
from gatepost.core.record import spelled

__all__ = ["FileFacts", "Manifest", "Signer"]


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file as it was read or written."""

    name: str
    """Without the folders above it: a partner reads it."""
    octets: int
    sha256: str
    """In hexadecimal."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs (Ed25519)."""

    public: str
    """The public key in base64."""
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True)
class Manifest:
    """What is told of an export, or of a dry run, which is told apart from one."""

    at: datetime
    """When it was handed over, or only counted."""
    consents: Consents
    """What the sites said then."""
    tally: Tally
    source: FileFacts
    out: FileFacts | None
    """``None``: nothing was written."""

    def fields(self) -> dict[str, object]:
        """As JSON has it."""
        partner = self.consents.partner
        return {
            "record": "gatepost-export/1" if self.out else "gatepost-export-dry-run/1",
            "partner": self.consents.partner.id,
            "licence": {"since": partner.since.isoformat(), "until": partner.until and partner.until.isoformat()},
            "purpose": self.consents.purpose.value,
            "at": self.at.isoformat(),
            "policy": {"position": self.consents.position, "sites": self.consents.sites},
            "items": counts_of(self.tally),
            "in": _told(self.source),
            "out": _told(self.out) if self.out else None,
        }

    def octets(self, signer: Signer | None) -> bytes:
        """The manifest's file: what is said, and the signature of it if somebody signs."""
        said = self.fields()
        seal = base64.b64encode(signer.sign(spelled(said))).decode("ascii") if signer else None
        whole = {"manifest": said, "signature": seal, "key": signer.public if signer else None}
        return json.dumps(whole, indent=2).encode() + b"\n"


def counts_of(tally: Tally) -> dict[str, object]:
    """What became of the items, as JSON has it; an item with several reasons counts for each."""
    reasons = {reason.value: count for reason, count in tally.reasons.most_common()}
    return {"in": tally.taken, "shared": tally.shared, "withheld": tally.withheld, "reasons": reasons}


def _told(file: FileFacts) -> dict[str, object]:
    return {"name": file.name, "octets": file.octets, "sha256": file.sha256}
