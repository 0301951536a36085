"""Sign-in links, sessions and the audit chain."""

import sqlalchemy as sa
from alembic import op

from registry.migrations.columns import keep_out_of_statistics, of, position, sealed, time

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sign_in_links",
        sealed("digest", primary_key=True),
        of("people", "person_id"),
        time("expires_at"),
    )
    op.create_table(
        "sessions",
        sealed("digest", primary_key=True),
        of("people", "person_id"),
        time("created_at"),
        time("expires_at"),
    )
    op.create_table(
        "audit",
        position(),
        time("at"),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sealed("link"),
        sqlite_autoincrement=True,
    )
    keep_out_of_statistics("sign_in_links", "digest")
    keep_out_of_statistics("sessions", "digest")
    keep_out_of_statistics("audit", "link")


def downgrade() -> None:
    """Drop them again."""
    for table in ("audit", "sessions", "sign_in_links"):
        op.drop_table(table)
