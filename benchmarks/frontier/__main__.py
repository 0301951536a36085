"""`python -m benchmarks frontier [--full] [--fleet]`: what the durable frontier costs a request, and its memory.

A frontier on SQLite is filled with addresses, and a process of its own leases and settles pages from it as a crawl
does: 16 at a time, each with 40 links (3 of them new), 5 pictures and their sightings. Once with few addresses waiting,
once with many: `--full` is 1 million. Cost is processor time of everything the store does for a page, divided by its
six requests; memory is the peak of the process that crawls, and of the one that filled the frontier. `--fleet`: on real
PostgreSQL and Valkey, whose processors are not counted, but waited for on the wall.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FEW, MANY = 10_000, 1_000_000


@contextmanager
def embedded(waiting: int) -> Iterator[str]:
    """Give the address of a new store on SQLite."""
    with tempfile.TemporaryDirectory(prefix="watchlight-bench-") as folder:
        yield f"sqlite:///{Path(folder) / f'{waiting}.sqlite3'}"


@contextmanager
def of_a_fleet(waiting: int) -> Iterator[str]:
    """Give the address of a new store on PostgreSQL, with a Valkey in the settings."""
    from benchmarks.fleet.servers import servers

    with servers() as there:
        os.environ.update(there.environ())
        yield there.database


def measured(url: str, waiting: int, pages: int) -> dict[str, float]:
    """Fill a frontier and crawl some of it, each in a process of its own."""
    filled = _run("fill", url, waiting)
    return _run("crawl", url, pages) | {"filling_mb": filled["peak_mb"], "filling_s": filled["cpu_s"]}


def _run(part: str, url: str, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.frontier.parts", part, url, str(count)]
    told: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return told


def main() -> None:
    """Read the options and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks frontier", description=__doc__)
    parser.add_argument("--full", action="store_true", help="1 million addresses")
    parser.add_argument("--fleet", action="store_true", help="on PostgreSQL and Valkey")
    parser.add_argument("--waiting", type=int, default=50_000)
    parser.add_argument("--pages", type=int, default=640)
    options = parser.parse_args()
    heads = (
        f"{'waiting':>10} {'ms a page':>10} {'ms a request':>13} {'on the wall':>12} {'crawl MB':>9} {'filling MB':>11}"
    )
    print(f"{heads} {'CPU s to fill':>14}")
    for waiting in (FEW, MANY if options.full else options.waiting):
        with (of_a_fleet if options.fleet else embedded)(waiting) as url:
            told = measured(url, waiting, options.pages)
        print(
            f"{waiting:>10,} {told['page_ms']:>10.2f} {told['page_ms'] / 6:>13.2f} {told['wall_ms']:>12.2f} "
            f"{told['peak_mb']:>9.0f} {told['filling_mb']:>11.0f} {told['filling_s']:>14.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
