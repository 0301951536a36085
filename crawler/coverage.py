"""Coverage: what each crawl looked at and what it could not, in counts, so that "we looked here" can be said honestly.

Every page and picture of a crawl is counted under exactly one outcome, in the transaction that settles the page:
a killed crawler counts nothing twice. The reader here is for summaries, plots and the words "nothing was found".
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, func, or_, select

from crawler import schema
from matchers.sightings import sightings

Subject = Literal["page", "picture"]
NOT_DUE = "not-due"
NOT_LOOKED_INTO = "video"
"""The refusal under which videos are counted that the target does not ask for, or that nothing here can open."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Pages or pictures by what came of them.

    `new`: never seen before; `changed`: shows other pictures or links than last time (a picture: another file at
    its address); `unchanged`: the same as last time; `unusable`: looked at, but too small, flat or broken for a
    fingerprint; `not_due`: left for a later crawl, because it was looked at not long ago; `failed`: no usable answer;
    `robots`: its host does not allow it; `budget`: the crawl's budget was spent before its turn.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    unusable: int = 0
    not_due: int = 0
    failed: int = 0
    robots: int = 0
    budget: int = 0

    @property
    def seen(self) -> int:
        """How many were really looked at."""
        return self.new + self.changed + self.unchanged

    @property
    def missed(self) -> int:
        """How many were not, whatever the reason; `not_due` is no miss, and `unusable` is one."""
        return self.unusable + self.failed + self.robots + self.budget

    def __add__(self, other: "Looked") -> "Looked":
        return Looked(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> "Looked":
        """Return the counts by the names that the table uses."""
        return cls(**{name.replace("-", "_"): count for name, count in counts.items()})


def missed_as(reason: str) -> str:
    """Return the outcome under which a refusal of a page or picture is counted, by its reason slug."""
    bare = reason.removeprefix("picture-")
    if bare.startswith("robots"):
        return "robots"
    return "budget" if bare.startswith("budget") else "failed"


@dataclass(frozen=True, slots=True)
class RunCoverage:
    """One crawl: when, how it ended, what was looked at. `finished_at` is None while it is open."""

    target: str
    started_at: datetime
    finished_at: datetime | None
    ended_because: str | None
    pages: Looked
    pictures: Looked
    new_sightings: int
    refusals: Mapping[str, int]

    @property
    def complete(self) -> bool:
        """Whether the crawl got to the end of what it knew: no budget cut it short, and it is not open."""
        return self.ended_because == "complete"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, times as ISO 8601."""
        plain = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in _dict(self)}
        return {**plain, "complete": self.complete}


@dataclass(frozen=True, slots=True)
class TargetCoverage:
    """What was looked at in one place since some time.

    `pages` and `pictures` count looks, summed over `crawls`: a page looked at twice counts twice.
    `distinct_pages` counts page addresses, `distinct_pictures` files (by digest). `last_look` is when a page of the
    place was last really read, None if never since. `complete`: the newest crawl got to its end. `refusals` by reason.
    """

    target: str
    crawls: int = 0
    complete: bool = False
    last_look: datetime | None = None
    pages: Looked = field(default_factory=Looked)
    pictures: Looked = field(default_factory=Looked)
    distinct_pages: int = 0
    distinct_pictures: int = 0
    refusals: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, times as ISO 8601."""
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in _dict(self)}


def _dict(record: RunCoverage | TargetCoverage) -> Iterable[tuple[str, Any]]:
    return asdict(record).items()


class Coverage:
    """Reads the coverage of crawls; the counting happens when pages are settled."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def since(self, when: datetime) -> list[TargetCoverage]:
        """Return what was looked at in every place since `when`, by name; places not looked at are in it, too.

        A crawl counts when it was open at any time since. A place that was removed meanwhile is left out.
        """
        with self.engine.connect() as connection:
            names = connection.scalars(select(schema.targets.c.name).order_by(schema.targets.c.name)).all()
            runs = self._runs(connection, schema.runs.c.finished_at >= when, schema.runs.c.finished_at.is_(None))
            pages, pictures = _pages_since(connection, when), _pictures_since(connection, when)
        by_name: dict[str, list[RunCoverage]] = {}
        for run in runs:
            by_name.setdefault(run.target, []).append(run)
        return [_sum(name, by_name.get(name, []), pages.get(name), pictures.get(name, 0)) for name in names]

    def of(self, target: str, limit: int = 30) -> list[RunCoverage]:
        """Return the last `limit` crawls of one place, oldest first."""
        with self.engine.connect() as connection:
            newest = select(schema.runs.c.id).where(schema.runs.c.target == target)
            ids = connection.scalars(newest.order_by(schema.runs.c.id.desc()).limit(limit)).all()
            return self._runs(connection, schema.runs.c.id.in_(ids))

    def under_way(self, began: datetime) -> list[tuple[RunCoverage, int]]:
        """Return the crawls that are open or ended since `began`, each with how many pages wait or are in work."""
        table = schema.frontier
        with self.engine.connect() as connection:
            runs = self._runs(connection, schema.runs.c.finished_at >= began, schema.runs.c.finished_at.is_(None))
            waiting: dict[str, int] = dict(
                connection.execute(
                    select(table.c.target, func.count())
                    .where(table.c.state.in_(("waiting", "leased")))
                    .group_by(table.c.target)
                ).all()
            )
        return [(run, 0 if run.finished_at else waiting.get(run.target, 0)) for run in runs]

    def started_since(self, when: datetime) -> list[RunCoverage]:
        """Return every crawl of every place that began since `when`, oldest first."""
        with self.engine.connect() as connection:
            return self._runs(connection, schema.runs.c.started_at >= when)

    def _runs(self, connection: Connection, *conditions: Any) -> list[RunCoverage]:
        rows = connection.execute(select(schema.runs).where(or_(*conditions)).order_by(schema.runs.c.id)).all()
        ids = [row.id for row in rows]
        looked, refused = _looked(connection, ids), _refused(connection, ids)
        return [
            RunCoverage(
                target=row.target,
                started_at=row.started_at,
                finished_at=row.finished_at,
                ended_because=row.ended_because,
                pages=Looked.of(looked.get((row.id, "page"), {})),
                pictures=Looked.of(looked.get((row.id, "picture"), {})),
                new_sightings=row.new_sightings,
                refusals=refused.get(row.id, {}),
            )
            for row in rows
        ]


def _chunks(ids: Sequence[int], size: int = 500) -> Iterable[Sequence[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _looked(connection: Connection, ids: Sequence[int]) -> dict[tuple[int, str], dict[str, int]]:
    table, found = schema.run_coverage, dict[tuple[int, str], dict[str, int]]()
    for some in _chunks(ids):
        wanted = select(table.c.run_id, table.c.subject, table.c.outcome, table.c.count)
        for run_id, subject, outcome, number in connection.execute(wanted.where(table.c.run_id.in_(some))):
            found.setdefault((run_id, subject), {})[outcome] = number
    return found


def _refused(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, int]]:
    table, found = schema.run_refusals, dict[int, dict[str, int]]()
    for some in _chunks(ids):
        wanted = select(table.c.run_id, table.c.reason, table.c.count).where(table.c.run_id.in_(some))
        for run_id, reason, number in connection.execute(wanted.order_by(table.c.count.desc(), table.c.reason)):
            found.setdefault(run_id, {})[reason] = number
    return found


def _pages_since(connection: Connection, when: datetime) -> dict[str, tuple[int, datetime]]:
    """Return for each place how many addresses were read since, and when the last one was."""
    table = schema.pages
    counted = select(table.c.target, func.count(), func.max(table.c.seen_at))
    read = counted.where(table.c.seen_at >= when, table.c.outcome == "seen").group_by(table.c.target)
    return {target: (number, last) for target, number, last in connection.execute(read)}


def _pictures_since(connection: Connection, when: datetime) -> dict[str, int]:
    counted = select(sightings.c.target, func.count(sightings.c.content_digest.distinct()))
    seen = counted.where(sightings.c.last_seen_at >= when).group_by(sightings.c.target)
    return dict(connection.execute(seen).all())


def _sum(name: str, runs: Sequence[RunCoverage], read: tuple[int, datetime] | None, pictures: int) -> TargetCoverage:
    return TargetCoverage(
        target=name,
        crawls=len(runs),
        complete=bool(runs) and runs[-1].complete,
        last_look=read[1] if read else None,
        pages=sum((run.pages for run in runs), Looked()),
        pictures=sum((run.pictures for run in runs), Looked()),
        distinct_pages=read[0] if read else 0,
        distinct_pictures=pictures,
        refusals=dict(sum((Counter(run.refusals) for run in runs), Counter[str]()).most_common()),
    )
