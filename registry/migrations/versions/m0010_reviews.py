"""Verified people, and photos of two accounts that are too alike."""

import sqlalchemy as sa
from alembic import op

from registry.migrations.columns import of, time

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "verifications",
        of("people", "person_id", index=False, primary_key=True),
        sa.Column("by", sa.String, nullable=False),
        time("at"),
    )
    op.create_table(
        "review_sides",
        sa.Column("review_id", sa.Uuid, primary_key=True),
        of("enrolments", "enrolment_id", primary_key=True),
        of("people", "person_id"),
        sa.Column("outcome", sa.String, nullable=True),
        time("created_at"),
        time("decided_at", nullable=True),
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("review_sides")
    op.drop_table("verifications")
