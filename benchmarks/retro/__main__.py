"""`python -m benchmarks retro`: one new enrolment against the past, in each kind of store, with parts and without.

Prints hashes a second and core beside what reading the same bits from memory costs, for SQLite, Parquet and PostgreSQL
(benchmarks/retro/stores.py says of what). With `--sightings N` it makes a whole log instead (benchmarks/retro/made.py),
rows and all, writes its blocks as `watchlight match` does, and looks at it from end to end, suspects read and judged.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from benchmarks.retro import stores
from benchmarks.retro.made import Maker, assert_readable, drawn, fill, pictures
from matchers import Fingerprint, Index, fingerprint
from matchers.archive import Archive
from matchers.archive import folder as archive_folder
from matchers.matching import matches
from matchers.past import Past
from matchers.sightings import Sighting, SightingLog, open_engine, sightings

COPIES = 12


def wanted(folder: Path | None) -> tuple[Fingerprint, list[Fingerprint]]:
    """Return the enrolled picture and some copies of it: a mirrored, a cropped, a small one, again and again."""
    import io

    from PIL import Image

    file = drawn(9_999) if folder is None else sorted(folder.rglob("*.jpg"))[-1].read_bytes()
    picture = Image.open(io.BytesIO(file)).convert("RGB")
    width, height = picture.size
    copies = []
    for made in (picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), picture.crop((0, 0, width * 6 // 10, height))):
        out = io.BytesIO()
        made.save(out, "JPEG", quality=70)
        copies.append(fingerprint(out.getvalue()))
    return fingerprint(file), (copies * COPIES)[:COPIES]


def enrolled_as_seen(fp: Fingerprint) -> Sighting:
    """Return a sighting of the enrolled picture itself."""
    return Sighting("forum", "https://a.example/", "https://a.example/x.jpg", datetime.now(UTC), bytes(32), fp)


def scan(url: str, folder: Path | None, rounds: int) -> None:
    """Look at the whole past, `rounds` times, and print what it took."""
    enrolled, _ = wanted(folder)
    log = SightingLog(open_engine(url))
    archive = Archive(open_engine(url), archive_folder(sa.make_url(url)))
    count = log.count_after(0) + archive.count()
    name = uuid.UUID(int=1)
    index = Index()
    index.add(name, enrolled)
    list(matches([enrolled_as_seen(enrolled)], index))  # compiles what is compiled once
    for number in range(rounds):
        began, cpu = time.monotonic(), time.process_time()
        suspects = found = 0
        past = Past(log, [(name, enrolled)])
        for piece in chain(past.after(0, 500), *(past.archived(file, 0) for file in archive.files())):
            suspects += len(piece.suspects)
            found += sum(1 for _ in matches(piece.suspects, index))
        took, used = time.monotonic() - began, time.process_time() - cpu
        print(
            f"look {number + 1}: {count:,} sightings in {took:.1f} s ({count / took:,.0f} a second; {used:.1f} s CPU); "
            f"{suspects:,} read whole ({suspects / count:.2%}), {found} of {COPIES} planted copies found"
        )
    print(f"peak memory of the look: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def sizes(log: SightingLog, url: str) -> None:
    """Print the bytes a sighting takes."""
    in_blocks, size = log.blocks.size()
    with open_engine(url).connect() as connection:
        mean = connection.scalar(sa.select(sa.func.avg(sa.func.length(sightings.c.fingerprint))))
    print(
        f"bytes a sighting: {size / max(in_blocks, 1):,.0f} in blocks, {float(mean or 0):,.0f} in its row's fingerprint"
    )
    if url.startswith("sqlite:///"):
        print(f"file: {Path(url[10:]).stat().st_size / 2**30:.2f} GiB")


def move(url: str) -> None:
    """Move the whole log into Parquet files, and say what that took."""
    log, began, cpu = SightingLog(open_engine(url)), time.monotonic(), time.process_time()
    archive = Archive(open_engine(url), archive_folder(sa.make_url(url)))
    count = archive.take(datetime.now(UTC) + timedelta(days=2), log.last())
    took, used = time.monotonic() - began, time.process_time() - cpu
    size = sum(file.path.stat().st_size for file in archive.files())
    print(
        f"{count:,} moved into Parquet in {took:.0f} s ({used:.0f} s CPU); {size / count:,.0f} bytes a sighting there"
    )


def build(url: str, options: argparse.Namespace) -> None:
    """Make the log and its blocks, and say how long that took."""
    began = time.monotonic()
    ancestors = pictures(options.photos, options.pictures)
    counts = [len(fp.regions) for fp in ancestors if fp.regions is not None]
    mean = float(np.mean(counts))
    print(f"{len(ancestors)} pictures as ancestors, {mean:.0f} patches each on the average; seed {options.seed}")
    _, copies = wanted(options.photos)
    log = fill(url, options.sightings, Maker(ancestors, np.random.default_rng(options.seed)), copies)
    assert_readable(log)
    filled = time.monotonic()
    made = log.blocks.seal()
    sealed = time.monotonic() - filled
    print(f"log made in {filled - began:.0f} s; {made} blocks written in {sealed:.0f} s")
    sizes(log, url)


def in_each_store(options: argparse.Namespace) -> None:
    """Print the table of stores."""
    ancestors = pictures(options.photos, options.pictures)
    mean = np.mean([len(fp.regions) for fp in ancestors if fp.regions is not None])
    enrolled, copies = wanted(options.photos)
    print(f"{len(ancestors)} pictures as ancestors, {mean:.0f} patches each on the average; seed {options.seed}")
    looks = [stores.whole_only(options.whole, options.seed)] if options.whole else []
    looks += [stores.Wanted("parts", enrolled, copies, options.parts, options.seed)] if options.parts else []
    with tempfile.TemporaryDirectory(prefix="watchlight-retro-") as folder:
        stores.run(looks, options.stores, ancestors, Path(folder))


def main() -> None:
    """Read the options, make the log unless it is there, and look."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks retro", description=__doc__)
    parser.add_argument("--parts", type=int, metavar="N", default=20_480, help="sightings with region hashes; 0: none")
    parser.add_argument("--whole", type=int, metavar="N", default=1_000_000, help="of whole pictures only; 0: none")
    parser.add_argument("--stores", nargs="*", choices=stores.STORES, default=list(stores.STORES))
    parser.add_argument("--sightings", type=int, metavar="N", help="a whole log of N sightings, from end to end")
    parser.add_argument("--photos", type=Path, help="a folder with pictures to take hashes from (default: drawn ones)")
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--url", help="database to make the log in (default: a SQLite file that is deleted again)")
    parser.add_argument("--there", action="store_true", help="the log at --url is made already")
    parser.add_argument("--archived", action="store_true", help="move the log into Parquet before looking")
    parser.add_argument("--scan", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.scan:
        scan(options.url, options.photos, options.rounds)
        return
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    if not options.sightings and not options.there:
        in_each_store(options)
        return
    with tempfile.TemporaryDirectory(prefix="watchlight-retro-") as folder:
        url = options.url or f"sqlite:///{folder}/crawl.sqlite3"
        if not options.there:
            build(url, options)
        if options.archived:
            move(url)
        again = [sys.executable, "-m", "benchmarks", "retro", "--scan", "--url", url, "--rounds", str(options.rounds)]
        subprocess.run([*again, *(["--photos", str(options.photos)] if options.photos else [])], check=True)


if __name__ == "__main__":
    main()
