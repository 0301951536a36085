"""Hosts that asked to be left alone, and what each site was asked for in a day."""

import sqlalchemy as sa
from alembic import op

from matchers.sightings import UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "opt_outs",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("host"),
    )
    op.create_table(
        "site_days",
        sa.Column("site", sa.String(length=270), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site", "day"),
    )


def downgrade() -> None:
    """Drop them with what is in them."""
    op.drop_table("site_days")
    op.drop_table("opt_outs")
