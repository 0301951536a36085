"""The sighting log: pictures seen on public pages, kept for some days so that a new enrolment meets the past too.

It lives in the crawl store. The crawler appends, the matching worker reads by cursor; neither ever holds pixels.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from matchers.fingerprint import Fingerprint
from matchers.home import sqlite_url

crawl_metadata = sa.MetaData()
"""The tables of the crawl store; the crawler's own tables join it."""

APPEND_LOCK = 7_261_001  # one number for all appenders of one PostgreSQL database


class UtcTime(sa.TypeDecorator[datetime]):
    """A moment: stored as UTC, always given back aware of it. A time without a zone is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Turn any zone into UTC before it is stored."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a stored time needs its time zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give back UTC; SQLite forgets the zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigKey = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers rows by itself for INTEGER only

sightings_table = sa.Table(
    "sightings",
    crawl_metadata,
    sa.Column("id", BigKey, primary_key=True, autoincrement=True),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("page_url", sa.Text, nullable=False),
    sa.Column("page_digest", sa.LargeBinary(32), nullable=False),  # SHA-256: an address may be too long for an index
    sa.Column("picture_url", sa.Text, nullable=False),
    sa.Column("content_digest", sa.LargeBinary(32), nullable=False),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.Column("last_seen_at", UtcTime, nullable=False, index=True),
    sa.UniqueConstraint("page_digest", "content_digest", name="uq_sightings_page_content"),
    sqlite_autoincrement=True,  # an id is never used twice, so a cursor never meets an old number again
)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A picture seen on a public page. `seen_at` is aware UTC; `content_digest` is the SHA-256 of the file's bytes."""

    target: str
    page_url: str
    picture_url: str
    seen_at: datetime
    content_digest: bytes
    fingerprint: Fingerprint
    id: int | None = None


def crawl_database_url(environ: Mapping[str, str] = os.environ) -> str:
    """Return the address of the crawl store: WATCHLIGHT_CRAWL_DATABASE_URL, or a file in the data folder."""
    return environ.get("WATCHLIGHT_CRAWL_DATABASE_URL") or sqlite_url("crawl", environ)


def open_engine(url: str) -> sa.Engine:
    """Return an engine for the crawl store; on SQLite with write-ahead log, patience for locks and foreign keys."""
    engine = sa.create_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    for setting in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")


class SightingLog:
    """The log of one crawl store. Safe for several processes that append while others read."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def append(self, sightings: Iterable[Sighting]) -> int:
        """Store sightings in one transaction and return how many were new.

        The same content on the same page again only refreshes when it was last seen.
        """
        rows = {(one.page_url, one.content_digest): _row(one) for one in sightings}
        if not rows:
            return 0
        with self.engine.begin() as connection:
            return append_in(connection, list(rows.values()))

    def after(self, cursor: int, limit: int) -> list[Sighting]:
        """Return at most `limit` sightings with an id above `cursor`, in order of id."""
        wanted = sa.select(sightings_table).where(sightings_table.c.id > cursor).order_by(sightings_table.c.id)
        with self.engine.connect() as connection:
            return [_sighting(row) for row in connection.execute(wanted.limit(limit))]

    def last(self) -> int:
        """Return the highest id there is, or 0."""
        with self.engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.max(sightings_table.c.id))) or 0

    def forget_before(self, when: datetime) -> int:
        """Delete what was last seen before `when` and return how many sightings that were."""
        with self.engine.begin() as connection:
            return connection.execute(sa.delete(sightings_table).where(sightings_table.c.last_seen_at < when)).rowcount


def append_in(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> int:
    """Append within the caller's transaction.

    On PostgreSQL ids are handed out before commit: without the lock a reader could see id 8 while 7 is still
    uncommitted, move its cursor past both, and never meet 7. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(APPEND_LOCK)))
    before = connection.scalar(sa.select(sa.func.max(sightings_table.c.id))) or 0
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(sightings_table)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["page_digest", "content_digest"],
            set_={"last_seen_at": statement.excluded.last_seen_at},
        ),
        rows,
    )
    new = sa.select(sa.func.count()).select_from(sightings_table).where(sightings_table.c.id > before)
    return connection.scalar(new) or 0


def _row(sighting: Sighting) -> dict[str, Any]:
    return {
        "target": sighting.target,
        "page_url": sighting.page_url,
        "page_digest": hashlib.sha256(sighting.page_url.encode()).digest(),
        "picture_url": sighting.picture_url,
        "content_digest": sighting.content_digest,
        "fingerprint": sighting.fingerprint.to_bytes(),
        "seen_at": sighting.seen_at,
        "last_seen_at": sighting.seen_at,
    }


def _sighting(row: Any) -> Sighting:
    blank = Sighting(
        row.target, row.page_url, row.picture_url, row.seen_at, bytes(row.content_digest),
        Fingerprint.from_bytes(bytes(row.fingerprint)),
    )
    return replace(blank, id=row.id)
