"""Whole-picture hashes by the million: one picture, batches of 256, loading, memory; beside bandwidth and faiss."""

import gc
import time
from collections.abc import Callable
from functools import partial
from uuid import UUID

import faiss
import numpy as np

from benchmarks.bandwidth import counted
from matchers.deciding import RADIUS
from matchers.fast_index import Index
from matchers.fingerprint import VERSION, Fingerprint
from matchers.flat import CHUNK, Rows
from matchers.hashes import ImageHash, pdq, phash

BATCH = 256
TURNS = len(pdq.ORIENTATIONS)
COMPARED_BYTES = (pdq.BITS + phash.BITS) // 8


def seconds(call: Callable[[], object], rounds: int) -> list[float]:
    """Return the processor time of some calls."""
    taken = []
    for _ in range(rounds):
        before = time.process_time()
        call()
        taken.append(time.process_time() - before)
    return taken


def made_up(bits: np.ndarray, second: bytes | None = None) -> Fingerprint:
    """Return a fingerprint of eight given PDQ hashes (8, 32), and a phash or none."""
    whole = tuple(ImageHash(pdq.ALGORITHM, pdq.VERSION, row.tobytes()) for row in bits)
    witness = ImageHash(phash.ALGORITHM, phash.VERSION, second) if second else None
    return Fingerprint(VERSION, 640, 480, 100, whole, witness)


def load(bits: np.ndarray) -> tuple[Index, float]:
    """Put hashes into the index that matching uses, from columns as they are kept; return it and the seconds."""
    index, random = Index(), np.random.default_rng(2)
    names = random.integers(0, 2**64, (len(bits), 2), np.uint64)
    names[:, 0] = np.arange(len(bits))
    second, facts = random.integers(0, 2**64, len(bits), np.uint64), np.ones(len(bits), np.uint8)
    before = time.process_time()
    index._flat.append(Rows(names, bits.view(np.uint64), second, facts))
    return index, time.process_time() - before


def load_of_fingerprints(count: int = 1_000_000) -> float:
    """Return the seconds so many enrolments take, given as the fingerprints that the registry hands over.

    All of them stand in memory here, 3 GB; the collector must not go through these while the index is timed.
    """
    random = np.random.default_rng(3)
    made = [
        (UUID(bytes=random.bytes(16)), made_up(random.integers(0, 256, (8, 32), np.uint8), random.bytes(8)))
        for _ in range(count)
    ]
    gc.freeze()
    took = min(seconds(lambda: Index().add_many(made), 3))
    gc.unfreeze()
    return took


def churned(index: Index, fp: Fingerprint) -> float:
    """Return the milliseconds to add an enrolment, find it, remove it, and find it no more."""
    one = UUID(int=2**127)

    def once() -> None:
        index.add(one, fp)
        assert [each.enrolment for each in index.search(fp)] == [one]
        index.remove(one)
        assert index.search(fp) == []

    return 1000 * float(np.median(seconds(once, 9)))


def at(size: int, seed: int) -> None:
    """Print what searches of one size cost."""
    random = np.random.default_rng(seed)
    bits = random.integers(0, 256, (size, 32), np.uint8)
    index, loaded = load(bits)
    memory = index._flat.nbytes
    print(f"{size:,} hashes: loaded in {loaded:.2f} s; {memory / 2**20:,.1f} MiB", end="")
    print(f" = {memory / size / COMPARED_BYTES:.2f} x the compared bits" if size >= CHUNK else ", one chunk")
    pictures = [made_up(random.integers(0, 256, (TURNS, 32), np.uint8)) for _ in range(BATCH)]
    index.considered_many(pictures[:2])
    rounds = 256 if size <= 1_000_000 else 64
    single = np.array([seconds(partial(index.search, fp), 1)[0] for fp in pictures[:rounds]]) * 1000
    batch = min(seconds(partial(index.considered_many, pictures), 3))
    said("ours", single, batch, f"{BATCH * TURNS * size / batch / 1e9:.1f} billion pairs/s")
    print(f"  add, find, remove, find no more: {churned(index, pictures[0]):.3f} ms")
    flat_bits = bits.view(np.uint64).reshape(-1)
    counted(flat_bits[:8])
    took = min(seconds(partial(counted, flat_bits), 5))
    print(f"  one pass that only reads and counts: {took * 1000:.3f} ms = {size * 32 / took / 1e9:.1f} GB/s")
    theirs(bits, pictures, batch)


def said(what: str, single: np.ndarray, batch: float, more: str) -> None:
    """Print one line about an index: `single` in milliseconds a picture, `batch` in seconds."""
    print(
        f"  {what:24} one picture p50 {np.median(single):8.3f} ms, p99 {np.percentile(single, 99):8.3f} ms; "
        f"{BATCH} pictures {batch:7.3f} s = {BATCH / batch:,.0f}/s; {more}"
    )


def theirs(bits: np.ndarray, pictures: list[Fingerprint], ours: float) -> None:
    """Print the same searches by faiss on one core; above a million hashes, of fewer pictures."""
    faiss.omp_set_num_threads(1)
    flat = faiss.IndexBinaryFlat(pdq.BITS)
    flat.add(bits)
    queries = np.frombuffer(b"".join(p.bits for fp in pictures for p in fp.whole), np.uint8).reshape(-1, 32)
    some = queries[: TURNS * 16] if len(bits) > 1_000_000 else queries
    ask = [partial(flat.range_search, some[n : n + TURNS], RADIUS + 1) for n in range(0, len(some), TURNS)]
    single = np.array([seconds(call, 1)[0] for call in ask]) * 1000
    took = min(seconds(partial(flat.range_search, some, RADIUS + 1), 2)) * len(queries) / len(some)
    said("faiss IndexBinaryFlat", single, took, f"ours is {took / ours:.1f} x as quick")
    del flat
    multi_hash(bits, some[: TURNS * 8], ours)


def multi_hash(bits: np.ndarray, some: np.ndarray, ours: float) -> None:
    """Print what faiss's hash tables take, and what they find of copies that are within the radius.

    Filling them takes 45 s of 10 million hashes, and 2.5 GB.
    """
    many = faiss.IndexBinaryMultiHash(pdq.BITS, 8, 20)
    many.nflip = 2
    many.add(bits)
    ask = [partial(many.range_search, some[n : n + TURNS], RADIUS + 1) for n in range(0, len(some), TURNS)]
    single = np.array([seconds(call, 1)[0] for call in ask]) * 1000
    limits, _, _ = many.range_search(scattered(bits[:500], 60), RADIUS + 1)
    took = float(single.mean()) * BATCH / 1000
    found = float(np.mean(np.diff(limits) > 0))
    said("faiss IndexBinaryMultiHash", single, took, f"{took / ours:.1f} x; finds {found:.0%} of copies 60 bits away")


def scattered(bits: np.ndarray, apart: int) -> np.ndarray:
    """Return copies in which `apart` bits, anywhere, are turned."""
    random, flat = np.random.default_rng(6), np.unpackbits(bits, axis=1)
    for row in flat:
        row[random.choice(pdq.BITS, apart, replace=False)] ^= 1
    return np.packbits(flat, axis=1)


def scale_table(sizes: list[int], seed: int) -> None:
    """Print the figures of every size, all in this process, on one core."""
    print(f"whole-picture hashes, {TURNS} orientations a picture, within {RADIUS} bits; processor time of one core")
    for size in sizes:
        at(size, seed)
    if sizes:
        print(f"1,000,000 enrolments given as fingerprints: {load_of_fingerprints():.2f} s")
