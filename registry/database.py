"""The registry, opened: the right key, the right tables, and units of work."""

import hmac
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, text
from sqlalchemy.orm import Session

from matchers.home import sqlite_url
from registry import schema
from registry.crypto import Vault, find_key, key_from_text
from registry.engine import READING, open_engine, trouble_named
from registry.errors import WrongKey
from registry.models import HouseRow
from registry.transaction import Transaction

KEY_CHECK = "key-check"
WRITER = text(
    "SELECT set_config('idle_in_transaction_session_timeout', :silent, true),"
    f" pg_advisory_xact_lock({0x574C_0001})"  # held by whoever writes, until they commit
)
SILENT_S = 30.0
"""A writer that says nothing for so long lost its machine or its network: PostgreSQL undoes what it began, for all
others wait. By itself it would notice after two hours."""
READER: dict[str, dict[str, Any]] = {
    "sqlite": {READING: True},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}


def registry_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the address of the registry: the environment's, or a SQLite file in the data folder."""
    return environ.get("WATCHLIGHT_REGISTRY_DATABASE_URL") or sqlite_url("registry", environ)


def utc_now() -> datetime:
    """Return the time of this machine, in UTC."""
    return datetime.now(UTC)


class Registry:
    """An open registry. Safe to share between threads; every thread uses units of work of its own."""

    def __init__(self, engine: Engine, vault: Vault, clock: Callable[[], datetime]) -> None:
        self.engine = engine
        self.vault = vault
        self.clock = clock
        self._reading = engine.execution_options(**READER[engine.dialect.name])

    @classmethod
    def open(
        cls,
        url: str | None = None,
        key: bytes | str | None = None,
        *,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], datetime] = utc_now,
        wait_s: float = 10.0,
    ) -> "Registry":
        """Open the registry at `url`, making or upgrading its tables.

        `key` is 32 bytes (or base64 text); without it the environment or the key file has it. Raises
        WrongKey when the key does not fit the database, RegistryUnavailable when the database does not
        answer within `wait_s` seconds.
        """
        engine = open_engine(url or registry_url(environ), wait_s=wait_s)
        try:
            with trouble_named():
                vault = _vault(engine, key, environ)
            registry = cls(engine, vault, clock)
            _finish_erasures(registry)
        except BaseException:
            engine.dispose()
            raise
        return registry

    @contextmanager
    def transaction(self, actor: str = "system") -> Iterator[Transaction]:
        """Give a unit of work that commits at the end and rolls back when anything is raised.

        `actor` goes to the audit trail: a person's id, or one word such as "cli". There is one such unit
        of work at a time: keep it short, and use `reading` where nothing is written.
        """
        with trouble_named(), Session(self.engine) as session, session.begin():
            _only_writer(session.connection())
            yield Transaction(session, self.vault, self.clock, actor)

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Give a unit of work that only reads, never waits for a writer, and sees one state throughout."""
        with trouble_named(), Session(self._reading) as session:
            session.connection()
            yield Transaction(session, self.vault, self.clock, "system")

    def close(self) -> None:
        """Close all connections; in SQLite this also folds the write-ahead log away."""
        self.engine.dispose()

    def __enter__(self) -> "Registry":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def _only_writer(connection: Connection) -> None:
    """Wait until nobody else writes: SQLite did so when the transaction began, PostgreSQL does it here.

    One writer at a time makes numbered rows visible in the order of their numbers (a reader who remembers
    a number could otherwise skip one that commits late), links the audit chain, and cannot deadlock.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(WRITER, {"silent": f"{SILENT_S * 1000:.0f}ms"})


def _vault(engine: Engine, key: bytes | str | None, environ: Mapping[str, str]) -> Vault:
    """Return the vault whose key fits; take the write lock only when there is something to make."""
    with engine.connect().execution_options(**{READING: True}) as connection, connection.begin():
        ready = schema.current(connection) == schema.HEAD
        check = _stored_check(connection) if ready else None
    if check is None:
        with engine.begin() as connection:
            return _first_opened(connection, key, environ)
    return _fitting(_given(key, environ, may_make=False), check)


def _first_opened(connection: Connection, key: bytes | str | None, environ: Mapping[str, str]) -> Vault:
    """Upgrade, and tie the database to its key, while nobody else does."""
    _only_writer(connection)
    schema.upgrade(connection)
    check = _stored_check(connection)
    vault = _given(key, environ, may_make=check is None)
    if check is None:
        connection.execute(insert(HouseRow).values(name=KEY_CHECK, value=vault.check))
        return vault
    return _fitting(vault, check)


def _stored_check(connection: Connection) -> bytes | None:
    return connection.scalar(select(HouseRow.value).where(HouseRow.name == KEY_CHECK))


def _given(key: bytes | str | None, environ: Mapping[str, str], *, may_make: bool) -> Vault:
    if key is None:
        return Vault(find_key(environ, may_make=may_make))
    return Vault(key_from_text(key) if isinstance(key, str) else key)


def _fitting(vault: Vault, check: bytes) -> Vault:
    if not hmac.compare_digest(vault.check, check):
        raise WrongKey(
            "The registry key does not fit this database: set WATCHLIGHT_REGISTRY_KEY, or put back the "
            "key file that this registry was made with."
        )
    return vault


def _finish_erasures(registry: Registry) -> None:
    """Clean the files after an erasure that was interrupted; when others are busy, the next open tries."""
    from registry.scrub import pending, scrub

    with registry.reading() as tx:
        waiting = pending(tx)
    if waiting:
        scrub(registry, wait_s=0.0)
