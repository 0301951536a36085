"""The archive: sightings that were not seen for some days, out of the database and in Parquet files by day.

A file is written once; it is written anew only when somebody is erased, and deleted when its day is over for as long
as sightings are kept. Any engine that reads Parquet can read it (`day=2026-11-05/0001-v2.parquet`). It holds what the
sighting log held, so it lies in a folder that only its owner can open.
"""

import fcntl
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from matchers import blocks
from matchers.archive import rows
from matchers.archive.files import GROUP, ArchiveFile, write
from matchers.errors import MatchersError
from matchers.fingerprint import VERSION
from matchers.home import home
from matchers.sightings import CHUNK, MOST_DAYS, Sighting, sighting_of, sightings

if TYPE_CHECKING:
    import pyarrow as pa

FILE = 8 * GROUP
"""Sightings in a file, at most: about 130 MB. Whoever is interrupted writes the file that was not complete again."""

Told = Callable[[int, int], None]


class ArchiveUnreadable(MatchersError):
    """There are archived sightings, and what reads them is not installed."""


def folder(database: sa.URL, environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the archive lies: $WATCHLIGHT_ARCHIVE, beside the store's SQLite file, or in the data folder."""
    chosen = environ.get("WATCHLIGHT_ARCHIVE")
    if chosen:
        return Path(chosen).expanduser()
    if database.get_backend_name() == "sqlite" and database.database not in (None, "", ":memory:"):
        return Path(str(database.database)).with_name("archive")
    return home(environ) / "archive"


def moved_after(environ: Mapping[str, str] = os.environ) -> timedelta | None:
    """Return after how long `watchlight run` archives: $WATCHLIGHT_ARCHIVE_AFTER_DAYS; None: it does not."""
    told = environ.get("WATCHLIGHT_ARCHIVE_AFTER_DAYS")
    if not told:
        return None
    if not (told.isascii() and told.isdecimal() and 1 <= int(told) <= MOST_DAYS):
        raise ValueError(f"WATCHLIGHT_ARCHIVE_AFTER_DAYS is a number of days from 1 to {MOST_DAYS}, not {told!r}.")
    require_parquet()
    return timedelta(days=int(told))


class Archive:
    """The archived sightings of one crawl store."""

    def __init__(self, engine: sa.Engine, where: Path) -> None:
        self._engine, self._folder = engine, where

    def files(self) -> list[ArchiveFile]:
        """Return the files, oldest day first. Raises ArchiveUnreadable where they cannot be read here."""
        found = [ArchiveFile(path) for path in sorted(self._folder.glob("day=*/*.parquet"))]
        if found:
            require_parquet()
        return found

    def count(self) -> int:
        """Return how many archived sightings can be compared."""
        return sum(file.count() for file in self.files() if file.is_current)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until nobody else writes the archive, and keep others waiting."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def take(self, before: datetime, up_to: int, told: Told | None = None) -> int:
        """Move the sightings last seen before the day of `before`, with ids up to `up_to`; return how many.

        Whoever is interrupted goes on by calling again: what is in a file already only leaves the database then.
        """
        require_parquet()
        limit, moved = _midnight(before), 0
        wanted = (sightings.c.last_seen_at < limit) & (sightings.c.id <= up_to)
        with self.alone():
            for half in self._folder.glob("day=*/*.half"):  # of somebody who was killed
                half.unlink()
            total = self._scalar(sa.select(sa.func.count()).select_from(sightings).where(wanted))
            furthest = 0

            def tell(written: int) -> None:
                nonlocal furthest
                furthest = min(max(furthest, moved + written), total)
                if told is not None and total:
                    told(furthest, total)

            tell(0)
            start = datetime(1970, 1, 1, tzinfo=UTC)
            earliest = sa.select(sa.func.min(sightings.c.last_seen_at))
            while first := self._scalar(earliest.where(wanted & (sightings.c.last_seen_at >= start))):
                for count in self._day(_midnight(first), up_to, tell):
                    moved += count
                start = _midnight(first) + timedelta(days=1)
        return moved

    def forget_before(self, when: datetime) -> int:
        """Delete the files of days that ended before `when`, and return how many."""
        gone = [path for path in self._folder.glob("day=*/*.parquet") if ArchiveFile(path).ends_at <= when]
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    def erase(self, digests: Collection[bytes], hashes: Collection[bytes]) -> int:
        """Write the files anew without these pictures and what has one of these hashes; return how many left."""
        if not self._folder.exists():
            return 0
        with self.alone():
            same = {one for file in self.files() for one, some in file.hashes() if not some.isdisjoint(hashes)}
            theirs = same.union(digests)

            def gone(table: "pa.Table") -> Any:
                return np.array([digest in theirs for digest in table.column("content_digest").to_pylist()], np.bool_)

            return sum(file.without(gone) for file in self.files())

    def _day(self, start: datetime, up_to: int, tell: Callable[[int], None]) -> Iterator[int]:
        """Move what was last seen within the day that begins at `start`; yield after each file how many it was."""
        end, after = start + timedelta(days=1), 0
        there = [file.ids() for file in self.files() if file.day == start.date()]
        known = np.unique(np.concatenate([np.empty(0, np.int64), *there]))
        ours = (sightings.c.last_seen_at >= start) & (sightings.c.last_seen_at < end) & (sightings.c.id <= up_to)
        while ids := self._ids(ours & (sightings.c.id > after)):
            after = ids[-1]
            fresh = np.setdiff1d(np.array(ids, np.int64), known).tolist()
            if fresh:
                number = len(list(self._folder.glob(f"day={start.date()}/*"))) + 1
                path = self._folder / f"day={start.date()}" / f"{number:04}-{fresh[0]}-v{VERSION}.parquet"
                written = write(path, self._tables(fresh, tell))
            else:
                written = np.empty(0, np.int64)
            yield self._leave(sorted({*written.tolist(), *np.intersect1d(ids, known).tolist()}), end)

    def _ids(self, wanted: sa.ColumnElement[bool]) -> list[int]:
        with self._engine.connect() as connection:
            found = connection.scalars(sa.select(sightings.c.id).where(wanted).order_by(sightings.c.id).limit(FILE))
            return list(found)

    def _tables(self, ids: list[int], tell: Callable[[int], None]) -> "Iterator[pa.Table]":
        """Yield these sightings in row groups; those of another fingerprint version stay where they are."""
        import pyarrow as pa

        for start in range(0, len(ids), GROUP):
            seen: list[tuple[Sighting, datetime]] = []
            with self._engine.connect() as connection:
                for part in _chunks(ids[start : start + GROUP]):
                    query = sa.select(sightings).where(sightings.c.id.in_(part)).order_by(sightings.c.id)
                    seen += [(sighting_of(row), row["last_seen_at"]) for row in connection.execute(query).mappings()]
            current = [(each, last) for each, last in seen if each.fingerprint.version == VERSION]
            if current:
                yield pa.Table.from_pylist(list(rows.to_rows(current)), schema=rows.schema())
            tell(min(start + GROUP, len(ids)))

    def _leave(self, ids: list[int], end: datetime) -> int:
        """Delete what lies in a file now, but for what was seen again meanwhile."""
        count = 0
        for part in _chunks(ids):
            with self._engine.begin() as connection:
                blocks.lock(connection)
                gone = sa.delete(sightings).where(sightings.c.id.in_(part), sightings.c.last_seen_at < end)
                left = connection.scalars(gone.returning(sightings.c.id)).all()
                blocks.drop(connection, left)
            count += len(left)
        return count

    def _scalar(self, query: sa.Select[Any]) -> Any:
        with self._engine.connect() as connection:
            return connection.scalar(query)


def require_parquet() -> None:
    """Raise ArchiveUnreadable where the extra `archive` is not installed."""
    if find_spec("pyarrow") is None:
        raise ArchiveUnreadable("Archived sightings need the extra `archive`: pip install 'watchlight[archive]'.")


def _midnight(when: datetime) -> datetime:
    return when.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _chunks(ids: list[int]) -> Iterator[list[int]]:
    yield from (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
