"""Ranges of the sighting log, so that several matching workers share it."""

import sqlalchemy as sa
from alembic import op

from registry.migrations.columns import time

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the table; a reader goes on from its cursor."""
    op.create_table(
        "log_ranges",
        sa.Column("reader", sa.String, primary_key=True),
        sa.Column("after", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("upto", sa.BigInteger, nullable=False),
        sa.Column("holder", sa.String, nullable=False),
        time("until"),
    )


def downgrade() -> None:
    """Drop it; what was taken and not done is compared again."""
    op.drop_table("log_ranges")
    op.execute("DELETE FROM cursors WHERE name = 'match-taken'")
