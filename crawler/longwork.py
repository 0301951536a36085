"""Long work shows itself: how far it is, how fast, and what is left, written down for whoever looks from elsewhere.

One interface for all of it: `with long_work.shown(kind, unit) as told:` and then `told(done, total)` as often as one
likes. Terminals add themselves by `also`. What it was for is not written down: kinds and numbers only.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Engine, delete, insert, or_, select, update

from crawler import schema

Kind = Literal["look-back", "archive", "reading", "import", "rebuild", "index"]
WorkState = Literal["running", "done", "stopped", "failed"]
Told = Callable[[int, int], None]
"""Told again and again how much is done, and of how much."""
EVERY_S = 1.0
SILENT = timedelta(minutes=2)
"""Work that said nothing for so long was killed: the next try goes on where it was."""
KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Work:
    """One piece of long work, as far as it is known; `first` of `done` were done by an earlier try."""

    kind: str
    unit: str
    began_at: datetime
    told_at: datetime
    ended_at: datetime | None
    state: WorkState
    first: int
    done: int
    total: int

    @property
    def rate(self) -> float:
        """Return how much a second was done since it began."""
        took = ((self.ended_at or self.told_at) - self.began_at).total_seconds()
        return (self.done - self.first) / took if took > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Return how long the rest takes at this pace, None where nobody can say."""
        return (self.total - self.done) / self.rate if self.state == "running" and self.rate > 0 else None

    def in_words(self, room: int = 1_000) -> str:
        """Say in one line how far it is; in fewer words where there is room for fewer signs."""
        percent = f"{self.done / self.total if self.total else 1:.0%}"
        rate = f"{self.rate:,.0f} a second"
        left = () if self.seconds_left is None else (f"{lasting(self.seconds_left)} left",)
        full = ", ".join((f"{self.done:,} of {self.total:,} {self.unit}", rate, *(f"about {one}" for one in left)))
        ways = (full, ", ".join((percent, rate, *left)), ", ".join((percent, *left)))
        return next((way for way in ways if len(way) <= room), percent)


def lasting(seconds: float) -> str:
    """Return a stretch of time in words: "40 s", "12 min", "3 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


class LongWork:
    """What is under way, and what ended lately, of one crawl store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def shown(self, kind: Kind, unit: str, also: Callable[[Work], None] | None = None) -> Iterator[Told]:
        """Show work while it goes on: call what is given with how much is done, and of how much.

        It is written down about once a second, and how it ended: done, stopped by somebody, or failed. Nothing is
        written before it is told for the first time, so that work that finds nothing to do leaves no trace.
        """
        row = _Row(self._engine, kind, unit, also)
        try:
            yield row
        except (KeyboardInterrupt, SystemExit):
            row.end("stopped")
            raise
        except BaseException:
            row.end("failed")
            raise
        row.end("done")

    def lately(self, now: datetime) -> list[Work]:
        """Return what is under way or ended within a day, the newest first; who fell silent is called stopped."""
        table = schema.long_work
        with self._engine.connect() as connection:
            wanted = or_(table.c.told_at >= now - KEPT, table.c.state == "running")
            rows = connection.execute(select(table).where(wanted).order_by(table.c.id.desc())).mappings().all()
        return [_work(dict(row), now) for row in rows]

    def forget_before(self, when: datetime) -> None:
        """Forget what was last heard of before `when`."""
        with self._engine.begin() as connection:
            connection.execute(delete(schema.long_work).where(schema.long_work.c.told_at < when))


class _Row:
    """One piece of work, told of by calling it."""

    def __init__(self, engine: Engine, kind: str, unit: str, also: Callable[[Work], None] | None) -> None:
        self._engine, self._also = engine, also
        self._kind, self._unit = kind, unit
        self._id: int | None = None
        self._work: Work | None = None
        self._next = 0.0

    def __call__(self, done: int, total: int) -> None:
        """Take in how much is done, and of how much."""
        now = datetime.now(UTC)
        if self._work is None or done < self._work.done:  # another round: look-backs come one after the other
            self.end("done")
            self._work = Work(self._kind, self._unit, now, now, None, "running", done, done, total)
            self._id, self._next = None, 0.0
        ends = done == total != self._work.done  # the last word is written at once, and only once
        self._work = replace(self._work, told_at=now, done=done, total=total)
        if time.monotonic() >= self._next or ends:
            self._next = time.monotonic() + EVERY_S
            self._write(self._work)
        if self._also is not None:
            self._also(self._work)

    def end(self, state: WorkState) -> None:
        """Write down how it ended, if it ever began."""
        if self._work is not None:
            now = datetime.now(UTC)
            self._write(replace(self._work, told_at=now, ended_at=now, state=state))

    def _write(self, work: Work) -> None:
        table = schema.long_work
        with self._engine.begin() as connection:
            if self._id is None:
                made = connection.execute(insert(table).values(asdict(work)).returning(table.c.id))
                self._id = int(made.scalar_one())
            else:
                connection.execute(update(table).where(table.c.id == self._id).values(asdict(work)))


def _work(row: Mapping[str, Any], now: datetime) -> Work:
    work = Work(**{each.name: row[each.name] for each in fields(Work)})
    return replace(work, state="stopped") if work.state == "running" and now - work.told_at > SILENT else work
