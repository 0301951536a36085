"""Kinds of columns the migrations share. Frozen like the migrations themselves."""

from typing import Any

import sqlalchemy as sa
from alembic import op


def time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Return a column for a time in UTC."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def row_id() -> sa.Column[Any]:
    """Return the random id of a row, its primary key."""
    return sa.Column("id", sa.Uuid, primary_key=True)


def of(table: str, name: str, *, index: bool = True, primary_key: bool = False) -> sa.Column[Any]:
    """Return a column that names a row of `table` and is deleted with it."""
    reference = sa.ForeignKey(f"{table}.id", ondelete="CASCADE")
    return sa.Column(name, sa.Uuid, reference, nullable=False, index=index, primary_key=primary_key)


def position() -> sa.Column[Any]:
    """Return a number that grows with every row and is never given twice."""
    kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("position", kind, primary_key=True, autoincrement=True)


def sealed(name: str, *, nullable: bool = False, primary_key: bool = False) -> sa.Column[Any]:
    """Return a column for ciphertext, a keyed index or a digest; see keep_out_of_statistics."""
    return sa.Column(name, sa.LargeBinary, nullable=nullable, primary_key=primary_key)


def keep_out_of_statistics(table: str, *columns: str) -> None:
    """Keep PostgreSQL's planner from copying values of these columns into pg_statistic.

    Such a copy would outlive the row, and with it the erasure of a person.
    """
    if op.get_bind().dialect.name == "postgresql":
        for column in columns:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
