"""The tables, as both databases have them.

Rules: portable types only; ids and hosts compare by code point everywhere; a change of a table needs a migration, and a
test compares the two.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = [
    "VERSION_TABLE",
    "answers_kept",
    "blobs",
    "events",
    "exposures",
    "former_hosts",
    "hosts",
    "metadata",
    "publications",
    "readings",
    "sites",
    "spent_links",
    "tokens",
    "workers",
]

VERSION_TABLE = "gatepost_version"
"""Where Alembic keeps the schema's version; not its default name, which the host application may use."""

KEY = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts by code point, as SQLite sorts it."""

COUNTER = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite finds a row by its number at once only in a column whose type is exactly INTEGER."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

events = Table(
    "events",
    metadata,
    Column("seq", COUNTER, primary_key=True, autoincrement=False),
    Column("site", KEY, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor_kind", String(32), nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("change", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    UniqueConstraint("site", "revision"),
)
"""The truth: only ever added to. ``seq`` counts from 1 without gaps, ``digest`` chains the rows (``core/record``)."""

sites = Table(
    "sites",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("visibility", String(32), nullable=False),
    Column("statement", Text, nullable=False),
    Column("robots_txt", Text, nullable=False),
    Column("region", Text, nullable=False, server_default=""),
    Column("plan", Text, nullable=False, server_default=""),
    Column("kept", Text, nullable=False, server_default="[]"),
)
"""The projection: what the events leave, written with them."""

hosts = Table(
    "hosts",
    metadata,
    Column("host", KEY, primary_key=True),
    Column("site", KEY, ForeignKey("sites.id"), nullable=False),
    Column("position", Integer, nullable=False),
    UniqueConstraint("site", "position"),
)
"""The sites' hosts, a part of the projection; the primary key is what makes a host one site's only."""

former_hosts = Table(
    "former_hosts",
    metadata,
    Column("host", KEY, nullable=False),
    Column("site", KEY, nullable=False),
    PrimaryKeyConstraint("host", "site"),
)
"""The hosts that sites gave up, a part of the projection; some of them have them again."""

publications = Table(
    "publications",
    metadata,
    Column("number", COUNTER, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("key", KEY, nullable=False),
    Column("content", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Index("ix_publications_kind_key_number", "kind", "key", "number"),
)
"""What was served: only ever added to, and chained as events are, in a chain of its own."""

blobs = Table(
    "blobs",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("packed", LargeBinary, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)
"""The octets that publications name by their SHA-256, packed by zlib; ``seal`` is the SHA-256 of what is packed."""

tokens = Table(
    "tokens",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("actor_kind", String(32), nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("sites", Text, nullable=True),
    Column("digest", LargeBinary, nullable=False),
    Column("added", DateTime(timezone=True), nullable=False),
    Column("expires", DateTime(timezone=True), nullable=True),
    Column("former", LargeBinary, nullable=False),
    Column("former_until", DateTime(timezone=True), nullable=True),
)
"""Operator tokens by their ids; of their secrets only digests."""

spent_links = Table(
    "spent_links",
    metadata,
    Column("nonce", KEY, primary_key=True),
    Column("expires", DateTime(timezone=True), nullable=False),
)
"""Owner links that were used, until they would have expired anyway."""

answers_kept = Table(
    "answers_kept",
    metadata,
    Column("credential", KEY, primary_key=True),
    Column("key", KEY, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=True),
    Column("expires", DateTime(timezone=True), nullable=False),
)
"""What was answered to a change that named an idempotency key; no answer while it is being made."""

workers = Table(
    "workers",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("report", Text, nullable=False),
)
"""What each worker told of itself last."""

exposures = Table(
    "exposures",
    metadata,
    Column("site", KEY, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("crawler", KEY, primary_key=True),
    Column("standing", String(32), primary_key=True),
    Column("outcome", String(32), primary_key=True),
    Column("phase", String(32), primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("octets", BigInteger, nullable=False),
    Column("first_seen", DateTime(timezone=True), nullable=False),
    Column("last_seen", DateTime(timezone=True), nullable=False),
    Column("paths", LargeBinary, nullable=True),
    Index("ix_exposures_day", "day"),
)
"""What crawlers took, as counts; ``paths`` is a sketch of the different ones (``core/sketches``)."""

readings = Table(
    "readings",
    metadata,
    Column("site", KEY, primary_key=True),
    Column("crawler", KEY, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Index("ix_readings_at", "at"),
)
"""When each crawler read a site's robots.txt last, and which octets."""
