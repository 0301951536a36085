"""Where targets are kept: one row each in the crawl store."""

import json
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, and_, case, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from crawler import schema
from crawler.errors import BadTarget, UnknownTarget
from crawler.hours import operator_zone
from crawler.targets.model import CrawlTarget

AT_ONCE = 500
"""Targets of an import written in one transaction."""


class Targets:
    """Add, look up, pause and remove targets."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def add(self, target: CrawlTarget, *, replace: bool = False) -> None:
        """Keep a target; raise BadTarget when the name is taken (unless `replace`)."""
        with self.engine.begin() as connection:
            if replace:
                same = schema.targets.c.name == target.name
                if connection.execute(update(schema.targets).where(same).values(_row(target))).rowcount:
                    return
            self.insert(connection, target, datetime.now(UTC))

    def put_all(self, targets: Sequence[CrawlTarget], told: Callable[[int, int], None] | None = None) -> None:
        """Keep these, in place of others of the same name; `told` hears how far that is.

        What is kept already, from an earlier call that was interrupted, is passed over; the others are written some at
        a time, so that a crawl can write in between.
        """
        kept = {target.name: target for target in self.all()}
        left = [target for target in targets if kept.get(target.name) != target]
        done = len(targets) - len(left)
        for start in range(0, len(left), AT_ONCE):
            some = left[start : start + AT_ONCE]
            if told is not None and not start:
                told(done, len(targets))  # where an earlier call had come to
            with self.engine.begin() as connection:
                _put(connection, some, kept)
            if told is not None:
                told(done + start + len(some), len(targets))

    @staticmethod
    def insert(connection: Connection, target: CrawlTarget, now: datetime) -> None:
        """Keep a new target within a transaction; raise BadTarget when the name is taken."""
        try:
            connection.execute(schema.targets.insert().values(**_row(target), added_at=now))
        except IntegrityError as error:
            raise BadTarget(
                f"There is a target called {target.name!r} already. Choose another name, or "
                f"`watchlight target remove {target.name}` first."
            ) from error

    def get(self, name: str) -> CrawlTarget:
        """Return one target, or raise UnknownTarget."""
        with self.engine.connect() as connection:
            row = (
                connection.execute(select(schema.targets).where(schema.targets.c.name == name)).mappings().one_or_none()
            )
        if row is None:
            raise UnknownTarget(name)
        return _target(row)

    def all(self) -> list[CrawlTarget]:
        """Return every target, by name."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(schema.targets).order_by(schema.targets.c.name)).mappings().all()
        return [_target(row) for row in rows]

    def pause(self, name: str, paused: bool = True) -> None:
        """Stop looking at a target until it is resumed (or resume it).

        A crawl under way finishes the pages in its hands and leaves the others for later.
        """
        with self.engine.begin() as connection:
            changed = connection.execute(
                update(schema.targets).where(schema.targets.c.name == name).values(paused=paused, draining=False)
            )
            if not changed.rowcount:
                raise UnknownTarget(name)

    def drain(self, name: str) -> bool:
        """Finish what waits of a target, take up nothing new, then pause it; False when nothing waited."""
        table = schema.targets
        unfinished = select(schema.runs.c.id).where(schema.runs.c.target == name, schema.runs.c.finished_at.is_(None))
        with self.engine.begin() as connection:
            waits = connection.execute(unfinished).first() is not None
            values = {"draining": True} if waits else {"paused": True, "draining": False}
            if not connection.execute(update(table).where(table.c.name == name).values(values)).rowcount:
                raise UnknownTarget(name)
        return waits

    def is_paused(self, name: str) -> bool:
        """Return whether a target is paused now; one that was removed counts as paused."""
        with self.engine.connect() as connection:
            paused = connection.scalar(select(schema.targets.c.paused).where(schema.targets.c.name == name))
        return paused is not False

    def draining(self) -> set[str]:
        """Return the names of the targets that are being drained."""
        with self.engine.connect() as connection:
            return set(connection.scalars(select(schema.targets.c.name).where(schema.targets.c.draining)))

    def remove(self, name: str) -> None:
        """Forget a target and what waits or was seen in it; the sighting log keeps its own time."""
        with self.engine.begin() as connection:
            if not connection.execute(delete(schema.targets).where(schema.targets.c.name == name)).rowcount:
                raise UnknownTarget(name)
            # The counts of a run go first: SQLite cascades only where foreign keys are switched on.
            runs = select(schema.runs.c.id).where(schema.runs.c.target == name)
            connection.execute(delete(schema.run_refusals).where(schema.run_refusals.c.run_id.in_(runs)))
            connection.execute(delete(schema.run_coverage).where(schema.run_coverage.c.run_id.in_(runs)))
            for table in (
                schema.frontier,
                schema.pages,
                schema.page_classes,
                schema.read_ranges,
                schema.trails,
                schema.runs,
            ):
                connection.execute(delete(table).where(table.c.target == name))

    def due(self, now: datetime) -> list[CrawlTarget]:
        """Return the targets that are not paused and have something due: a crawl cut short, or pages to look at again.

        Not in quiet hours, and not while all that is left of a crawl has to wait.
        A page is due by its own interval; a place is looked at no sooner than its shortest one after the last time.
        """
        with self.engine.connect() as connection:
            last = _last_runs(connection)
            first_due = _first_due(connection, [row.id for row in last.values()])
            resting = _resting(connection, [row.id for row in last.values() if row.finished_at is None], now)
        here = now.astimezone(operator_zone())
        return [
            target
            for target in self.all()
            if not target.paused
            and target.name not in resting
            and target.quiet.until(here) is None
            and _is_due(target, last.get(target.name), first_due.get(target.name), now)
        ]


def _put(connection: Connection, targets: Sequence[CrawlTarget], kept: Collection[str]) -> None:
    """Write over those that are kept, and add the others."""
    fresh = []
    for target in targets:
        same = schema.targets.c.name == target.name
        written = (
            target.name in kept and connection.execute(update(schema.targets).where(same).values(_row(target))).rowcount
        )
        if not written:
            fresh.append({**_row(target), "added_at": datetime.now(UTC)})
    try:
        if fresh:
            connection.execute(schema.targets.insert(), fresh)
    except IntegrityError as error:
        raise BadTarget(
            "Somebody else added one of these targets in the same moment: import the file again."
        ) from error


def _last_runs(connection: Connection) -> dict[str, Any]:
    table = schema.runs
    newest = select(func.max(table.c.id)).group_by(table.c.target)
    wanted = select(table.c.id, table.c.target, table.c.started_at, table.c.finished_at).where(table.c.id.in_(newest))
    return {row.target: row for row in connection.execute(wanted)}


def _resting(connection: Connection, open_runs: Sequence[int], now: datetime) -> set[str]:
    """Return the places whose open crawl has nothing left but pages that wait for later."""
    table = schema.frontier
    later = and_(table.c.state == "waiting", table.c.not_before > now)
    unfinished = table.c.state.in_(("waiting", "leased"))
    counted = select(table.c.target, func.count(), func.sum(case((later, 1), else_=0)))
    rows = connection.execute(counted.where(table.c.run_id.in_(open_runs), unfinished).group_by(table.c.target))
    return {target for target, left, waiting in rows if left == waiting}


def _first_due(connection: Connection, runs: Sequence[int]) -> dict[str, datetime]:
    """Return when the first page of each place is due, of those that its last crawl met."""
    table = schema.pages
    first = select(table.c.target, func.min(table.c.due_at)).where(table.c.run_id.in_(runs)).group_by(table.c.target)
    return {target: due_at for target, due_at in connection.execute(first) if due_at is not None}


def _is_due(target: CrawlTarget, last: Any, first_due: datetime | None, now: datetime) -> bool:
    if last is None or last.finished_at is None:
        return True
    rested_s: float = (now - last.started_at).total_seconds()
    if first_due is None:
        return rested_s >= target.interval_s
    return rested_s >= target.soonest_s and (first_due <= now or rested_s >= target.latest_s)


def _row(target: CrawlTarget) -> dict[str, Any]:
    return {
        "name": target.name,
        "kind": target.kind,
        "spec": json.dumps(target.to_dict(), ensure_ascii=False),
        "paused": target.paused,
    }


def _target(row: RowMapping) -> CrawlTarget:
    return CrawlTarget.from_dict({**json.loads(row["spec"]), "paused": row["paused"]})
