"""Blocks of hashes beside the sighting log, and pictures the operator marked as common."""

import sqlalchemy as sa
from alembic import op

from matchers.log_tables import UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; the blocks of what is there already are written when they are first wanted."""
    op.create_table(
        "sighting_blocks",
        sa.Column("first_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(length=4), nullable=False),
        sa.Column("ids", sa.LargeBinary(), nullable=False),
        sa.Column("whole", sa.LargeBinary(), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.Column("patches", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("first_id"),
    )
    op.create_index(op.f("ix_sighting_blocks_last_id"), "sighting_blocks", ["last_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        # Hashes do not compress; trying costs more than reading them.
        for column in ("whole", "patches"):
            op.execute(f"ALTER TABLE sighting_blocks ALTER COLUMN {column} SET STORAGE EXTERNAL")
    op.create_table(
        "common_pictures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    """Drop them with what is in them."""
    op.drop_table("common_pictures")
    op.drop_index(op.f("ix_sighting_blocks_last_id"), table_name="sighting_blocks")
    op.drop_table("sighting_blocks")
