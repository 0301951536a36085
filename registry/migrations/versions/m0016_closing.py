"""When a centre was closed, and which one it names as its successor."""

import sqlalchemy as sa
from alembic import op

from registry.migrations.columns import time

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("centres", time("closed_at", nullable=True))
    op.add_column("centres", sa.Column("successor_id", sa.Uuid, nullable=True))


def downgrade() -> None:
    """Drop them again."""
    op.drop_column("centres", "successor_id")
    op.drop_column("centres", "closed_at")
