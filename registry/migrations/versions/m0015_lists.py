"""Hash lists: whose they are, what they are for, and their entries."""

import sqlalchemy as sa
from alembic import op

from registry.migrations.columns import keep_out_of_statistics, of, row_id, sealed, time

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "hash_lists",
        of("people", "person_id", index=False, primary_key=True),
        sa.Column("centre_id", sa.Uuid, sa.ForeignKey("centres.id", ondelete="CASCADE"), nullable=True, index=True),
        sealed("record"),
        time("created_at"),
    )
    op.create_table(
        "hash_list_entries",
        row_id(),
        sa.Column("list_id", sa.Uuid, sa.ForeignKey("hash_lists.person_id", ondelete="CASCADE"), nullable=False),
        sealed("hash_index", nullable=True),
        sealed("external_index", nullable=True),
        sa.Column(
            "enrolment_id", sa.Uuid, sa.ForeignKey("enrolments.id", ondelete="CASCADE"), nullable=True, index=True
        ),
        sealed("record"),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False, index=True),
        time("withdrawn_at", nullable=True),
        sa.UniqueConstraint("list_id", "hash_index"),
        sa.UniqueConstraint("list_id", "external_index"),
    )
    keep_out_of_statistics("hash_lists", "record")
    keep_out_of_statistics("hash_list_entries", "hash_index", "external_index", "record")


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("hash_list_entries")
    op.drop_table("hash_lists")
