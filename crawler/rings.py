"""Sites in turn: which sites of a run have entries waiting, one after the other, round and round.

A site is a number (crawler.sites). Nothing is kept of a site but where the walk stood, so ten million of them take no
memory; each is found by one step into the index.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, literal, or_, select

from crawler import schema
from crawler.sites import HIGHEST, LOWEST

CHUNK = 32
"""Sites asked for at once."""
RINGS = 64
"""Ranks of which a process remembers where their walk stood."""
SOON_S = 1.0
"""A site whose turn is so near is as good as one that may be asked now: the request waits for the rest."""


class Rank(NamedTuple):
    """How urgent entries of a run are: those seldom left behind come first, then those of high priority."""

    run_id: int
    abandoned: int
    priority: int


@dataclass(frozen=True)
class Ahead:
    """Which sites' turns lie ahead, as a crawl knows it at one moment.

    `waits`: seconds by number of site; every other may be asked at once. `each`: how many entries of one site are taken
    at once. `idle`: nothing is at hand, so where no site may be asked soon, the next in turn is welcome.
    """

    waits: Mapping[int, float] = field(default_factory=dict)
    each: int = 1_000
    idle: bool = True


@dataclass(slots=True)
class _Ring:
    last: int = LOWEST
    long: bool = False


class Rings:
    """Where the walk through the sites of each rank stands, in this process."""

    def __init__(self) -> None:
        self._rings: dict[Rank, _Ring] = {}

    def walk(self, connection: Connection, rank: Rank, now: datetime) -> Iterator[int]:
        """Yield the sites with entries of a rank that are due, each once; the next walk goes on where this one ends."""
        ring = self._ring(rank)
        begin, count = ring.last, 0
        for site in self._around(connection, rank, ring, now):
            ring.last, count = site, count + 1
            yield site
        ring.long = count >= CHUNK
        ring.last = ring.last if count else begin

    def _around(self, connection: Connection, rank: Rank, ring: _Ring, now: datetime) -> Iterator[int]:
        begin = ring.last
        if not ring.long:
            # A short ring is asked for whole: where it ends is known without a second question.
            found = _chunk(connection, rank, now, LOWEST, HIGHEST)
            ring.long = len(found) == CHUNK
            if not ring.long:
                yield from sorted(found, key=lambda site: (site <= begin, site))
                return
        yield from _span(connection, rank, now, begin, HIGHEST)
        yield from _span(connection, rank, now, LOWEST, begin)

    def _ring(self, rank: Rank) -> _Ring:
        if rank not in self._rings and len(self._rings) >= RINGS:
            del self._rings[next(iter(self._rings))]
        return self._rings.setdefault(rank, _Ring())


def _span(connection: Connection, rank: Rank, now: datetime, after: int, until: int) -> Iterator[int]:
    """Yield the sites between two numbers, the second included."""
    while True:
        found = _chunk(connection, rank, now, after, until)
        yield from found
        if len(found) < CHUNK:
            return
        after = found[-1]


def _chunk(connection: Connection, rank: Rank, now: datetime, after: int, until: int) -> list[int]:
    bounds = {"now": now, "after": after, "until": until}
    return list(connection.scalars(_walking(), {**rank._asdict(), **bounds}))


@cache
def _walking() -> Any:
    """Return the statement that steps from site to site: each step is a search of the index, whatever waits there."""
    table = schema.frontier
    due = or_(table.c.not_before.is_(None), table.c.not_before <= bindparam("now"))

    def least(above: Any) -> Any:
        of_rank = (
            table.c.run_id == bindparam("run_id"),
            table.c.state == "waiting",
            table.c.abandoned == bindparam("abandoned"),
            table.c.priority == bindparam("priority"),
        )
        between = (table.c.site > above, table.c.site <= bindparam("until"))
        return select(func.min(table.c.site)).where(*of_rank, *between, due).scalar_subquery()

    steps = select(least(bindparam("after")).label("site"), literal(1).label("step")).cte("steps", recursive=True)
    further = select(least(steps.c.site), steps.c.step + 1).where(steps.c.site.is_not(None), steps.c.step < CHUNK)
    steps = steps.union_all(further)
    return select(steps.c.site).where(steps.c.site.is_not(None))
