"""Webhooks of centres with what waits to be told there, and when a token was last used."""

import sqlalchemy as sa
from alembic import op

from registry.migrations.columns import keep_out_of_statistics, of, row_id, sealed, time

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the tables and the column."""
    op.add_column("api_tokens", time("last_used_at", nullable=True))
    op.create_table(
        "webhooks",
        row_id(),
        of("centres", "centre_id"),
        sealed("url"),
        sealed("secret"),
        sealed("former_secret", nullable=True),
        time("former_until", nullable=True),
        sa.Column("events", sa.String, nullable=False),
        time("created_at"),
        time("stopped_at", nullable=True),
        sa.Column("stopped_because", sa.String, nullable=True),
    )
    op.create_table(
        "webhook_deliveries",
        row_id(),
        of("webhooks", "webhook_id"),
        sa.Column("event", sa.String, nullable=False),
        *(_about(table, column) for table, column in ABOUT),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        time("next_at"),
        time("leased_until", nullable=True),
        sa.Column("last_error", sa.String, nullable=True),
        time("created_at"),
        time("done_at", nullable=True),
    )
    op.create_index("ix_webhook_deliveries_state_next_at", "webhook_deliveries", ["state", "next_at"])
    keep_out_of_statistics("webhooks", "url", "secret", "former_secret")


ABOUT = (("clients", "client_id"), ("exposures", "exposure_id"), ("notices", "notice_id"))


def _about(table: str, column: str) -> "sa.Column[object]":
    return sa.Column(column, sa.Uuid, sa.ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=True, index=True)


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("webhook_deliveries")
    op.drop_table("webhooks")
    op.drop_column("api_tokens", "last_used_at")
