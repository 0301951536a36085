"""Tokens of a centre's machines, and the answers that a repeated request gets again."""

import sqlalchemy as sa
from alembic import op

from registry.migrations.columns import keep_out_of_statistics, of, row_id, sealed, time

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "api_tokens",
        row_id(),
        of("centres", "centre_id"),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("scopes", sa.String, nullable=False),
        time("created_at"),
        time("expires_at"),
        time("revoked_at", nullable=True),
    )
    op.create_table(
        "api_answers",
        of("api_tokens", "token_id", index=False, primary_key=True),
        sealed("key", primary_key=True),
        sealed("request"),
        sa.Column("status", sa.Integer, nullable=False),
        sealed("answer"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    keep_out_of_statistics("api_tokens", "digest")
    for column in ("key", "request", "answer"):
        keep_out_of_statistics("api_answers", column)


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("api_answers")
    op.drop_table("api_tokens")
