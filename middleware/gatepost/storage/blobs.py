"""Octets by their SHA-256, each kept once, packed.

Rules: what is kept is never changed; whatever is read is checked against its name by whoever answers with it.
"""

import hashlib
import zlib
from collections.abc import Collection, Iterable

from sqlalchemy import Connection, bindparam, insert, select

from gatepost.storage.reading import BATCH
from gatepost.storage.tables import blobs

__all__ = ["blob", "keep_blobs", "missing_blobs", "unpacked"]

_THERE = select(blobs.c.sha256).where(blobs.c.sha256.in_(bindparam("names", expanding=True)))
_PACKED = select(blobs.c.packed).where(blobs.c.sha256 == bindparam("name"))


def keep_blobs(connection: Connection, octets: Iterable[bytes]) -> None:
    """Keep each, unless it is kept already."""
    named = {hashlib.sha256(one).digest(): one for one in octets}
    rows = []
    for name in missing_blobs(connection, named):
        packed = zlib.compress(named[name], 9)
        rows.append({"sha256": name, "packed": packed, "seal": hashlib.sha256(packed).digest()})
    if rows:
        connection.execute(insert(blobs), rows)


def missing_blobs(connection: Connection, names: Collection[bytes]) -> set[bytes]:
    """Those of these names that nothing is kept under."""
    missing, wanted = set(names), list(names)
    for start in range(0, len(wanted), BATCH):
        found = connection.execute(_THERE, {"names": wanted[start : start + BATCH]})
        missing.difference_update(row.sha256 for row in found)
    return missing


def blob(connection: Connection, name: bytes) -> bytes | None:
    """What is kept under a name; ``None`` when nothing is, or something else."""
    packed = connection.execute(_PACKED, {"name": name}).scalar()
    octets = unpacked(packed) if isinstance(packed, bytes) else b""
    return octets if hashlib.sha256(octets).digest() == name and packed is not None else None


def unpacked(packed: bytes) -> bytes:
    """The octets; none where they cannot be unpacked."""
    try:
        return zlib.decompress(packed)
    except zlib.error:
        return b""
