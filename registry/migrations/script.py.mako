"""${message}."""

import sqlalchemy as sa
from alembic import op

from registry.migrations.columns import sealed, time

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Make the tables."""
    ${upgrades if upgrades else "raise NotImplementedError"}


def downgrade() -> None:
    """Drop them again."""
    ${downgrades if downgrades else "raise NotImplementedError"}
