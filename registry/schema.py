"""Bringing a database to the tables this version knows, by Alembic, without a command typed by anybody."""

from importlib import resources
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from registry.errors import NewerRegistry

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0016"  # the newest file in migrations/versions; a test compares


def current(connection: Connection) -> str | None:
    """Return the revision the database is at, None when it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the missing migrations inside the caller's transaction."""
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(config(connection), revision)
    except CommandError as error:
        raise NewerRegistry(
            "This registry was made by a newer version of Watchlight: install that version, "
            "or restore the backup from before."
        ) from error


def downgrade(connection: Connection, revision: str) -> None:
    """Step back to an older revision inside the caller's transaction; rows of dropped tables are lost."""
    from alembic import command

    command.downgrade(config(connection), revision)


def config(connection: Connection) -> "Config":
    """Return the Alembic configuration for this connection; there is no ini file."""
    from alembic.config import Config

    found = Config()
    found.set_main_option("script_location", str(resources.files("registry") / "migrations"))
    found.attributes["connection"] = connection
    return found
