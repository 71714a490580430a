"""Events, sites and hosts.

Rules of every migration: it only adds, so that workers of the version before go on; it never changes once released, so
it spells its tables out; there is no way down.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From nothing."""
    op.create_table(
        "events",
        sa.Column("seq", COUNTER, autoincrement=True, nullable=False),
        sa.Column("site", KEY, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(32), nullable=False),
        sa.Column("actor_name", sa.Text, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("change", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_events"),
        sa.UniqueConstraint("site", "revision", name="uq_events_site_revision"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sites",
        sa.Column("id", KEY, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("visibility", sa.String(32), nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("robots_txt", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sites"),
    )
    op.create_table(
        "hosts",
        sa.Column("host", KEY, nullable=False),
        sa.Column("site", KEY, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("host", name="pk_hosts"),
        sa.ForeignKeyConstraint(["site"], ["sites.id"], name="fk_hosts_site"),
        sa.UniqueConstraint("site", "position", name="uq_hosts_site_position"),
    )
