"""Decisions of the matching, kept for a while so that other limits can be tried on them."""

import sqlalchemy as sa
from alembic import op

from registry.migrations.columns import keep_out_of_statistics, of, sealed, time

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "decisions",
        of("people", "person_id", index=False, primary_key=True),
        sealed("sighting_index", primary_key=True),
        of("enrolments", "enrolment_id", primary_key=True),
        sa.Column("exposure_id", sa.Uuid, sa.ForeignKey("exposures.id", ondelete="CASCADE"), index=True),
        sa.Column("found", sa.Boolean, nullable=False),
        sa.Column("silenced", sa.Boolean, nullable=False),
        sa.Column("crowded", sa.Boolean, nullable=False),
        sa.Column("weighed", sa.String, nullable=False),
        sa.Column("limits", sa.String, nullable=False),
        time("decided_at"),
    )
    op.create_index(op.f("ix_decisions_decided_at"), "decisions", ["decided_at"])
    keep_out_of_statistics("decisions", "sighting_index")


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("decisions")
