"""Ranges of the sighting log, taken by one matching worker each, so that several work on it and nothing twice.

Ranges are taken in the order of the log. How far everything is compared is the reader's cursor; up to where ranges are
taken is a cursor of its own. A range is done by whoever first commits what came of it.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from matchers import owners
from registry.cursors import cursor, move_cursor
from registry.models import RangeRow
from registry.transaction import Transaction

TAKEN_FOR = timedelta(seconds=60)
"""A range that is not done by then is handed to somebody else; on one machine the end of a worker is seen at once."""


@dataclass(frozen=True, slots=True)
class Range:
    """The sightings with an id above `after`, up to `upto`."""

    reader: str
    after: int
    upto: int


def first_free(tx: Transaction, reader: str) -> int:
    """Return the position after which nobody has taken anything yet."""
    return max(cursor(tx, reader), cursor(tx, _taken(reader)))


def any_left_behind(tx: Transaction, reader: str) -> bool:
    """Return whether there is a range whose worker is gone or took too long."""
    return any(_is_left_behind(tx, row) for row in _rows(tx, reader))


def take_left_behind(tx: Transaction, reader: str, holder: str) -> Range | None:
    """Take the first range whose worker is gone or took too long, None when there is none."""
    for row in _rows(tx, reader):
        if _is_left_behind(tx, row):
            row.holder, row.until = holder, tx.now() + TAKEN_FOR
            tx.session.flush()
            return Range(reader, row.after, row.upto)
    return None


def take(tx: Transaction, reader: str, after: int, upto: int, holder: str) -> Range | None:
    """Take what comes after `after` up to `upto`; None when somebody was faster."""
    if first_free(tx, reader) != after:
        return None
    tx.add(RangeRow(reader=reader, after=after, upto=upto, holder=holder, until=tx.now() + TAKEN_FOR))
    move_cursor(tx, _taken(reader), upto)
    return Range(reader, after, upto)


def done(tx: Transaction, taken: Range, upto: int | None = None) -> bool:
    """End a range, or its part up to `upto`, together with what came of it, and move the reader's cursor.

    False when somebody else ended it.
    """
    same = (RangeRow.reader == taken.reader) & (RangeRow.after == taken.after)
    ended = (
        delete(RangeRow).where(same) if upto in (None, taken.upto) else update(RangeRow).where(same).values(after=upto)
    )
    if tx.session.scalars(ended.returning(RangeRow.upto)).first() is None:
        return False
    still_open = tx.session.scalar(select(func.min(RangeRow.after)).where(RangeRow.reader == taken.reader))
    move_cursor(tx, taken.reader, cursor(tx, _taken(taken.reader)) if still_open is None else still_open)
    return True


def _taken(reader: str) -> str:
    return f"{reader}-taken"


def _rows(tx: Transaction, reader: str) -> list[RangeRow]:
    return list(tx.session.scalars(select(RangeRow).where(RangeRow.reader == reader).order_by(RangeRow.after)))


def _is_left_behind(tx: Transaction, row: RangeRow) -> bool:
    return row.until <= tx.now() or owners.is_gone(row.holder)
