"""Trails to other rooms, marks of pages with a match, candidate targets with their evidence."""

import sqlalchemy as sa
from alembic import op

from matchers.sightings import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "trails",
        sa.Column("page_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("address_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("page_url", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("announced", sa.Boolean(), nullable=False),
        sa.Column("first_seen_at", UtcTime(), nullable=False),
        sa.Column("last_seen_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("page_key", "address_key"),
    )
    op.create_index(op.f("ix_trails_target"), "trails", ["target"])
    op.create_index(op.f("ix_trails_last_seen_at"), "trails", ["last_seen_at"])
    op.create_table(
        "page_marks",
        sa.Column("page_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("marked_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("page_key"),
    )
    op.create_index(op.f("ix_page_marks_marked_at"), "page_marks", ["marked_at"])
    op.create_table(
        "candidates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("found_at", UtcTime(), nullable=False),
        sa.Column("decided_at", UtcTime(), nullable=True),
        sa.Column("target", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("address_key"),
    )
    op.create_table(
        "candidate_evidence",
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("page_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("why", sa.String(length=12), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("page_url", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidates.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("candidate_id", "page_key", "why"),
    )


def downgrade() -> None:
    """Drop them with what is in them."""
    for name in ("candidate_evidence", "candidates", "page_marks", "trails"):
        op.drop_table(name)
