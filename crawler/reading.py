"""Catching up: how far back a list of numbered posts was read, so that paging stops at the last seen post.

A list is read from its newest post back. Which stretches were read is kept as ranges of post numbers, written with the
page they came with: a crawl that was cut short in the middle leaves a gap, and the next one reads the gap and what
lies before it, and nothing twice. A range that is older than the place's longest interval is read again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, delete, select

from crawler import records, schema
from crawler.outcomes import Outcome, Read


@dataclass(frozen=True, slots=True)
class ReadOn:
    """Where to go on: below post number `below`, or nowhere, because everything before was read not long ago."""

    below: int | None


class Reading:
    """Asks what was read of a list; the writing happens when pages are settled."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def below(self, target: str, read: Read, now: datetime) -> ReadOn:
        """Return where to read on after a page that gave posts `read.low` to `read.high`."""
        if read.at_start:
            return ReadOn(None)
        low = read.low
        with self.engine.connect() as connection:
            while (known := _covering(connection, target, read, low - 1, now)) is not None:
                if known.at_start:
                    return ReadOn(None)
                low = known.low
        return ReadOn(low)


def remember(connection: Connection, outcome: Outcome, now: datetime) -> None:
    """Join what a page gave of its list with what was read before."""
    read, target = outcome.read, outcome.entry.target
    if read is None or outcome.state != "done":
        return
    table = schema.read_ranges
    low, high, at_start, read_at = read.low, read.high, read.at_start, now
    touching = select(table).where(
        table.c.target == target, table.c.list == read.list, table.c.low <= high + 1, table.c.high >= low - 1
    )
    for known in connection.execute(touching).all():
        if known.read_at >= now - timedelta(seconds=read.fresh_s):
            low, high = min(low, known.low), max(high, known.high)
            at_start, read_at = at_start or known.at_start, min(read_at, known.read_at)
        connection.execute(
            delete(table).where(table.c.target == target, table.c.list == read.list, table.c.low == known.low)
        )
    row = {"target": target, "list": read.list, "low": low, "high": high, "at_start": at_start, "read_at": read_at}
    records.upsert(connection, table, [row], ("target", "list", "low"))


def _covering(connection: Connection, target: str, read: Read, number: int, now: datetime) -> Any:
    table = schema.read_ranges
    return connection.execute(
        select(table.c.low, table.c.at_start).where(
            table.c.target == target,
            table.c.list == read.list,
            table.c.low <= number,
            table.c.high >= number,
            table.c.read_at >= now - timedelta(seconds=read.fresh_s),
        )
    ).first()
