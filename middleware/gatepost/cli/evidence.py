"""An evidence bundle: what one site said and was served at a time, and the proof that both stand in the record.

Rules: a ZIP file with the same octets whenever the same is asked of the same record; nothing of another site is in it
(the defaults above the site, which are the platform's own, are); whoever has it can check it without Gatepost.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING

from gatepost.cli.rows_written import row_of
from gatepost.core.record import Entry, Proof
from gatepost.core.state import State, wishes_of
from gatepost.service.served import Format, Served
from gatepost.storage.engines import database_of
from gatepost.storage.proofs import Proofs, proofs_of

if TYPE_CHECKING:
    from gatepost.wiring import Gate

__all__ = ["bundle", "evidence_files", "json_octets", "packed"]

README = """What {host} said about AI crawlers and was served, at {at}

statement.json   what the owner said, what the platform's defaults said, and what each file in served/ comes from
statement.txt    the owner's statement, a wish a line
served/          the exact octets that were served then; fields are the response fields
rebuilt/         what should have been served, where no entry of the record says that it was
causes/          all that the octets were rendered from
signatures.yaml  the signature file that was in force
proofs.json      the entries of the record, and for each the steps that show that it stands under the record's head
verify.py        checks all this:   python3 verify.py

verify.py needs nothing but Python 3. It proves that the events and the octets stood in the record when it had the heads
that proofs.json names. That the record itself is the true one is proved by a head that somebody noted at the time,
outside of the platform's reach: give it to verify.py (python3 verify.py events:NUMBER:DIGEST). Whoever does not trust
the verify.py in this bundle takes the one from Gatepost's source, gatepost/cli/evidence_check.py.
"""


async def bundle(gate: "Gate", host: str, at: datetime) -> bytes:
    """The bundle about the site that had a host then."""
    return packed(await evidence_files(gate, host, at))


async def evidence_files(gate: "Gate", host: str, at: datetime, published: Collection[int] = ()) -> Mapping[str, bytes]:
    """The files of the bundle; ``published`` are more entries of the record that are proved in it, by their numbers."""
    served = [await gate.served.at(host, at, format) for format in Format]
    proofs = await _proofs(gate, served, published)
    signatures = await gate.store.octets(bytes.fromhex(served[0].edition.signatures))
    return {
        "README.txt": README.format(host=host, at=at.isoformat()).encode(),
        "statement.json": json_octets(_statement(served)),
        "statement.txt": "".join(f"{wish}\n" for wish in _wishes(served[0].state)).encode(),
        **_octets(served),
        **({"signatures.yaml": signatures} if signatures else {}),
        "proofs.json": json_octets(_told_proofs(proofs)),
        "verify.py": files("gatepost.cli").joinpath("evidence_check.py").read_bytes(),
    }


async def _proofs(gate: "Gate", served: Sequence[Served], published: Collection[int]) -> Proofs:
    """Of every event of the site, and of the publications that its octets come from."""
    site = served[0].state.site
    numbers = {number for one in served for number in (one.in_force, one.of_app, one.rendering) if number}
    numbers.update(published)
    database = database_of(gate.settings.database)
    try:
        return await database.run(partial(proofs_of, site=site.id if site else "", published=numbers), long=True)
    finally:
        await database.close()


def _wishes(state: State) -> Sequence[str]:
    return wishes_of(state.site.statement) if state.site else ()


def _statement(served: Sequence[Served]) -> Mapping[str, object]:
    state = served[0].state
    return {
        "host": served[0].host,
        "at": served[0].at.isoformat(),
        "site": state.site.id if state.site else None,
        "statement": row_of(state.site) if state.site else None,
        "above": [
            {"level": one.level.value, "name": one.name, "wishes": wishes_of(one.statement)} for one in state.above
        ],
        "served": [one.told() for one in served],
    }


def _octets(served: Iterable[Served]) -> Mapping[str, bytes]:
    found: dict[str, bytes] = {}
    for one in served:
        if one.octets is not None:
            folder = "rebuilt" if one.rendering is None else "served"
            found[f"{folder}/{one.format.value}"] = one.octets
        if one.rendering is not None:
            found[f"causes/{hashlib.sha256(one.cause).hexdigest()}.json"] = one.cause
    return found


def _told_proofs(proofs: Proofs) -> Mapping[str, object]:
    heads = {chain: {"number": head.number, "digest": head.digest.hex()} for chain, head in proofs.heads.items()}
    return {"heads": heads, "entries": [_told_entry(*proved) for proved in proofs.entries]}


def _told_entry(chain: str, entry: Entry, proof: Proof) -> Mapping[str, object]:
    steps = [
        {
            "number": step.number,
            "previous": step.previous.hex(),
            "jumped": step.jumped.hex(),
            "leaf": step.leaf.hex(),
        }
        for step in proof.steps
    ]
    return {"chain": chain, "number": entry.number, "content": entry.content.decode(), "proof": steps}


def json_octets(value: object) -> bytes:
    """A value as JSON that people read too."""
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()


def packed(members: Mapping[str, bytes]) -> bytes:
    """A ZIP file; ``files.json`` lists the others with their SHA-256."""
    listed = {name: hashlib.sha256(octets).hexdigest() for name, octets in members.items()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, octets in sorted({**members, "files.json": json_octets(listed)}.items()):
            entry = zipfile.ZipInfo(name)  # of 1980, as all times in it, so that the same gives the same
            entry.external_attr = 0o644 << 16
            bundle.writestr(entry, octets, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
