"""Re-check requests and what was observed."""

import sqlalchemy as sa
from alembic import op

from matchers.sightings import UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "recheck_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("done_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_recheck_requests_done_at"), "recheck_requests", ["done_at"], unique=False)
    op.create_table(
        "recheck_observations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("final_address", sa.Text(), nullable=True),
        sa.Column("content_type", sa.String(length=100), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("refusal", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["request_id"], ["recheck_requests.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_recheck_observations_request_id"), "recheck_observations", ["request_id"], unique=False)


def downgrade() -> None:
    """Drop them with what is in them."""
    op.drop_index(op.f("ix_recheck_observations_request_id"), table_name="recheck_observations")
    op.drop_table("recheck_observations")
    op.drop_index(op.f("ix_recheck_requests_done_at"), table_name="recheck_requests")
    op.drop_table("recheck_requests")
