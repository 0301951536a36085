"""The sighting log: which pictures were seen where, as hashes and addresses, kept for a number of days.

It lives in the crawl database, so that a new enrolment can be compared with what was seen before. Readers
keep a cursor; a row's id is never used twice and never appears behind a cursor.
"""

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from matchers import blocks, frames
from matchers.blocks import Blocks
from matchers.common import CommonPictures
from matchers.fingerprint import Fingerprint
from matchers.frames import Frame
from matchers.home import sqlite_url
from matchers.log_tables import UtcTime, crawl_metadata, page_marks, sighting_blocks, sightings
from matchers.row_lists import inserted, lists_of
from matchers.write_ahead import keep_write_ahead_log

__all__ = [
    "Sighting",
    "SightingLog",
    "UtcTime",
    "crawl_database_url",
    "crawl_metadata",
    "kept_for",
    "open_engine",
    "page_marks",
    "sighting_blocks",
    "sighting_of",
    "sightings",
]

APPEND_LOCK = 0x5741_5443_484C  # names our advisory lock in PostgreSQL
MOST_DAYS = 3650
WAIT_S = 30  # for another connection's lock on SQLite
CHUNK = 500  # ids in one question; SQLite and PostgreSQL both limit them


@dataclass(frozen=True)
class Sighting:
    """A picture seen on a public page: addresses, time, content digest (SHA-256 of the file), fingerprint.

    Of an animation or video `fingerprint` is the first usable frame's, shown `at_ms` milliseconds from the start,
    and `more` are the other distinct frames.
    """

    target: str
    page_url: str
    picture_url: str
    seen_at: datetime
    content_digest: bytes
    fingerprint: Fingerprint
    id: int | None = None
    at_ms: int | None = None
    more: tuple[Frame, ...] = ()

    @property
    def frames(self) -> tuple[Frame, ...]:
        """Return all frames, in their order; of a still picture the one."""
        return (Frame(self.fingerprint, self.at_ms), *self.more)


def crawl_database_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the SQLAlchemy address of the crawl database."""
    return environ.get("WATCHLIGHT_CRAWL_DATABASE_URL") or sqlite_url("crawl", environ)


def kept_for(environ: Mapping[str, str] = os.environ) -> timedelta:
    """Return how long sightings are kept after they were last seen: $WATCHLIGHT_KEEP_SIGHTINGS_DAYS, or 30 days."""
    told = environ.get("WATCHLIGHT_KEEP_SIGHTINGS_DAYS") or "30"
    if not (told.isascii() and told.isdecimal() and 1 <= int(told) <= MOST_DAYS):
        raise ValueError(f"WATCHLIGHT_KEEP_SIGHTINGS_DAYS is a number of days from 1 to {MOST_DAYS}, not {told!r}.")
    return timedelta(days=int(told))


def open_engine(url: str) -> sa.Engine:
    """Return an engine for a crawl database; SQLite waits for its lock and keeps readers and a writer apart."""
    address = sa.make_url(url)
    if address.get_backend_name() != "sqlite":
        return sa.create_engine(address, pool_pre_ping=True)
    engine = sa.create_engine(address, connect_args={"timeout": WAIT_S})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    keep_write_ahead_log(connection, WAIT_S)
    cursor = connection.cursor()
    for setting in (f"busy_timeout={WAIT_S * 1000}", "foreign_keys=ON", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


@dataclass(frozen=True)
class Look:
    """A picture (by the SHA-256 of its file) that was on a page when it was looked at last."""

    id: int
    page_url: str
    content_digest: bytes
    seen_at: datetime


class SightingLog:
    """Appends sightings and reads them in the order they came."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self.blocks = Blocks(engine)
        self.common = CommonPictures(engine)

    def append(self, seen: Iterable[Sighting]) -> int:
        """Store sightings in one transaction and return how many are new.

        The same picture (by content) on the same page again only moves the time it was last seen.
        """
        rows = [_to_row(sighting) for sighting in seen]
        if not rows:
            return 0
        with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                # Ids are given before a transaction commits. Without this lock a reader could pass id 8 while
                # 7 is still on its way, and never see it. SQLite has one writer anyway.
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(APPEND_LOCK)))
            return _insert_or_refresh(connection, rows)

    def after(self, cursor: int, limit: int) -> list[Sighting]:
        """Return up to `limit` sightings with an id above `cursor`, in the order of their ids."""
        query = sa.select(sightings).where(sightings.c.id > cursor).order_by(sightings.c.id).limit(limit)
        with self._engine.connect() as connection:
            return [sighting_of(row) for row in connection.execute(query).mappings()]

    def mark(self, page_urls: Collection[str]) -> None:
        """Note that there is a match on these pages and on no others; nothing is noted about the match."""
        wanted = {_page_key(url) for url in page_urls}
        with self._engine.begin() as connection:
            marked = set(connection.scalars(sa.select(page_marks.c.page_key)))
            for key in sorted(marked - wanted):
                connection.execute(sa.delete(page_marks).where(page_marks.c.page_key == key))
            insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert
            for key in sorted(wanted - marked):
                fresh = insert(page_marks).values(page_key=key, marked_at=datetime.now(UTC))
                connection.execute(fresh.on_conflict_do_nothing())

    def named(self, ids: Collection[int]) -> list[Sighting]:
        """Return the sightings with these ids that are still kept, in the order of their ids."""
        found: list[Sighting] = []
        listed = sorted(ids)
        with self._engine.connect() as connection:
            for start in range(0, len(listed), CHUNK):
                wanted = sightings.c.id.in_(listed[start : start + CHUNK])
                rows = connection.execute(sa.select(sightings).where(wanted).order_by(sightings.c.id))
                found += [sighting_of(row) for row in rows.mappings()]
        return found

    def at(self, page_url: str, content_digest: bytes) -> Sighting | None:
        """Return the sighting of this file on this page, None where it is forgotten."""
        same = (sightings.c.page_key == _page_key(page_url)) & (sightings.c.content_digest == content_digest)
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(sightings).where(same)).mappings().first()
        return None if row is None else sighting_of(row)

    def count_after(self, cursor: int) -> int:
        """Return how many sightings have an id above `cursor`."""
        with self._engine.connect() as connection:
            wanted = sa.select(sa.func.count()).select_from(sightings).where(sightings.c.id > cursor)
            return connection.scalar(wanted) or 0

    def seen_again(self, since: datetime, after: int, limit: int) -> list["Look"]:
        """Return up to `limit` sightings, with an id above `after`, that were seen once more since `since`."""
        table = sightings.c
        again = (table.last_seen_at > since) & (table.last_seen_at > table.seen_at) & (table.id > after)
        columns = (table.id, table.page_url, table.content_digest, table.last_seen_at)
        with self._engine.connect() as connection:
            return [
                Look(*row)
                for row in connection.execute(sa.select(*columns).where(again).order_by(table.id).limit(limit))
            ]

    def last(self) -> int:
        """Return the highest id there is, 0 for an empty log."""
        with self._engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.max(sightings.c.id))) or 0

    def forget_before(self, when: datetime) -> int:
        """Delete what was last seen before `when`, also from the blocks, and return how many that were."""
        with self._engine.begin() as connection:
            blocks.lock(connection)
            gone = sa.delete(sightings).where(sightings.c.last_seen_at < when).returning(sightings.c.id)
            ids = connection.scalars(gone).all()
            blocks.drop(connection, ids)
        return len(ids)


def _insert_or_refresh(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Write rows; of those that are there already only the time moves. Return how many are new."""
    firsts: dict[tuple[bytes, bytes], Mapping[str, Any]] = {}
    for row in rows:
        firsts.setdefault(_key(row), row)
    given: Any = list(firsts.values())
    dialect = connection.dialect.name
    written = connection.execute(_new(dialect), lists_of(given) if dialect == "postgresql" else given)
    new = {(row.page_key, row.content_digest) for row in written}
    # One that is twice among the rows is new once, and seen again then.
    again = [row for row in rows if _key(row) not in new or firsts[_key(row)] is not row]
    if again:
        names = {"page": "page_key", "digest": "content_digest", "seen": "last_seen_at"}
        connection.execute(_seen_again(), [{short: row[name] for short, name in names.items()} for row in again])
    return len(new)


def _key(row: Mapping[str, Any]) -> tuple[bytes, bytes]:
    return row["page_key"], row["content_digest"]


@cache
def _new(dialect: str) -> Any:
    kept = sightings.c
    names = [column.name for column in kept if column.name != "id"]
    statement: Any = inserted(sightings, names) if dialect == "postgresql" else sqlite.insert(sightings)
    return statement.on_conflict_do_nothing().returning(kept.page_key, kept.content_digest)


@cache
def _seen_again() -> Any:
    same = (sightings.c.page_key == sa.bindparam("page")) & (sightings.c.content_digest == sa.bindparam("digest"))
    later = sightings.c.last_seen_at < sa.bindparam("seen")
    return sa.update(sightings).where(same & later).values(last_seen_at=sa.bindparam("seen"))


def _page_key(page_url: str) -> bytes:
    return hashlib.sha256(page_url.encode("utf-8", "surrogatepass")).digest()


def _to_row(sighting: Sighting) -> dict[str, Any]:
    return {
        "target": sighting.target,
        "page_url": sighting.page_url,
        "picture_url": sighting.picture_url,
        "seen_at": sighting.seen_at,
        "last_seen_at": sighting.seen_at,
        "page_key": _page_key(sighting.page_url),
        "content_digest": sighting.content_digest,
        "fingerprint": frames.to_bytes(sighting.frames),
    }


def sighting_of(row: Mapping[Any, Any]) -> Sighting:
    """Return the sighting that a row of the table is."""
    first, *more = frames.from_bytes(row["fingerprint"])
    return Sighting(
        target=row["target"],
        page_url=row["page_url"],
        picture_url=row["picture_url"],
        seen_at=row["seen_at"],
        content_digest=row["content_digest"],
        fingerprint=first.fingerprint,
        id=row["id"],
        at_ms=first.at_ms,
        more=tuple(more),
    )
