"""What a page gave, when it is due again, how far lists were read, and the coverage of each crawl."""

import sqlalchemy as sa
from alembic import op

from matchers.sightings import UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and columns."""
    op.create_table(
        "run_coverage",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=8), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "subject", "outcome"),
    )
    op.create_table(
        "page_classes",
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("shape", sa.String(length=200), nullable=False),
        sa.Column("interval_s", sa.Float(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("target", "shape"),
    )
    op.create_table(
        "read_ranges",
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("list", sa.String(length=200), nullable=False),
        sa.Column("low", sa.BigInteger(), nullable=False),
        sa.Column("high", sa.BigInteger(), nullable=False),
        sa.Column("at_start", sa.Boolean(), nullable=False),
        sa.Column("read_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("target", "list", "low"),
    )
    op.add_column("targets", sa.Column("draining", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("runs", sa.Column("due_only", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("pictures", sa.Column("since", UtcTime(), nullable=True))
    for column in (
        sa.Column("title", sa.String(length=200), nullable=True),
        sa.Column("body_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("gave_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("gave", sa.LargeBinary(), nullable=True),
        sa.Column("interval_s", sa.Float(), nullable=True),
        sa.Column("due_at", UtcTime(), nullable=True),
    ):
        op.add_column("pages", column)
    op.create_index(op.f("ix_pictures_content_digest"), "pictures", ["content_digest"])
    op.create_index("pages_due", "pages", ["target", "run_id", "due_at"])


def downgrade() -> None:
    """Drop them with what is in them."""
    op.drop_index("pages_due", table_name="pages")
    op.drop_index(op.f("ix_pictures_content_digest"), table_name="pictures")
    with op.batch_alter_table("pages") as pages:
        for name in ("due_at", "interval_s", "gave", "gave_digest", "body_digest", "title"):
            pages.drop_column(name)
    with op.batch_alter_table("pictures") as pictures:
        pictures.drop_column("since")
    with op.batch_alter_table("targets") as targets:
        targets.drop_column("draining")
    op.drop_column("runs", "due_only")
    for name in ("read_ranges", "page_classes", "run_coverage"):
        op.drop_table(name)
