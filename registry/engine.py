"""How we speak to the registry's database: durable and self-cleaning SQLite, or PostgreSQL."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import URL, Connection, Engine, event, exc

from matchers.write_ahead import keep_write_ahead_log
from registry.errors import RegistryUnavailable

READING = "watchlight_reading"  # execution option: this transaction only reads
PRAGMAS = {
    "synchronous": "FULL",  # a match, an outbox row or an erasure survives a power cut
    "secure_delete": "ON",  # deleted bytes are overwritten with zeros
    "foreign_keys": "ON",  # erasing a person cascades
    "temp_store": "MEMORY",  # nothing of a person in a temporary file
}

WAITED = "READ COMMITTED"
"""Who waited for another writer sees what that one wrote, a withdrawal above all, whatever the server's own choice."""


def open_engine(address: str | URL, *, wait_s: float = 10.0) -> Engine:
    """Return an engine for the registry; waiting for another program's lock ends after `wait_s` seconds.

    Parameters never show in its errors: they can be about a person.
    """
    url = sqlalchemy.make_url(address)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, wait_s)
    if url.get_backend_name() == "postgresql":
        return _postgresql(url, wait_s)
    raise RegistryUnavailable(
        f"The registry runs on sqlite or postgresql, not on {url.get_backend_name()}: "
        "look at WATCHLIGHT_REGISTRY_DATABASE_URL."
    )


def _sqlite(url: URL, wait_s: float) -> Engine:
    if not url.database or url.database == ":memory:":
        raise RegistryUnavailable("The registry needs a file, not a database in memory.")
    _make_private(Path(url.database))
    engine = sqlalchemy.create_engine(url, connect_args={"timeout": wait_s}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        keep_write_ahead_log(connection, wait_s)
        for name, value in PRAGMAS.items():
            connection.execute(f"PRAGMA {name}={value}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes its lock at once: one that starts by reading could fail at its first write.
        reading = connection.get_execution_options().get(READING)
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _make_private(file: Path) -> None:
    """Create the database file readable by its owner only; SQLite gives its side files the same mode."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_RDONLY, 0o600))
    except OSError as error:
        raise RegistryUnavailable(
            f"The registry database {file} cannot be opened ({error.strerror}): check that its folder exists "
            "and belongs to you, or set WATCHLIGHT_REGISTRY_DATABASE_URL."
        ) from error


def _postgresql(url: URL, wait_s: float) -> Engine:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    options = {"connect_timeout": 10, "options": f"-c lock_timeout={int(wait_s * 1000)}"}
    try:
        return sqlalchemy.create_engine(
            url, connect_args=options, pool_pre_ping=True, hide_parameters=True, isolation_level=WAITED
        )
    except ImportError as error:
        raise RegistryUnavailable("PostgreSQL needs the extra `postgres`: install watchlight[postgres].") from error


@contextmanager
def trouble_named() -> Iterator[None]:
    """Turn what the database says about itself into RegistryUnavailable with what to do next."""
    try:
        yield
    except exc.IntegrityError:
        raise
    except exc.DBAPIError as error:
        sentence = _sentence(str(error.orig).lower())
        if sentence is None and (isinstance(error.orig, sqlite3.Error) or not isinstance(error, UNREACHED)):
            raise  # a mistake of ours, not a state of the machine
        raise RegistryUnavailable(sentence or CANNOT_REACH) from error
    except exc.TimeoutError as error:
        raise RegistryUnavailable("The registry is busy with too much at once: try again.") from error


UNREACHED = (exc.OperationalError, exc.InterfaceError)
CANNOT_REACH = (
    "The registry database cannot be reached: check that the server runs and that "
    "WATCHLIGHT_REGISTRY_DATABASE_URL is right. Nothing that was accepted is lost."
)
SENTENCES = (
    (
        ("locked", "lock timeout", "busy"),
        "Another program holds the registry database. Nothing was changed: close it or wait, then try again.",
    ),
    (
        ("idle-in-transaction",),
        "This program was silent for too long while it wrote, so the registry database undid it: try again.",
    ),
    (
        ("readonly", "read-only", "attempt to write"),
        "The registry database is read-only. Nothing was changed: give your user the right to write to it.",
    ),
    (
        ("full", "no space", "could not extend"),
        "The disk of the registry database is full. What was accepted is safe, this change is not in it: "
        "make room, then try again.",
    ),
    (
        ("unable to open", "disk i/o error"),
        "The registry database cannot be opened or read: check that its folder is there and yours.",
    ),
    (
        ("not a database", "malformed"),
        "The registry database is damaged or not a database: restore it from a backup.",
    ),
)


def _sentence(said: str) -> str | None:
    for words, sentence in SENTENCES:
        if any(word in said for word in words):
            return sentence
    return None
