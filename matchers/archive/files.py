"""One archive file: the sightings of a day, in order of their ids, 2,048 to a row group; read a group at a time."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from matchers.archive import rows
from matchers.blocks import Block
from matchers.fingerprint import VERSION
from matchers.hashes.pdq import BITS, ORIENTATIONS
from matchers.sightings import Sighting

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

GROUP = 2048
"""Sightings in a row group: about 16 MB with their patches."""
SIGHTINGS = b"watchlight.sightings"
HASHES = ("head", "whole", "witness", "patches", "places", "content_digest")
"""Columns that nothing makes smaller."""


@dataclass(frozen=True)
class ArchiveFile:
    """Sightings last seen on `day` (UTC); `version` is that of their fingerprints."""

    path: Path

    @property
    def day(self) -> date:
        """Return the day that the folder is named after."""
        return date.fromisoformat(self.path.parent.name.removeprefix("day="))

    @property
    def name(self) -> str:
        """Return what the file is called within the archive, the same for as long as it lies there."""
        return f"{self.day}/{self.path.stem}"

    @property
    def is_current(self) -> bool:
        """Say whether its fingerprints can be compared with today's."""
        return self.path.stem.endswith(f"-v{VERSION}")

    @property
    def ends_at(self) -> datetime:
        """Return the moment after which nothing in it was seen."""
        return datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC) + timedelta(days=1)

    def count(self) -> int:
        """Return how many sightings are in it."""
        with self._open() as file:
            return int(file.metadata.metadata[SIGHTINGS])

    def count_up_to(self, last: int) -> int:
        """Return how many sightings with ids up to `last` are in it."""
        return int(np.searchsorted(self.ids(), last, "right")) if last else 0

    def blocks(self, after: int = 0, *, patches: bool = True) -> Iterator[Block]:
        """Yield the row groups that reach beyond the id `after`, as blocks; `patches=False`: whole pictures only."""
        wanted = ["id", "whole", "patches"] if patches else ["id", "whole"]
        with self._open() as file:
            for group in range(file.num_row_groups):
                first, last = _ids_of(file, group)
                if last > after:
                    yield _block(file.read_row_group(group, columns=wanted, use_threads=False), first, last)

    def named(self, ids: Collection[int]) -> list[Sighting]:
        """Return the sightings with these ids, in order."""
        wanted, found = np.array(sorted(ids), np.int64), list[Sighting]()
        with self._open() as file:
            for group in range(file.num_row_groups):
                first, last = _ids_of(file, group)
                here = wanted[np.searchsorted(wanted, first) : np.searchsorted(wanted, last, "right")]
                if len(here):
                    table = file.read_row_group(group, use_threads=False)
                    table = table.filter(np.isin(table.column("id").to_numpy(), here))
                    found += rows.to_sightings(table.to_pylist())
        return found

    def hashes(self) -> Iterator[tuple[bytes, set[bytes]]]:
        """Yield the content digest and every whole-picture hash of each frame."""
        step = BITS // 8
        with self._open() as file:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, columns=["content_digest", "whole", "witness"], use_threads=False)
                for digest, whole, witness in zip(*(column.to_pylist() for column in table.columns), strict=True):
                    own = {whole[start : start + step] for start in range(0, len(whole), step)}
                    yield digest, own if witness is None else own | {witness}

    def without(self, gone: "Callable[[pa.Table], np.ndarray]") -> int:
        """Write the file anew without the sightings of which `gone` marks a row, and return how many left it.

        Nothing is written where none left; a file that nothing stays in is deleted.
        """
        left, count, stays = [], 0, False
        with self._open() as file:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, columns=["id", "content_digest"], use_threads=False)
                ids = table.column("id").to_numpy()
                out = np.unique(ids[gone(table)])
                left.append(~np.isin(ids, out))
                count, stays = count + len(out), stays or bool(left[-1].any())
        if not stays:
            self.path.unlink()
        elif count:
            with self._open() as file:
                write(
                    self.path, (file.read_row_group(n, use_threads=False).filter(mask) for n, mask in enumerate(left))
                )
        return count

    def ids(self) -> "np.ndarray":
        """Return the ids of its sightings, each once."""
        with self._open() as file:
            return np.unique(file.read(columns=["id"], use_threads=False).column("id").to_numpy())

    def _open(self) -> "pq.ParquetFile":
        import pyarrow.parquet as pq

        return pq.ParquetFile(self.path)


def _ids_of(file: Any, group: int) -> tuple[int, int]:
    told = file.metadata.row_group(group).column(0).statistics
    return told.min, told.max


def _block(table: "pa.Table", first: int, last: int) -> Block:
    """Return views of a row group's columns."""
    ids = table.column("id").to_numpy()
    whole = np.frombuffer(b"".join(_bytes_of(chunk) for chunk in table.column("whole").chunks), "<u8")
    counts, patches = np.zeros(len(ids), np.uint16), np.empty((0, 2), np.uint64)
    if "patches" in table.column_names:
        column = table.column("patches").combine_chunks()
        offsets = np.frombuffer(column.buffers()[1], np.int32, len(ids) + 1, column.offset * 4)
        counts = (np.diff(offsets) // rows.BITS_BYTES).astype(np.uint16)
        patches = np.frombuffer(column.buffers()[2], "<u8", (offsets[-1] - offsets[0]) // 8, int(offsets[0])).reshape(
            -1, 2
        )
    return Block(first, last, ids, whole.reshape(-1, len(ORIENTATIONS), 4), counts, patches)


def _bytes_of(chunk: Any) -> memoryview:
    start = chunk.offset * rows.WHOLE_BYTES
    return memoryview(chunk.buffers()[1])[start : start + len(chunk) * rows.WHOLE_BYTES]


def write(path: Path, tables: "Iterable[pa.Table]") -> "np.ndarray":
    """Write row groups under another name, make sure that they are on the disk, then give them their name.

    Return the ids of the sightings written; where there are none there is no file.
    """
    import pyarrow.parquet as pq

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = path.with_suffix(".half")
    kind, written = rows.schema(), [np.empty(0, np.int64)]
    packed = {name: "NONE" if name in HASHES else "ZSTD" for name in kind.names}
    with open(half, "wb", opener=_private) as out:
        with pq.ParquetWriter(out, kind, compression=packed, use_dictionary=["target"], write_statistics=["id"]) as to:
            for table in tables:
                if len(table):
                    to.write_table(table.cast(kind), row_group_size=len(table))
                    written.append(np.unique(table.column("id").to_numpy()))
            ids = np.concatenate(written)
            to.add_key_value_metadata({SIGHTINGS: str(len(ids)).encode()})
        out.flush()
        os.fsync(out.fileno())
    if len(ids):
        half.rename(path)
        _settle(path.parent)
    else:
        half.unlink()
    return ids


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _settle(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
