"""What shows that something stands in the record: entries of both chains, each with its proof."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from gatepost.core.publications import Kind
from gatepost.core.record import Entry, Head, Proof
from gatepost.storage.chains import EVENTS, PUBLICATIONS
from gatepost.storage.tables import events, publications

__all__ = ["Proofs", "proofs_of", "receipts_about"]


@dataclass(frozen=True, slots=True)
class Proofs:
    """Entries that stand under the heads of one moment; chains by the names of their tables."""

    heads: Mapping[str, Head]
    entries: Sequence[tuple[str, Entry, Proof]]


def proofs_of(connection: Connection, site: str, published: Collection[int]) -> Proofs:
    """Of every event of a site, and of the publications with these numbers."""
    heads = {chain: chain.head(connection) for chain in (EVENTS, PUBLICATIONS)}
    wanted = {EVENTS: _history(connection, site, heads[EVENTS]), PUBLICATIONS: published}
    entries = [
        (chain.table.name, entry, chain.proof(connection, entry.number, heads[chain]))
        for chain, numbers in wanted.items()
        for entry, _ in (chain.named(connection, numbers) if numbers else ())
    ]
    return Proofs({chain.table.name: head for chain, head in heads.items()}, entries)


def receipts_about(connection: Connection, partner: str, notices: Collection[str]) -> Sequence[int]:
    """The numbers of what a partner said of some notices, by their ids."""
    statement = select(publications.c.number, publications.c.content).where(
        publications.c.kind == Kind.RECEIPT.value, publications.c.key == partner
    )
    rows = connection.execution_options(yield_per=1_000).execute(statement)
    return [row.number for row in rows if json.loads(row.content)["notice"] in notices]


def _history(connection: Connection, site: str, head: Head) -> Sequence[int]:
    statement = select(events.c.seq).where(events.c.site == site, events.c.seq <= head.number)
    return [row.seq for row in connection.execute(statement.order_by(events.c.revision))]
