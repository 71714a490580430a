"""The tables, as both databases have them.

Rules: portable types only; ids and hosts compare by code point everywhere; a change of a table needs a migration, and a
test compares the two.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
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
    "duties",
    "events",
    "exposures",
    "former_hosts",
    "hosts",
    "known_sites",
    "metadata",
    "partners",
    "publications",
    "readings",
    "site_dates",
    "sites",
    "spent_links",
    "sweeps",
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
    Index("ix_former_hosts_site", "site"),
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

partners = Table(
    "partners",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("partner", Text, nullable=False),
    Column("secrets", Text, nullable=False),
    Column("gone", Boolean, nullable=False),
)
"""Data partners as they are now; all but their secrets is in the record too."""

known_sites = Table(
    "known_sites",
    metadata,
    Column("site", KEY, primary_key=True),
    Column("partner", KEY, primary_key=True),
    Column("purpose", String(32), primary_key=True),
    Column("terms", Text, nullable=False),
)
"""What each partner knows of each site that was ever open to it (``core/terms``)."""

site_dates = Table(
    "site_dates",
    metadata,
    Column("site", KEY, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_site_dates_at", "at"),
)
"""When what a site says is next another thing by itself, because of a date."""

sweeps = Table(
    "sweeps",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("begun", DateTime(timezone=True), nullable=False),
    Column("after", KEY, nullable=True),
)
"""When all sites were last begun to be looked at, and how far that has come; ``NULL``: to the end."""

receipts = Table(
    "receipts",
    metadata,
    Column("number", COUNTER, primary_key=True, autoincrement=False),
    Column("duty", COUNTER, nullable=False),
    Index("ix_receipts_duty", "duty", "number"),
)
"""Which notice each receipt of the record answers, both by their numbers there."""

duties = Table(
    "duties",
    metadata,
    Column("number", COUNTER, primary_key=True, autoincrement=False),
    Column("notice", KEY, nullable=False),
    Column("partner", KEY, nullable=False),
    Column("site", KEY, nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("item", KEY, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("deadline", DateTime(timezone=True), nullable=True),
    Column("stop_by", DateTime(timezone=True), nullable=True),
    Column("remove_by", DateTime(timezone=True), nullable=True),
    Column("delivery", String(32), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", DateTime(timezone=True), nullable=True),
    Column("leased", DateTime(timezone=True), nullable=True),
    Column("problem", Text, nullable=False),
    Column("delivered", DateTime(timezone=True), nullable=True),
    Column("stopped", DateTime(timezone=True), nullable=True),
    Column("removed", DateTime(timezone=True), nullable=True),
    Column("version", Text, nullable=False),
    Column("refused", DateTime(timezone=True), nullable=True),
    Column("reason", Text, nullable=False),
    Column("reminded", DateTime(timezone=True), nullable=True),
    Index("ix_duties_notice", "notice"),
    Index("ix_duties_site", "site", "number"),
    Index("ix_duties_partner", "partner", "number"),
    Index("ix_duties_due", "due"),
    Index("ix_duties_deadline", "deadline"),
    Index("ix_duties_open", "open", "partner", "number"),
)
"""What became of each notice, by its number in the record and its id; ``leased``: until when somebody is pushing it."""
