"""`python -m benchmarks search`: pictures against thousands and millions of enrolled photos, and faiss in the same run.

Enrolled photos are made up: patches of pictures (`--photos`, else drawn clouds) of which a third of the bits are
flipped at random, so that nothing is a copy and hashes are spread as those of photos are. Queries are pictures as
they are. Times are processor time on one core, in milliseconds: median and 99th percentile.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

import numpy as np

from benchmarks.search.pictures import drawn, of_photos
from benchmarks.search.scale import scale_table
from matchers.regions.index import RegionIndex
from matchers.regions.judging import LEAST_SCORE
from matchers.regions.kept import ROW, Regions

PATCHES = 300
FLIPPED = 0.33


def strangers(sources: list[Regions], count: int, random: np.random.Generator) -> Iterator[Regions]:
    """Make up `count` pictures of PATCHES patches each, no two alike."""
    words = np.concatenate([source.rows for source in sources])
    for _ in range(count):
        rows = np.array(words[random.integers(0, len(words), PATCHES)], ROW)
        flips = np.packbits(random.random((PATCHES, 128)) < FLIPPED, axis=1).view("<u8")
        rows["bits"] ^= flips
        yield Regions(640, 480, rows)


def milliseconds(asked: list[Callable[[], object]]) -> tuple[float, float]:
    """Return median and 99th percentile of the processor time of some calls."""
    taken = []
    for call in asked:
        before = time.process_time()
        call()
        taken.append(1000 * (time.process_time() - before))
    return float(np.median(taken)), float(np.percentile(taken, 99))


def regions_table(sources: list[Regions], sizes: list[int], seed: int) -> None:
    """Print what region search costs at each size, and what adding one photo and asking again costs."""
    print(f"{'photos':>8} {'patches':>10} {'p50 ms':>8} {'p99 ms':>8} {'build s':>8} {'add+ask ms':>11}")
    random, index, made = np.random.default_rng(seed), RegionIndex(), 0
    queries = sources[:40]
    for size in sizes:
        before = time.process_time()
        for number, picture in enumerate(strangers(sources, size - made, random), made):
            index.add(UUID(int=number), picture)
        made = size
        index.search(queries[0], LEAST_SCORE)
        built = time.process_time() - before
        p50, p99 = milliseconds([partial(index.search, q, LEAST_SCORE) for q in queries])

        one = next(strangers(sources, 1, random))
        added = milliseconds([partial(added_and_asked, index, one, queries[1])])[0]
        print(f"{size:>8} {size * PATCHES:>10} {p50:8.2f} {p99:8.2f} {built:8.1f} {added:11.2f}")


def added_and_asked(index: RegionIndex, one: Regions, query: Regions) -> None:
    """Add a photo and ask at once: it must be found from the next search on."""
    index.add(UUID(int=10**9), one)
    index.search(query, LEAST_SCORE)


def main() -> None:
    """Read the options and print both tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks search", description=__doc__)
    parser.add_argument("--photos", type=Path, help="a folder with pictures, for patches as photos have them")
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000])
    parser.add_argument("--whole-sizes", type=int, nargs="*", default=[10_000, 1_000_000])
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.sizes:
        regions(options)
    scale_table(options.whole_sizes, options.seed)


def regions(options: argparse.Namespace) -> None:
    """Print what the search of parts costs."""
    sources = list(of_photos(options.photos) if options.photos else drawn(options.seed))
    print(f"seed {options.seed}, {len(sources)} pictures as sources, {PATCHES} patches a photo")
    regions_table(sources, options.sizes, options.seed)


if __name__ == "__main__":
    main()
