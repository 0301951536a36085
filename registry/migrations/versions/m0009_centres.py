"""Support centres: staff, clients with their consents, assignments, notes; the audit trail found by who and what."""

import sqlalchemy as sa
from alembic import op

from registry.migrations.columns import keep_out_of_statistics, of, row_id, sealed, time

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables, and the indexes that answer who looked at what."""
    op.create_table(
        "centres",
        row_id(),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("email", sa.String, nullable=True),
        time("created_at"),
    )
    op.create_table(
        "centre_staff",
        of("people", "person_id", index=False, primary_key=True),
        of("centres", "centre_id"),
        sa.Column("role", sa.String, nullable=False),
        sealed("shown_as"),
        time("created_at"),
    )
    _clients()
    op.create_table(
        "assignments",
        of("exposures", "exposure_id", index=False, primary_key=True),
        of("centres", "centre_id", index=False, primary_key=True),
        of("people", "staff_id"),
        time("at"),
    )
    op.create_table(
        "case_notes",
        row_id(),
        of("clients", "client_id"),
        sa.Column("exposure_id", sa.Uuid, sa.ForeignKey("exposures.id", ondelete="CASCADE"), index=True),
        sa.Column("author_id", sa.Uuid, sa.ForeignKey("people.id", ondelete="SET NULL"), index=True),
        sealed("words"),
        time("created_at"),
    )
    op.create_index("ix_audit_subject_id", "audit", ["subject_id"])
    op.create_index("ix_audit_actor", "audit", ["actor"])
    for table, column in (("centre_staff", "shown_as"), ("client_consents", "record"), ("case_notes", "words")):
        keep_out_of_statistics(table, column)


def _clients() -> None:
    op.create_table(
        "clients",
        row_id(),
        of("centres", "centre_id", index=False),
        of("people", "person_id"),
        time("created_at"),
        sa.UniqueConstraint("centre_id", "person_id"),
    )
    op.create_table(
        "client_consents",
        row_id(),
        of("clients", "client_id"),
        sa.Column("given_by", sa.String, nullable=False),
        sealed("record"),
        sa.Column("may_watch", sa.Boolean, nullable=False),
        sa.Column("may_see_addresses", sa.Boolean, nullable=False),
        sa.Column("may_write", sa.Boolean, nullable=False),
        time("given_at"),
        time("until"),
        time("withdrawn_at", nullable=True),
    )


def downgrade() -> None:
    """Drop them again."""
    op.drop_index("ix_audit_actor", "audit")
    op.drop_index("ix_audit_subject_id", "audit")
    for table in ("case_notes", "assignments", "client_consents", "clients", "centre_staff", "centres"):
        op.drop_table(table)
