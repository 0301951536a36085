"""Cleaning the database files after rows were deleted: no old page, no write-ahead log, no dead row.

Deleting hides a row; its bytes stay in the file until they are overwritten. SQLite zeroes them
(`secure_delete`), and rewriting the file and cutting its write-ahead log to nothing takes the rest.
PostgreSQL keeps dead rows until the tables are rewritten. What we cannot reach - PostgreSQL's own
write-ahead log, backups, worn blocks of a disk - holds only ciphertext whose key is destroyed.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from uuid import uuid4

from sqlalchemy import URL, Connection, Engine, delete, exc, func, select, text

from registry.database import Registry
from registry.engine import open_engine, trouble_named
from registry.errors import RegistryUnavailable
from registry.models import Base, HouseRow
from registry.transaction import Transaction

# Notes in the registry; the value differs for every erasure, so that cleaning ends only its own note.
NOTE = "files-want-cleaning"
CRAWL_NOTE = "crawl-files-want-cleaning"
PAUSE_S = 0.1
LOCK_WAIT_S = 1.0  # for one try; between tries others get their turn


def ask(tx: Transaction, note: str = NOTE) -> None:
    """Note, before or with what is deleted, that the files want cleaning."""
    tx.session.execute(delete(HouseRow).where(HouseRow.name == note))
    tx.add(HouseRow(name=note, value=uuid4().bytes))


def pending(tx: Transaction, note: str = NOTE) -> bytes | None:
    """Return the mark of the note that files want cleaning, None when they are clean."""
    return tx.session.scalar(select(HouseRow.value).where(HouseRow.name == note))


def scrub(registry: Registry, *, wait_s: float = 30.0) -> bool:
    """Rewrite the registry's files if that is asked for; False when others held them for too long."""
    tables = [table.name for table in Base.metadata.sorted_tables]
    return scrub_noted(registry, NOTE, registry.engine.url, tables, wait_s=wait_s)


def scrub_noted(registry: Registry, note: str, url: URL, tables: Sequence[str], *, wait_s: float) -> bool:
    """Rewrite the database at `url` if the registry has this note, and end the note."""
    with registry.reading() as tx:
        mark = pending(tx, note)
    return mark is None or (rewrite(url, tables, wait_s=wait_s) and _forget(registry, note, mark))


def rewrite(url: URL, tables: Sequence[str], *, wait_s: float) -> bool:
    """Write the tables of a database anew, in SQLite the whole file; False when others held it for too long."""
    engine = open_engine(url, wait_s=min(wait_s, LOCK_WAIT_S))
    give_up_at = time.monotonic() + wait_s
    try:
        attempt = _postgresql(engine, tables) if engine.dialect.name == "postgresql" else partial(_sqlite, engine)
        while not attempt():
            if time.monotonic() >= give_up_at:
                return False
            time.sleep(PAUSE_S)
    finally:
        engine.dispose()
    return True


def _forget(registry: Registry, note: str, mark: bytes) -> bool:
    try:
        with registry.transaction() as tx:
            tx.session.execute(delete(HouseRow).where(HouseRow.name == note, HouseRow.value == mark))
    except RegistryUnavailable:
        return False  # the note stays: whoever opens the registry next cleans once more
    return True


def _sqlite(engine: Engine) -> bool:
    """VACUUM writes the database anew through the log; TRUNCATE folds the log back and cuts it to nothing."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("VACUUM").close()
        busy, _, _ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        return False  # somebody is writing
    finally:
        connection.close()
    return int(busy) == 0  # 1: somebody is still reading from the log


def _postgresql(engine: Engine, tables: Sequence[str]) -> Callable[[], bool]:
    """VACUUM FULL rewrites a table but keeps rows that an older snapshot may still see: wait for those."""
    engine = engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        begun = connection.execute(select(func.clock_timestamp())).scalar_one()

    def attempt() -> bool:
        try:
            with trouble_named(), engine.connect() as connection:
                if connection.scalar(OLDER_READERS, {"begun": begun}):
                    return False
                for table in tables:
                    connection.exec_driver_sql(f"VACUUM (FULL) {table}")
                _checkpoint(connection)
        except RegistryUnavailable:
            return False  # somebody holds a table
        return True

    return attempt


def _checkpoint(connection: Connection) -> None:
    """Let the server unlink the old files now. Without the right to ask, it does so by itself within minutes."""
    with suppress(exc.DBAPIError):
        connection.exec_driver_sql("CHECKPOINT")


OLDER_READERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_xmin IS NOT NULL AND xact_start <= :begun"
)
