"""Passkeys, recovery codes, and by which way somebody signed in."""

import sqlalchemy as sa
from alembic import op

from registry.migrations.columns import keep_out_of_statistics, of, row_id, sealed, time

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the tables; sessions that are open were begun by a link."""
    op.create_table(
        "passkeys",
        row_id(),
        of("people", "person_id"),
        sa.Column("credential_index", sa.LargeBinary, nullable=False, unique=True),
        sealed("kept"),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        time("created_at"),
        time("used_at", nullable=True),
    )
    op.create_table(
        "recovery_codes",
        of("people", "person_id", index=False, primary_key=True),
        sa.Column("code_index", sa.LargeBinary, nullable=False, unique=True),
        time("created_at"),
    )
    keep_out_of_statistics("passkeys", "credential_index")
    keep_out_of_statistics("passkeys", "kept")
    keep_out_of_statistics("recovery_codes", "code_index")
    op.add_column("sessions", sa.Column("way", sa.String, nullable=False, server_default="link"))


def downgrade() -> None:
    """Drop them again."""
    op.drop_column("sessions", "way")
    op.drop_table("recovery_codes")
    op.drop_table("passkeys")
