"""Cursors: how far a reader has come in a log, moved in the same unit of work as what it read led to."""

from sqlalchemy import delete, select

from registry.models import CursorRow
from registry.transaction import Transaction


def cursor(tx: Transaction, name: str) -> int:
    """Return the position of the reader `name`, 0 when it never read."""
    position = tx.session.scalar(select(CursorRow.position).where(CursorRow.name == name))
    return 0 if position is None else position


def cursors_of(tx: Transaction, beginning: str) -> list[str]:
    """Return the names of the readers that begin so."""
    return list(tx.session.scalars(select(CursorRow.name).where(CursorRow.name.startswith(beginning, autoescape=True))))


def move_cursor(tx: Transaction, name: str, position: int) -> None:
    """Set the position of the reader `name`; it never moves back."""
    row = tx.session.get(CursorRow, name)
    if row is None:
        tx.add(CursorRow(name=name, position=position))
    elif position > row.position:
        row.position = position
        tx.session.flush()


def forget_cursor(tx: Transaction, name: str) -> None:
    """Let the reader `name`, and those called `name@` and something, begin anew the next time."""
    theirs = CursorRow.name.startswith(f"{name}@", autoescape=True)
    tx.session.execute(delete(CursorRow).where((CursorRow.name == name) | theirs))
