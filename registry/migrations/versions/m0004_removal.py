"""Replies to notices, reminders, and the evidence chain with its keys and time stamps."""

import sqlalchemy as sa
from alembic import op

from registry.migrations.columns import keep_out_of_statistics, of, position, row_id, sealed, time

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    op.create_table("reminders", of("notices", "notice_id", index=False, primary_key=True), time("at"))
    op.create_table(
        "replies",
        row_id(),
        of("notices", "notice_id"),
        sa.Column("kind", sa.String, nullable=False),
        sealed("words", nullable=True),
        time("at"),
        time("recorded_at"),
    )
    op.create_table(
        "evidence_keys",
        sa.Column("id", sa.String, primary_key=True),
        sealed("public"),
        sealed("private", nullable=True),
        sealed("endorsement", nullable=True),
        time("created_at"),
        time("retired_at", nullable=True),
    )
    op.create_table(
        "evidence",
        position(),
        time("at"),
        sealed("commitment"),
        sealed("link"),
        sealed("signature"),
        sa.Column("key_id", sa.String, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "evidence_records",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        of("exposures", "exposure_id"),
        sealed("record"),
    )
    op.create_table(
        "evidence_stamps",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sealed("token"),
        time("at"),
    )
    keep_out_of_statistics("replies", "words")
    keep_out_of_statistics("evidence", "commitment", "link", "signature")
    keep_out_of_statistics("evidence_keys", "private", "public", "endorsement")
    keep_out_of_statistics("evidence_records", "record")
    keep_out_of_statistics("evidence_stamps", "token")


def downgrade() -> None:
    """Drop them with what is in them."""
    for table in ("evidence_stamps", "evidence_records", "evidence", "evidence_keys", "replies", "reminders"):
        op.drop_table(table)
