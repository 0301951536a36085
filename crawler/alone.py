"""Who works alone on a store: a second process is refused, with the name of the first and what to do.

A process that works alone keeps budgets in its own memory: two of them would spend one twice. Short commands that only
read or note something need no such place.
"""

import fcntl
import logging
import os
import signal
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from crawler.errors import AlreadyAtWork, StoreUnavailable

LOOK_S = 2.0
"""How often a place in PostgreSQL is looked after: a server that was restarted has forgotten it."""
LOCK_CLASS = 0x574C  # the first half of our advisory locks' names in PostgreSQL
SHOWN = 60
HOLDER = text(
    "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' "
    "AND l.classid = :class AND l.objid = :name AND l.granted LIMIT 1"
)

logger = logging.getLogger(__name__)


@contextmanager
def place(engine: Engine, duty: str, *, shared: bool = False) -> Iterator[None]:
    """Hold the place of `duty` ("crawl", "house") at a store while the block runs; it ends with the process, too.

    `shared`: beside others who share it, and not beside one who works alone. Raises AlreadyAtWork: before the block, or
    after it where the place was lost to another process while the database was away; this one was told to stop then.
    """
    if engine.dialect.name == "postgresql":
        with _Place(engine, duty, shared=shared).held():
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
    with _opened(file) as lock:
        try:
            fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyAtWork(duty, os.pread(lock.fileno(), 200, 0).decode("utf-8", "replace").strip()) from error
        os.ftruncate(lock.fileno(), 0)
        with suppress(OSError):  # a disk without room: the lock holds all the same, only who holds it is not said
            os.pwrite(lock.fileno(), _said().encode(), 0)
        yield


def _opened(file: Path) -> TextIO:
    try:
        return file.open("a+")
    except OSError as error:
        raise StoreUnavailable(
            f"{file.parent} cannot be written ({error.strerror}), so nothing was begun. Check that the disk is there, "
            "has room and is not read-only; then run the same command again."
        ) from error


class _Place:
    """A lock of PostgreSQL, taken again whenever the connection that held it is gone."""

    def __init__(self, engine: Engine, duty: str, *, shared: bool) -> None:
        self.engine, self.duty, self.shared = engine, duty, shared
        self.lost: AlreadyAtWork | None = None
        self._over = threading.Event()
        self._connection = self._taken()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Look after the place while the block runs."""
        watching = threading.Thread(target=self._watch, name=f"place of {self.duty}", daemon=True)
        watching.start()
        try:
            yield
        finally:
            self._over.set()
            watching.join(LOOK_S)
            with suppress(SQLAlchemyError):
                self._connection.close()
        if self.lost is not None:
            raise self.lost

    def _taken(self) -> Connection:
        connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()  # the lock is this connection's: it must end with it, not go back to the pool
        try:
            _ask_database(connection, self.duty, shared=self.shared)
        except BaseException:
            connection.close()
            raise
        return connection

    def _watch(self) -> None:
        while not self._over.wait(LOOK_S):
            try:
                self._look()
            except AlreadyAtWork as error:
                logger.error("the place was lost while the database was away; stopping: %s", error)  # noqa: TRY400 - the sentence says it all
                self.lost = error
                # As an operator would: what is in work is settled, the rest is given back.
                os.kill(os.getpid(), signal.SIGTERM)
                return
            except SQLAlchemyError:
                continue  # who needs the database says that it is away

    def _look(self) -> None:
        """Take the place again if its connection is gone. Raises AlreadyAtWork, or what a database away raises."""
        with suppress(SQLAlchemyError):
            self._connection.scalar(select(1))
            return
        with suppress(SQLAlchemyError):
            self._connection.close()
        self._connection = self._taken()
        logger.warning("the database was away; the place of %r is taken again", self.duty)


def _ask_database(connection: Connection, duty: str, *, shared: bool) -> None:
    """Take PostgreSQL's lock for this session. A server that is restarted forgets it."""
    name = zlib.crc32(duty.encode()) & 0x7FFF_FFFF
    connection.execute(select(func.set_config("application_name", f"watchlight {_said()}"[:SHOWN], False)))
    ask = func.pg_try_advisory_lock_shared if shared else func.pg_try_advisory_lock
    if connection.scalar(select(ask(LOCK_CLASS, name))):
        return
    holder = connection.scalar(HOLDER, {"class": LOCK_CLASS, "name": name})
    raise AlreadyAtWork(duty, (holder or "").removeprefix("watchlight "))


def _said() -> str:
    return f"process {os.getpid()} on {os.uname().nodename[:12]}, since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
