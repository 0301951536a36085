"""Dismissed exposures, with the picture they were about."""

import sqlalchemy as sa
from alembic import op

from registry.migrations.columns import keep_out_of_statistics, of, sealed, time

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "dismissals",
        of("exposures", "exposure_id", index=False, primary_key=True),
        of("people", "person_id"),
        of("enrolments", "enrolment_id", primary_key=True),
        sa.Column("why", sa.String, nullable=False),
        sealed("picture"),
        time("created_at"),
    )
    keep_out_of_statistics("dismissals", "picture")


def downgrade() -> None:
    """Drop it again."""
    op.drop_table("dismissals")
