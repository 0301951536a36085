"""Reading the blocks of a log as bytes, by the quickest road that its database has.

SQLite hands out a large value in pieces, without first putting together the row it is part of. PostgreSQL copies
rows in binary; asked in the ordinary way it would spell every byte in two letters.
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from matchers.fingerprint import VERSION
from matchers.log_tables import sighting_blocks

PIECE = 128 * 1024
"""Bytes that SQLite is asked for at once: they stay in the cache until they lie where they belong."""
AT_ONCE = 8
"""Blocks with patches in one question, some 60 MB: no transaction is open for longer."""
SMALLER = 8
"""Of whole pictures only, so many times as many."""
FACTS = ("first_id", "last_id")
WHOLE, PATCHED = ("ids", "whole"), ("ids", "whole", "counts", "patches")


def rows_after(engine: sa.Engine, cursor: int, *, patches: bool) -> Iterator[Any]:
    """Yield the rows of today's blocks that reach beyond `cursor`, in order, with bytes for columns."""
    names, many = (PATCHED, AT_ONCE) if patches else (WHOLE, AT_ONCE * SMALLER)
    read = _copied if engine.dialect.name == "postgresql" else _in_pieces
    while True:
        row = None
        for row in read(engine, cursor, many, names):
            cursor = row.last_id
            yield row
        if row is None:
            return


def _in_pieces(engine: sa.Engine, cursor: int, many: int, names: tuple[str, ...]) -> Iterator[Any]:
    """Yield the next blocks of SQLite's, one at a time in memory."""
    rowid = sa.literal_column("rowid", sa.Integer)
    with engine.connect() as connection:
        # One transaction, so that nobody changes a row between its number and its bytes.
        connection.exec_driver_sql("BEGIN")
        found = connection.execute(_wanted(cursor, many, rowid, *(sighting_blocks.c[name] for name in FACTS))).all()
        raw: Any = connection.connection.driver_connection
        for number, first, last in found:
            columns = {name: _value(raw, name, number) for name in names}
            yield SimpleNamespace(first_id=first, last_id=last, **columns)


def _value(connection: Any, name: str, rowid: int) -> NDArray[np.uint8]:
    with connection.blobopen(sighting_blocks.name, name, rowid, readonly=True) as blob:
        value = np.empty(len(blob), np.uint8)
        for start in range(0, len(blob), PIECE):
            piece = blob.read(PIECE)
            value[start : start + len(piece)] = np.frombuffer(piece, np.uint8)
    return value


def _copied(engine: sa.Engine, cursor: int, many: int, names: tuple[str, ...]) -> Iterator[Any]:
    """Yield the next blocks of PostgreSQL's."""
    columns = (*FACTS, *names)
    query = _wanted(cursor, many, *(sighting_blocks.c[name] for name in columns))
    spelled = str(query.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True}))
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        with raw.cursor() as asking, asking.copy(f"COPY ({spelled}) TO STDOUT (FORMAT BINARY)") as copy:
            copy.set_types(["int8"] * len(FACTS) + ["bytea"] * len(names))
            for row in copy.rows():
                yield SimpleNamespace(**dict(zip(columns, row, strict=True)))


def _wanted(cursor: int, many: int, *columns: Any) -> sa.Select[Any]:
    table = sighting_blocks.c
    ours = (table.last_id > cursor) & (table.version == VERSION)
    return sa.select(*columns).where(ours).order_by(table.last_id).limit(many)
