"""Entries of the frontier by the number of their site, so that sites can be handed out in turn."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the number; entries that wait already count as of one site until the next crawl finds them again."""
    op.add_column("frontier", sa.Column("site", sa.Integer(), nullable=False, server_default="0"))
    op.drop_index("frontier_next", table_name="frontier")
    op.create_index("frontier_next", "frontier", ["run_id", "state", "abandoned", "priority", "site", "id"])


def downgrade() -> None:
    """Take it away."""
    op.drop_index("frontier_next", table_name="frontier")
    op.create_index("frontier_next", "frontier", ["run_id", "state", "abandoned", "priority", "id"])
    op.drop_column("frontier", "site")
