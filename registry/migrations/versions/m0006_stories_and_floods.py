"""Stories, floods, and alerts that say where was looked."""

import sqlalchemy as sa
from alembic import op

from registry.migrations.columns import keep_out_of_statistics, of, row_id, sealed, time

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables and columns; exposures that are there get their story when they are seen again."""
    op.create_table("stories", row_id(), of("people", "person_id"), sealed("picture"), time("created_at"))
    # Column by column, and no reference: SQLite would write the table anew for one, and dropping the old one takes
    # along what hangs on it.
    op.add_column("exposures", sa.Column("story_id", sa.Uuid, nullable=True))
    op.add_column("exposures", sealed("picture_index", nullable=True))
    op.create_index("ix_exposures_story_id", "exposures", ["story_id"])
    op.create_index("ix_exposures_picture_index", "exposures", ["picture_index"])
    op.add_column("alerts", sa.Column("kind", sa.String, nullable=False, server_default="news"))
    op.add_column("alerts", sealed("report", nullable=True))
    op.add_column("outbox", time("due_at", nullable=True))
    op.execute("UPDATE outbox SET due_at = created_at")
    _floods()
    for table, column in (
        ("stories", "picture"),
        ("exposures", "picture_index"),
        ("alerts", "report"),
        ("floods", "picture_index"),
    ):
        keep_out_of_statistics(table, column)


def _floods() -> None:
    op.create_table(
        "floods",
        row_id(),
        sa.Column("enrolment_id", sa.Uuid, sa.ForeignKey("enrolments.id", ondelete="CASCADE"), unique=True),
        sa.Column("story_id", sa.Uuid, sa.ForeignKey("stories.id", ondelete="CASCADE"), unique=True),
        sa.Column("picture_index", sa.LargeBinary, unique=True),
        sa.Column("state", sa.String, nullable=False),
        time("created_at"),
        time("decided_at", nullable=True),
        sa.CheckConstraint(
            "(enrolment_id IS NOT NULL) <> (story_id IS NOT NULL) AND picture_index IS NULL "
            "OR enrolment_id IS NULL AND story_id IS NULL AND picture_index IS NOT NULL",
            name="ck_floods_one_subject",
        ),
    )
    op.create_table(
        "flood_exposures",
        of("floods", "flood_id", index=False, primary_key=True),
        of("exposures", "exposure_id", primary_key=True),
    )


def downgrade() -> None:
    """Drop them again; what was held back is shown as new."""
    op.execute("UPDATE exposures SET state = 'new' WHERE state = 'held'")
    op.execute("DELETE FROM alerts WHERE kind <> 'news'")
    op.drop_table("flood_exposures")
    op.drop_table("floods")
    op.drop_column("outbox", "due_at")
    op.drop_column("alerts", "report")
    op.drop_column("alerts", "kind")
    op.drop_index("ix_exposures_picture_index", "exposures")
    op.drop_index("ix_exposures_story_id", "exposures")
    op.drop_column("exposures", "picture_index")
    op.drop_column("exposures", "story_id")
    op.drop_table("stories")
