"""Cleaning the database files after rows were deleted: no old page, no write-ahead log, no dead row.

Deleting hides a row; its bytes stay in the file until they are overwritten. SQLite zeroes them
(`secure_delete`), and rewriting the file and cutting its write-ahead log to nothing takes the rest.
PostgreSQL keeps dead rows until the tables are rewritten. What we cannot reach - PostgreSQL's own
write-ahead log, backups, worn blocks of a disk - holds only ciphertext whose key is destroyed.
"""

import sqlite3
import time
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Engine, delete, exc, func, select, text

from registry.database import Registry
from registry.engine import open_engine, trouble_named
from registry.errors import RegistryUnavailable
from registry.models import Base, HouseRow
from registry.transaction import Transaction

NOTE = "files-want-cleaning"  # its value differs for every erasure, so that cleaning ends only its own note
PAUSE_S = 0.1
LOCK_WAIT_S = 1.0  # for one try; between tries others get their turn


def ask(tx: Transaction) -> None:
    """Note, in the unit of work that deletes, that the files want cleaning."""
    tx.session.execute(delete(HouseRow).where(HouseRow.name == NOTE))
    tx.add(HouseRow(name=NOTE, value=uuid4().bytes))


def pending(tx: Transaction) -> bytes | None:
    """Return the note that the files want cleaning, None when they are clean."""
    return tx.session.scalar(select(HouseRow.value).where(HouseRow.name == NOTE))


def scrub(registry: Registry, *, wait_s: float = 30.0) -> bool:
    """Rewrite the files if that is asked for; False when others held them longer than `wait_s` seconds."""
    with registry.reading() as tx:
        note = pending(tx)
        begun = tx.session.execute(select(func.current_timestamp())).scalar_one()
    if note is None:
        return True
    rewrite = _postgresql if registry.engine.dialect.name == "postgresql" else _sqlite
    give_up_at = time.monotonic() + wait_s
    engine = open_engine(registry.engine.url, wait_s=min(wait_s, LOCK_WAIT_S))
    try:
        while not rewrite(engine, begun):
            if time.monotonic() >= give_up_at:
                return False
            time.sleep(PAUSE_S)
    finally:
        engine.dispose()
    return _forget(registry, note)


def _forget(registry: Registry, note: bytes) -> bool:
    try:
        with registry.transaction() as tx:
            tx.session.execute(delete(HouseRow).where(HouseRow.name == NOTE, HouseRow.value == note))
    except RegistryUnavailable:
        return False  # the note stays: whoever opens the registry next cleans once more
    return True


def _sqlite(engine: Engine, _begun: datetime) -> bool:
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


def _postgresql(engine: Engine, begun: datetime) -> bool:
    """VACUUM FULL rewrites a table but keeps rows that an older snapshot may still see: wait for those."""
    try:
        with trouble_named(), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if connection.scalar(OLDER_READERS, {"begun": begun}):
                return False
            for table in Base.metadata.sorted_tables:
                connection.exec_driver_sql(f"VACUUM (FULL) {table.name}")
            try:
                connection.exec_driver_sql("CHECKPOINT")  # lets the server unlink the old files now
            except exc.DBAPIError:
                return True  # not our right on this server: it does the same by itself within minutes
    except RegistryUnavailable:
        return False  # somebody holds a table
    return True


OLDER_READERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_xmin IS NOT NULL AND xact_start <= :begun"
)
