"""Data partners, what they know of sites, and what becomes of the notices that they are sent."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """From 0005; new tables, and an index on one that there was."""
    op.create_index("ix_former_hosts_site", "former_hosts", ["site"])
    op.create_table(
        "partners",
        sa.Column("id", KEY, nullable=False),
        sa.Column("partner", sa.Text, nullable=False),
        sa.Column("secrets", sa.Text, nullable=False),
        sa.Column("gone", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_partners"),
    )
    op.create_table(
        "known_sites",
        sa.Column("site", KEY, nullable=False),
        sa.Column("partner", KEY, nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("terms", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("site", "partner", "purpose", name="pk_known_sites"),
    )
    op.create_table(
        "site_dates",
        sa.Column("site", KEY, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("site", name="pk_site_dates"),
    )
    op.create_index("ix_site_dates_at", "site_dates", ["at"])
    op.create_table(
        "sweeps",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("begun", TIME, nullable=False),
        sa.Column("after", KEY, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_sweeps"),
    )
    op.create_table(
        "receipts",
        sa.Column("number", COUNTER, nullable=False, autoincrement=False),
        sa.Column("duty", COUNTER, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_receipts"),
    )
    op.create_index("ix_receipts_duty", "receipts", ["duty", "number"])
    _create_duties()


def _create_duties() -> None:
    op.create_table(
        "duties",
        sa.Column("number", COUNTER, nullable=False, autoincrement=False),
        sa.Column("notice", KEY, nullable=False),
        sa.Column("partner", KEY, nullable=False),
        sa.Column("site", KEY, nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("item", KEY, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("deadline", TIME, nullable=True),
        sa.Column("stop_by", TIME, nullable=True),
        sa.Column("remove_by", TIME, nullable=True),
        sa.Column("delivery", sa.String(32), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due", TIME, nullable=True),
        sa.Column("leased", TIME, nullable=True),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("delivered", TIME, nullable=True),
        sa.Column("stopped", TIME, nullable=True),
        sa.Column("removed", TIME, nullable=True),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("refused", TIME, nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("reminded", TIME, nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_duties"),
    )
    op.create_index("ix_duties_notice", "duties", ["notice"])
    op.create_index("ix_duties_site", "duties", ["site", "number"])
    op.create_index("ix_duties_partner", "duties", ["partner", "number"])
    op.create_index("ix_duties_due", "duties", ["due"])
    op.create_index("ix_duties_deadline", "duties", ["deadline"])
    op.create_index("ix_duties_open", "duties", ["open", "partner", "number"])
