"""Whether a database still holds what was written: both chains, the octets that they name, and what follows from them.

Rules: whatever is kept can be read here, however damaged; a page at a time, so that memory stays the same and writers
go on meanwhile; everything that differs is named with its table and its place.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, select

from gatepost.core.publications import blob_names
from gatepost.core.record import Head, Verification
from gatepost.storage.blobs import missing_blobs, unpacked
from gatepost.storage.chains import EVENTS, PUBLICATIONS, Chain, Row, octets_kept, raw
from gatepost.storage.duty_inspection import duties_missing, duties_page, partners_altered
from gatepost.storage.engines import Database
from gatepost.storage.projection import Difference, projection_page, strays
from gatepost.storage.tables import blobs

__all__ = ["Inspection"]

PAGE = 2_000


@dataclass
class Inspection:
    """One run over a database; ``count`` is called for every row."""

    database: Database
    count: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.heads: dict[str, Head] = {}
        """How far each chain goes, by its table, as it has been read."""

    async def everything(self, noted: Sequence[tuple[str, Head]] = ()) -> AsyncIterator[Difference]:
        """Every difference; ``noted`` are heads, each with its table, that the chains have to have gone through.

        Raises :class:`StoreUnavailable` for a database that cannot be read at all.
        """
        for chain in (EVENTS, PUBLICATIONS):
            wanted = {head.number: head.digest for table, head in noted if table == chain.table.name}
            async for difference in self._chain(chain, wanted):
                yield difference
        async for difference in self._blobs():
            yield difference
        async for difference in self._projection():
            yield difference
        async for difference in self._duties():
            yield difference
        for found in (strays, partners_altered, duties_missing):
            for difference in await self.database.run(found, long=True):
                yield difference

    async def _chain(self, chain: Chain, noted: Mapping[int, bytes]) -> AsyncIterator[Difference]:
        table, verification, open_heads = chain.table.name, Verification(), dict(noted)
        while page := await self.database.run(
            partial(chain.entries, after=verification.head.number, limit=PAGE), long=True
        ):
            for entry, row in page:
                for fault in verification.check(entry):
                    yield _told(table, row, fault.number, fault.missing_until)
                if open_heads.pop(entry.number, entry.digest) != entry.digest:
                    yield Difference(table, str(entry.number), _site(row), "is not what the noted head has sealed")
                self.count()
            if chain is PUBLICATIONS:
                for difference in await self.database.run(
                    partial(_without_octets, [row for _, row in page]), long=True
                ):
                    yield difference
        self.heads[table] = verification.head
        for number in open_heads:
            what = f"is missing: the chain ends at {verification.head.number}, and was noted to have it"
            yield Difference(table, str(number), "", what)

    async def _blobs(self) -> AsyncIterator[Difference]:
        after = b""
        while rows := await self.database.run(partial(_page_of_blobs, after=after), long=True):
            for row in rows:
                after = row["sha256"]
                if difference := _of_blob(row):
                    yield difference
                self.count()

    async def _projection(self) -> AsyncIterator[Difference]:
        after, found = await self.database.run(partial(projection_page, after="", limit=PAGE), long=True)
        while after:
            for difference in found:
                yield difference
            self.count()
            after, found = await self.database.run(partial(projection_page, after=after, limit=PAGE), long=True)

    async def _duties(self) -> AsyncIterator[Difference]:
        after = 0
        while True:
            number, found = await self.database.run(partial(duties_page, after=after, limit=PAGE), long=True)
            if number is None:
                return
            after = number
            for difference in found:
                yield difference
            self.count()


def _page_of_blobs(connection: Connection, after: bytes) -> Sequence[Row]:
    statement = select(*raw(connection, blobs.columns)).where(blobs.c.sha256 > after).order_by(blobs.c.sha256).limit(20)
    with octets_kept(connection):
        return connection.execute(statement).mappings().all()


def _site(row: Row) -> str:
    return str(row.get("site", ""))


def _told(table: str, row: Row, number: int, missing_until: int) -> Difference:
    if missing_until:
        numbers = str(number) if number == missing_until else f"{number}-{missing_until}"
        return Difference(table, numbers, "", "is missing")
    revision = f" (revision {row['revision']})" if "revision" in row else ""
    return Difference(table, str(number), _site(row), f"was altered, or what it seals{revision}")


def _without_octets(rows: Sequence[Row], connection: Connection) -> Sequence[Difference]:
    named = {sha256: row for row in rows for sha256 in blob_names(str(row["content"]))}
    missing = missing_blobs(connection, named)
    return [
        Difference("publications", str(named[sha256]["number"]), "", f"names octets that are not there: {sha256.hex()}")
        for sha256 in sorted(missing)
    ]


def _of_blob(row: Row) -> Difference | None:
    sha256, packed = (value if isinstance(value, bytes) else b"" for value in (row["sha256"], row["packed"]))
    if hashlib.sha256(packed).digest() == row["seal"] and hashlib.sha256(unpacked(packed)).digest() == sha256:
        return None
    return Difference("blobs", sha256.hex(), "", "is not what its name says")
