"""People, roles, consents, enrolments, and the registry's notes about itself."""

import sqlalchemy as sa
from alembic import op

from registry.migrations.columns import keep_out_of_statistics, of, position, row_id, sealed, time

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "house",
        sa.Column("name", sa.String, primary_key=True),
        sealed("value"),
    )
    op.create_table(
        "people",
        row_id(),
        sealed("wrapped_key"),
        sealed("profile"),
        sealed("name_index"),
        sealed("email_index", nullable=True),
        time("created_at"),
        sa.UniqueConstraint("name_index"),
        sa.UniqueConstraint("email_index"),
    )
    op.create_table(
        "roles",
        of("people", "person_id", index=False, primary_key=True),
        sa.Column("role", sa.String, primary_key=True),
    )
    op.create_table(
        "consents",
        row_id(),
        of("people", "person_id"),
        sa.Column("version", sa.String, nullable=False),
        time("given_at"),
        time("withdrawn_at", nullable=True),
    )
    _enrolments()
    keep_out_of_statistics("house", "value")
    keep_out_of_statistics("people", "wrapped_key", "profile", "name_index", "email_index")
    keep_out_of_statistics("enrolments", "fingerprint", "fingerprint_index", "label")


def _enrolments() -> None:
    op.create_table(
        "enrolments",
        row_id(),
        of("people", "person_id", index=False),
        of("consents", "consent_id"),
        sa.Column("algorithm", sa.String, nullable=False),
        sealed("fingerprint", nullable=True),
        sealed("fingerprint_index", nullable=True),
        sealed("label", nullable=True),
        time("created_at"),
        time("withdrawn_at", nullable=True),
        sa.UniqueConstraint("person_id", "fingerprint_index"),
    )
    op.create_table(
        "enrolment_changes",
        position(),
        sa.Column("enrolment_id", sa.Uuid, nullable=False),
        time("at"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Drop them again."""
    for table in ("enrolment_changes", "enrolments", "consents", "roles", "people", "house"):
        op.drop_table(table)
