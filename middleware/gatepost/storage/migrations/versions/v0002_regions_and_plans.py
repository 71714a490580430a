"""Regions and plans of sites, and what sites keep of the defaults that they came from."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """From 0001; the defaults are for workers of the version before, which write no such columns."""
    op.add_column("sites", sa.Column("region", sa.Text, nullable=False, server_default=""))
    op.add_column("sites", sa.Column("plan", sa.Text, nullable=False, server_default=""))
    op.add_column("sites", sa.Column("kept", sa.Text, nullable=False, server_default="[]"))
