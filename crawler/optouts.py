"""Hosts whose owners asked to be left alone: kept by the operator, passed by no crawl, re-check or rendered page."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, select

from crawler import schema
from crawler.errors import BadTarget
from crawler.records import insert
from egress.addresses import BadAddress, host_of

REFRESH_S = 30.0
"""A crawl under way heeds a new entry after this long at the latest."""


@dataclass(frozen=True, slots=True)
class OptOut:
    """One host with everything below it, since when, and why."""

    host: str
    added_at: datetime
    reason: str


class OptOuts:
    """The list in the crawl store."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def add(self, host: str, reason: str = "") -> OptOut:
        """Put a host on the list (one that is there keeps its time); raise BadTarget when it is no host name."""
        one = OptOut(plain_host(host), datetime.now(UTC), reason)
        with self.engine.begin() as connection:
            connection.execute(insert(connection, schema.opt_outs).values(asdict(one)).on_conflict_do_nothing())
        return one

    def remove(self, host: str) -> bool:
        """Take a host off the list; return whether it was on it."""
        with self.engine.begin() as connection:
            gone = connection.execute(delete(schema.opt_outs).where(schema.opt_outs.c.host == plain_host(host)))
            return gone.rowcount > 0

    def all(self) -> list[OptOut]:
        """Return the list, by host."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(schema.opt_outs).order_by(schema.opt_outs.c.host)).mappings()
            return [OptOut(**row) for row in rows]

    def hosts(self) -> frozenset[str]:
        """Return the hosts alone."""
        with self.engine.connect() as connection:
            return frozenset(connection.scalars(select(schema.opt_outs.c.host)))


def plain_host(untrusted: str) -> str:
    """Return a host as it is compared, also out of a whole address; raise BadTarget."""
    text = untrusted.strip()
    try:
        return host_of(text if "://" in text else f"http://{text}/").rstrip(".")
    except BadAddress as error:
        raise BadTarget(f"{untrusted!r} is not a host name; write it like board.example.") from error


def covers(hosts: frozenset[str], host: str) -> bool:
    """Return whether a host, or a domain it lies under, is among `hosts`."""
    name = host.rstrip(".")
    while name:
        if name in hosts:
            return True
        name = name.partition(".")[2]
    return False


class Heeded:
    """The list as one process knows it: read when first asked for, and again every REFRESH_S seconds."""

    def __init__(self) -> None:
        self._hosts: frozenset[str] = frozenset()
        self._read_at: float | None = None

    async def covers(self, host: str, read: Callable[[], Awaitable[frozenset[str]]]) -> bool:
        """Return whether this host is to be left alone; `read` asks the store, and its failure is the caller's."""
        if self._read_at is None or time.monotonic() - self._read_at > REFRESH_S:
            self._hosts = await read()
            self._read_at = time.monotonic()
        return covers(self._hosts, host)


heeded = Heeded()
