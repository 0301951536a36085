"""Blocks: the hashes of 1,024 sightings in columns, so that a look at the past reads megabytes in order.

They stand beside the rows of the log and say nothing that is not there. A block is written once its sightings
are all there, and rewritten when some of them are forgotten.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from matchers import block_reading, frames
from matchers.fingerprint import VERSION, Fingerprint
from matchers.hashes.pdq import BITS, ORIENTATIONS
from matchers.log_tables import sighting_blocks, sightings

SEALED = 1024  # sightings in a block
BLOCKS_LOCK = 0x5741_424C_4F43  # names our advisory lock in PostgreSQL
WORDS = BITS // 64


@dataclass(frozen=True)
class Block:
    """Hashes in columns, one row a frame: `ids` (n), `whole` (n, 8, 4), `counts` (n), `patches` (sum of counts, 2).

    It stands for the sightings from `first_id` to `last_id`; those of another version are left out.
    """

    first_id: int
    last_id: int
    ids: npt.NDArray[np.int64]
    whole: npt.NDArray[np.uint64]
    counts: npt.NDArray[np.uint16]
    patches: npt.NDArray[np.uint64]

    @classmethod
    def of(cls, numbered: Sequence[tuple[int, Iterable[Fingerprint]]]) -> Self:
        """Return the block of sightings in the order of their ids, each with its frames' fingerprints."""
        rows = [(number, fp) for number, some in numbered for fp in some if fp.version == VERSION]
        parts = [fp.regions.hashes if fp.regions is not None else _NO_PATCHES for _, fp in rows]
        whole = b"".join(each.bits for _, fp in rows for each in fp.whole)
        return cls(
            first_id=numbered[0][0],
            last_id=numbered[-1][0],
            ids=np.array([number for number, _ in rows], np.int64),
            whole=np.frombuffer(whole, "<u8").reshape(-1, len(ORIENTATIONS), WORDS),
            counts=np.array([len(part) for part in parts], np.uint16),
            patches=np.concatenate([_NO_PATCHES, *parts]),
        )

    def without(self, gone: npt.NDArray[np.int64]) -> "Block":
        """Return the block with nothing left of these sightings."""
        stays = ~np.isin(self.ids, gone)
        patches = self.patches[np.repeat(stays, self.counts)]
        return Block(self.first_id, self.last_id, self.ids[stays], self.whole[stays], self.counts[stays], patches)

    def to_row(self) -> dict[str, Any]:
        """Return the columns as they are stored: little-endian bytes."""
        return {
            "first_id": self.first_id,
            "last_id": self.last_id,
            "version": VERSION,
            "ids": self.ids.astype("<i8").tobytes(),
            "whole": self.whole.astype("<u8").tobytes(),
            "counts": self.counts.astype("<u2").tobytes(),
            "patches": self.patches.astype("<u8").tobytes(),
        }

    @classmethod
    def from_row(cls, row: Any) -> Self:
        """Return what `to_row` wrote, as views into its bytes; without patches where they were not read."""
        ids, patched = np.frombuffer(row.ids, "<i8"), hasattr(row, "patches")
        return cls(
            first_id=row.first_id,
            last_id=row.last_id,
            ids=ids,
            whole=np.frombuffer(row.whole, "<u8").reshape(-1, len(ORIENTATIONS), WORDS),
            counts=np.frombuffer(row.counts, "<u2") if patched else np.zeros(len(ids), np.uint16),
            patches=np.frombuffer(row.patches, "<u8").reshape(-1, 2) if patched else _NO_PATCHES,
        )


_NO_PATCHES = np.empty((0, 2), np.uint64)


class Blocks:
    """The blocks of one sighting log."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def last(self) -> int:
        """Return up to which id sightings are in blocks."""
        with self._engine.connect() as connection:
            return _last(connection)

    def seal(self, most: int = 1_000_000, told: Callable[[int, int], None] | None = None) -> int:
        """Write up to `most` blocks of sightings that are in none yet; what does not fill one waits. Say how many."""
        made, total = 0, 0
        while made < most and self._is_enough() and self._seal_one():
            made += 1
            if told is not None:
                total = total or self._waiting() // SEALED + 1
                told(made, max(total, made))
        return made

    def _waiting(self) -> int:
        with self._engine.connect() as connection:
            waiting = sa.select(sa.func.count()).select_from(sightings).where(sightings.c.id > _last(connection))
            return connection.scalar(waiting) or 0

    def _is_enough(self) -> bool:
        """Say, without taking a lock, whether there is a block's worth of sightings."""
        with self._engine.connect() as connection:
            waiting = sa.select(sightings.c.id).where(sightings.c.id > _last(connection)).limit(SEALED).subquery()
            return connection.scalar(sa.select(sa.func.count()).select_from(waiting)) == SEALED

    def _seal_one(self) -> bool:
        with self._engine.begin() as connection:
            lock(connection)
            wanted = (
                sa.select(sightings.c.id, sightings.c.fingerprint)
                .where(sightings.c.id > _last(connection))
                .order_by(sightings.c.id)
                .limit(SEALED)
            )
            rows = connection.execute(wanted).all()
            if len(rows) < SEALED:
                return False
            block = Block.of([(row.id, _fingerprints(row.fingerprint)) for row in rows])
            connection.execute(sa.insert(sighting_blocks).values(block.to_row()))
        return True

    def after(self, cursor: int, *, patches: bool = True) -> Iterator[Block]:
        """Yield the blocks that reach beyond `cursor`, in order; a few at a time are in memory.

        `patches=False`: whole pictures only, a twentieth of the bytes. SQLite does not read on to the others.
        """
        return (Block.from_row(row) for row in block_reading.rows_after(self._engine, cursor, patches=patches))

    def size(self) -> tuple[int, int]:
        """Return how many sightings are in blocks, and the bytes of all their columns."""
        columns = [sighting_blocks.c[name] for name in ("ids", "whole", "counts", "patches")]
        lengths = [sa.func.coalesce(sa.func.sum(sa.func.length(column)), 0) for column in columns]
        with self._engine.connect() as connection:
            ids, *others = connection.execute(sa.select(*lengths)).one()
        return int(ids) // 8, int(ids) + sum(map(int, others))


def lock(connection: sa.Connection) -> None:
    """Wait until nobody else writes blocks or forgets sightings, and drop blocks of another fingerprint version.

    Otherwise a block could be written from rows that are being forgotten at that moment. The deletion also takes
    SQLite's write lock before anything is read.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(BLOCKS_LOCK)))
    connection.execute(sa.delete(sighting_blocks).where(sighting_blocks.c.version != VERSION))


def drop(connection: sa.Connection, ids: Collection[int]) -> None:
    """Take these sightings out of their blocks, in the caller's transaction and after `lock`."""
    gone = np.array(sorted(ids), np.int64)
    table = sighting_blocks
    if not len(gone):
        return
    spans = connection.execute(
        sa.select(table.c.first_id, table.c.last_id).where(
            table.c.last_id >= int(gone[0]), table.c.first_id <= int(gone[-1])
        )
    ).all()
    for first, last in spans:
        here = gone[np.searchsorted(gone, first) : np.searchsorted(gone, last, "right")]
        if not len(here):
            continue
        row = connection.execute(sa.select(table).where(table.c.first_id == first)).one()
        left = Block.from_row(row).without(here)
        which = table.c.first_id == first
        connection.execute(
            sa.update(table).where(which).values(left.to_row()) if len(left.ids) else sa.delete(table).where(which)
        )


def _last(connection: sa.Connection) -> int:
    ours = sighting_blocks.c.version == VERSION
    return connection.scalar(sa.select(sa.func.max(sighting_blocks.c.last_id)).where(ours)) or 0


def _fingerprints(stored: bytes) -> list[Fingerprint]:
    return [frame.fingerprint for frame in frames.from_bytes(stored)]
