"""What shows that something stands in the record: entries of both chains, each with its proof."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from gatepost.core.record import Entry, Head, Proof
from gatepost.storage.chains import EVENTS, PUBLICATIONS
from gatepost.storage.reading import batches
from gatepost.storage.tables import events, receipts

__all__ = ["Proofs", "proofs_of", "receipts_about"]


_RECEIPTS = select(receipts.c.number).where(receipts.c.duty.in_(bindparam("about", expanding=True)))


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


def receipts_about(connection: Connection, notices: Collection[int]) -> set[int]:
    """The numbers of what partners said of some notices, by their numbers."""
    asked = [{"about": batch} for batch in batches(notices)]
    return {row.number for some in asked for row in connection.execute(_RECEIPTS, some)}


def _history(connection: Connection, site: str, head: Head) -> Sequence[int]:
    statement = select(events.c.seq).where(events.c.site == site, events.c.seq <= head.number)
    return [row.seq for row in connection.execute(statement.order_by(events.c.revision))]
