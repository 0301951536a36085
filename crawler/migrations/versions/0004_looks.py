"""What a re-check saw beyond the status: facts about the page, and the pictures on it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; older observations have neither."""
    op.add_column("recheck_observations", sa.Column("facts", sa.Text(), nullable=True))
    op.add_column("recheck_observations", sa.Column("shown", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Drop them with what is in them."""
    with op.batch_alter_table("recheck_observations") as table:
        table.drop_column("shown")
        table.drop_column("facts")
