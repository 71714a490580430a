"""What crawlers took."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """From 0006; new tables alone."""
    op.create_table(
        "exposures",
        sa.Column("site", KEY, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("crawler", KEY, nullable=False),
        sa.Column("standing", sa.String(32), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("phase", sa.String(32), nullable=False),
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.Column("octets", sa.BigInteger, nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paths", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("site", "day", "crawler", "standing", "outcome", "phase", name="pk_exposures"),
    )
    op.create_index("ix_exposures_day", "exposures", ["day"])
    op.create_table(
        "readings",
        sa.Column("site", KEY, nullable=False),
        sa.Column("crawler", KEY, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("site", "crawler", name="pk_readings"),
    )
    op.create_index("ix_readings_at", "readings", ["at"])
