"""Exposures, alerts and their outbox, notices, verdicts, cursors."""

import sqlalchemy as sa
from alembic import op

from registry.migrations.columns import keep_out_of_statistics, of, position, row_id, sealed, time

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "exposures",
        row_id(),
        of("people", "person_id"),
        of("enrolments", "enrolment_id"),
        sealed("place_index"),
        sealed("found"),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("distance", sa.Integer, nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("state", sa.String, nullable=False, index=True),
        time("created_at"),
        time("state_at"),
        sa.UniqueConstraint("place_index"),
    )
    op.create_table(
        "notices",
        row_id(),
        of("exposures", "exposure_id"),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sealed("letter"),
        time("created_at"),
        time("sent_at", nullable=True),
    )
    op.create_table(
        "verdicts",
        position(),
        of("exposures", "exposure_id"),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        time("at"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "cursors",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
    )
    _alerts()
    keep_out_of_statistics("exposures", "place_index", "found")
    keep_out_of_statistics("notices", "letter")


def _alerts() -> None:
    op.create_table("alerts", row_id(), of("people", "person_id"), time("created_at"))
    op.create_table(
        "alert_exposures",
        of("alerts", "alert_id", index=False, primary_key=True),
        of("exposures", "exposure_id", primary_key=True),
    )
    op.create_table(
        "outbox",
        row_id(),
        of("alerts", "alert_id"),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("delivery_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        time("next_at"),
        time("leased_until", nullable=True),
        sa.Column("last_error", sa.String, nullable=True),
        time("created_at"),
        time("done_at", nullable=True),
        sa.UniqueConstraint("delivery_id"),
        sa.Index(None, "state", "next_at"),
    )


def downgrade() -> None:
    """Drop them again."""
    for table in ("outbox", "alert_exposures", "alerts", "cursors", "verdicts", "notices", "exposures"):
        op.drop_table(table)
