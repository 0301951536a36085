"""Who works alone on a store: a second process is refused, with the name of the first and what to do.

A process that works alone keeps budgets in its own memory: two of them would spend one twice. Short commands that only
read or note something need no such place.
"""

import fcntl
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select, text

from crawler.errors import AlreadyAtWork

LOCK_CLASS = 0x574C  # the first half of our advisory locks' names in PostgreSQL
SHOWN = 60
HOLDER = text(
    "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' "
    "AND l.classid = :class AND l.objid = :name AND l.granted LIMIT 1"
)


@contextmanager
def place(engine: Engine, duty: str, *, shared: bool = False) -> Iterator[None]:
    """Hold the place of `duty` ("crawl", "house") at a store while the block runs; it ends with the process, too.

    `shared`: beside others who share it, and not beside one who works alone. Raises AlreadyAtWork.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.detach()  # the lock is this connection's: it must end with it, not go back to the pool
            _ask_database(connection, duty, shared=shared)
            yield
        return
    database = engine.url.database
    if not database or database == ":memory:":
        yield
        return
    with holding(Path(f"{database}.{duty}.lock"), duty, shared=shared):
        yield


@contextmanager
def holding(file: Path, duty: str, *, shared: bool = False) -> Iterator[None]:
    """Hold the kernel's lock on a file, and say in it who does; it ends with the process. Raises AlreadyAtWork."""
    with file.open("a+") as lock:
        try:
            fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyAtWork(duty, os.pread(lock.fileno(), 200, 0).decode("utf-8", "replace").strip()) from error
        os.ftruncate(lock.fileno(), 0)
        os.pwrite(lock.fileno(), _said().encode(), 0)
        yield


def _ask_database(connection: Connection, duty: str, *, shared: bool) -> None:
    """Take PostgreSQL's lock for this session. A server that is restarted forgets it; the frontier's leases hold."""
    name = zlib.crc32(duty.encode()) & 0x7FFF_FFFF
    connection.execute(select(func.set_config("application_name", f"watchlight {_said()}"[:SHOWN], False)))
    ask = func.pg_try_advisory_lock_shared if shared else func.pg_try_advisory_lock
    if connection.scalar(select(ask(LOCK_CLASS, name))):
        return
    holder = connection.scalar(HOLDER, {"class": LOCK_CLASS, "name": name})
    raise AlreadyAtWork(duty, (holder or "").removeprefix("watchlight "))


def _said() -> str:
    return f"process {os.getpid()} on {os.uname().nodename[:12]}, since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
