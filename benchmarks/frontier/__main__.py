"""`python -m benchmarks frontier [--full]`: what the durable frontier costs a request, and its memory when it is long.

A frontier on SQLite is filled with addresses, and a process of its own leases and settles pages from it as a crawl
does: 16 at a time, each with 40 links (3 of them new), 5 pictures and their sightings. Once with few addresses waiting,
once with many: `--full` is 1 million. Cost is processor time of everything the store does for a page, divided by its
six requests; memory is the peak of the process that crawls, and of the one that filled the frontier.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

FEW, MANY = 10_000, 1_000_000


def measured(folder: Path, waiting: int, pages: int) -> dict[str, float]:
    """Fill a frontier and crawl some of it, each in a process of its own."""
    url = f"sqlite:///{folder / f'{waiting}.sqlite3'}"
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
    parser.add_argument("--waiting", type=int, default=50_000)
    parser.add_argument("--pages", type=int, default=640)
    options = parser.parse_args()
    heads = f"{'waiting':>10} {'ms a page':>10} {'ms a request':>13} {'crawl MB':>9} {'filling MB':>11}"
    print(f"{heads} {'CPU s to fill':>14}")
    with tempfile.TemporaryDirectory(prefix="watchlight-bench-") as folder:
        for waiting in (FEW, MANY if options.full else options.waiting):
            told = measured(Path(folder), waiting, options.pages)
            print(
                f"{waiting:>10,} {told['page_ms']:>10.2f} {told['page_ms'] / 6:>13.2f} {told['peak_mb']:>9.0f} "
                f"{told['filling_mb']:>11.0f} {told['filling_s']:>14.1f}"
            )


if __name__ == "__main__":
    main()
