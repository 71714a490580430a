"""The record: events are chained, and what was served is kept.

Events get the next number each, without the gaps that transactions that were rolled back left on a server, and a
digest. Workers of the version before, which write neither, can add no event from here on: each try is refused whole
(``digest`` has no default) and answered as a store that fails; what they read stays readable. Numbers that moved are
positions in their eyes: where there were gaps, such a worker may miss the next changes, and has to be restarted.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from gatepost.core.record import Tail, spelled

revision = "0003"
down_revision = "0002"

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BATCH = 5_000

events = sa.table(
    "events",
    sa.column("seq", COUNTER),
    sa.column("site", sa.Text),
    sa.column("revision", sa.Integer),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("actor_kind", sa.Text),
    sa.column("actor_name", sa.Text),
    sa.column("kind", sa.Text),
    sa.column("change", sa.Text),
    sa.column("reason", sa.Text),
)
former_hosts = sa.table("former_hosts", sa.column("host", sa.Text), sa.column("site", sa.Text))


def upgrade() -> None:
    """From 0002."""
    op.create_table(
        "former_hosts",
        sa.Column("host", KEY, nullable=False),
        sa.Column("site", KEY, nullable=False),
        sa.PrimaryKeyConstraint("host", "site", name="pk_former_hosts"),
    )
    op.create_table(
        "publications",
        sa.Column("number", COUNTER, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_publications"),
    )
    op.create_index("ix_publications_kind_key_number", "publications", ["kind", "key", "number"])
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("packed", sa.LargeBinary, nullable=False),
        sa.Column("seal", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_blobs"),
    )
    op.add_column("events", sa.Column("digest", sa.LargeBinary))
    connection = op.get_bind()
    _chain(connection)
    _find_former_hosts(connection)
    with op.batch_alter_table("events", recreate="auto", table_kwargs={"sqlite_autoincrement": False}) as table:
        table.alter_column("digest", nullable=False, existing_type=sa.LargeBinary())
    if connection.dialect.name == "postgresql":
        op.alter_column("events", "seq", server_default=None)
        op.execute("DROP SEQUENCE events_seq_seq")


def _chain(connection: sa.Connection) -> None:
    """Number and seal what is there, the oldest first: no row gets a number that another one still has."""
    tail = Tail()
    change = sa.text("UPDATE events SET seq = :number, digest = :digest WHERE seq = :seq")
    for rows in _batches(connection):
        sealed = []
        for row in rows:
            number, at = tail.head.number + 1, _spelled(row["at"])
            digest = tail.add(spelled({**row, "seq": number, "at": at, "record": "event/1"}))
            sealed.append({"number": number, "digest": digest, "seq": row["seq"]})
        connection.execute(change, sealed)


def _batches(connection: sa.Connection) -> Iterator[list[dict[str, Any]]]:
    """All events, by the numbers that they had."""
    last = 0
    while rows := [
        dict(row)
        for row in connection.execute(
            sa.select(events).where(events.c.seq > last).order_by(events.c.seq).limit(BATCH)
        ).mappings()
    ]:
        last = rows[-1]["seq"]
        yield rows


def _spelled(at: datetime) -> str:
    """In UTC; SQLite keeps no zone."""
    moment = at.astimezone(UTC) if at.tzinfo else at
    return f"{moment.isoformat(timespec='microseconds')[:26]}Z"


def _find_former_hosts(connection: sa.Connection) -> None:
    removals = connection.execute(sa.select(events.c.site, events.c.change).where(events.c.kind == "host-removed"))
    found = {(json.loads(change)["host"], site) for site, change in removals}
    if found:
        connection.execute(sa.insert(former_hosts), [{"host": host, "site": site} for host, site in sorted(found)])
