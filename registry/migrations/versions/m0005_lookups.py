"""What was looked up about hosts: whom to write to."""

from alembic import op

from registry.migrations.columns import keep_out_of_statistics, sealed, time

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table("contact_lookups", sealed("host_index", primary_key=True), sealed("answer"), time("at"))
    keep_out_of_statistics("contact_lookups", "host_index", "answer")


def downgrade() -> None:
    """Drop it; contacts can be looked up again."""
    op.drop_table("contact_lookups")
