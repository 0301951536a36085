"""`python -m benchmarks capacity`: ten million sites under our pace, and what the real classes take for each.

First the real ones: what a site takes in the pace of one process (`crawler.pacing.OwnPace`), an entry in the frontier's
table, and an enrolment in the index. Then a simulation of handing out: sites by a power law, a second between two
requests to one of them, half a second a request; in the order in which entries were found, as our frontier handed them
out once, and by the site whose turn is next, as it does.

`--crawl` does that with our real crawl instead: 200 sites on loopback, by turn and as found, one after the other, 90
seconds each, and what share of the pages the pace alone would allow each gets.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

import numpy as np

from benchmarks.capacity.simulation import found, simulate
from crawler.pacing import OwnPace
from matchers.flat import FlatRows, Rows

DELAY_S, FETCH_S = 1.0, 0.5


def bytes_of_pace(sites: int = 200_000) -> float:
    """Return the bytes a site takes in the pace of one process, its name too."""
    tracemalloc.start()
    pace = OwnPace()
    for number in range(sites):
        pace.site(f"forum{number:08}.example")
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(pace.sites) == sites
    return taken / sites


def bytes_of_entry(entries: int) -> float:
    """Return the bytes an entry takes in the frontier's file, indexes too."""
    with tempfile.TemporaryDirectory(prefix="watchlight-bench-") as folder:
        file = Path(folder) / "crawl.sqlite3"
        command = [sys.executable, "-m", "benchmarks.frontier.parts", "fill", f"sqlite:///{file}", str(entries)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return (
            sum(part.stat().st_size for part in Path(folder).glob("crawl.sqlite3*") if "shm" not in part.name) / entries
        )


def bytes_of_enrolment(count: int = 1_000_000) -> float:
    """Return the bytes of an enrolment of a whole picture in the index."""
    flat, none = FlatRows(), np.zeros(count, np.uint64)
    flat.append(Rows(np.zeros((count, 2), np.uint64), np.zeros((count, 4), np.uint64), none, none.astype(np.uint8)))
    return flat.nbytes / count


def sizes(sites: int, entries: int) -> None:
    """Print what the real classes take."""
    measured = (
        ("site in the pace", bytes_of_pace(), sites),
        ("entry in the frontier", bytes_of_entry(20_000), entries),
        ("enrolment in the index", bytes_of_enrolment(), 10_000_000),
    )
    for what, size, many in measured:
        print(f"{what:24} {size:6.0f} bytes: {size * many / 2**30:6.2f} GiB for {many:,}")


def crawls(delay_s: float, sites: int, seconds: float) -> None:
    """Crawl many sites for real, in both orders, and print a line for each."""
    limit = sites / delay_s * seconds
    print(f"{sites} sites, {delay_s:g} s between requests, {seconds:g} s: {limit:,.0f} pages by the pace alone")
    print("   order  pages/s  of limit  sites asked  half of them at  least gap  peak MB")
    for order in ("by-turn", "as-found"):
        command = [sys.executable, "-m", "benchmarks.capacity.crawled", str(delay_s), str(sites), str(seconds), order]
        told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        print(
            f"{order:>8} {told['pages'] / seconds:8.1f} {told['pages'] / limit:9.0%} {told['sites']:12} "
            f"{told['half_of_sites_after_s']:14.1f} s {told['least_gap_s']:8.2f} s {told['peak_mb']:8.0f}",
            flush=True,
        )


def minutes(seconds: float) -> str:
    """Say when something happened, if it did."""
    return f"{seconds / 60:,.0f} min" if np.isfinite(seconds) else "later"


def hand_out(entries: np.ndarray, sites: int, slots: int, order: str, hours: float) -> None:
    """Simulate one order and print a line."""
    before = time.process_time()
    pace = {"slots": slots, "delay_s": DELAY_S, "fetch_s": FETCH_S, "until_s": 3600 * hours}
    told = simulate(order, entries, sites, **pace)
    used, rate = time.process_time() - before, told.fetched / told.seconds
    print(
        f"{slots:>6} {order:>9} {rate:>11,.0f} {rate * FETCH_S / slots:>9.0%} "
        f"{told.idle_s / (told.seconds * slots):>11.0%} {minutes(told.first_within(0.5)):>9} "
        f"{minutes(told.first_within(0.9)):>9} {np.mean(np.isinf(told.first_at)):>6.0%} "
        f"{told.state_bytes / 1e6:>9,.0f} {used / told.fetched * 1e6:>7.2f}",
        flush=True,
    )


def main() -> None:
    """Read the options and print both tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks capacity", description=__doc__)
    parser.add_argument("--sites", type=int, default=10_000_000)
    parser.add_argument("--entries", type=int, default=30_000_000)
    parser.add_argument("--slots", type=int, nargs="*", default=[16, 1024])
    parser.add_argument("--run", type=float, default=10.0, help="entries of one site found one after the other")
    parser.add_argument("--hours", type=float, default=4.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--crawl", action="store_true", help="crawl 200 sites for real instead")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; seed {options.seed}")
    if options.crawl:
        crawls(delay_s=4.0, sites=200, seconds=90.0)
        return
    sizes(options.sites, options.entries)
    entries = found(options.sites, options.entries, options.run, options.seed)
    each = np.bincount(entries)
    print(
        f"\n{len(entries):,} entries of {np.count_nonzero(each):,} of {options.sites:,} sites, the largest has "
        f"{each.max():,}; {DELAY_S:g} s between requests, {FETCH_S:g} s each; {options.hours:g} h"
    )
    print(" slots     order  requests/s  of limit  slots idle  half at  9 of 10  never  state MB  CPU us")
    for order in ("as found", "by site"):  # compiles what is compiled once
        simulate(order, entries[:10], options.sites, slots=1, delay_s=1.0, fetch_s=1.0, until_s=1.0)
    for slots in options.slots:
        for order in ("as found", "by site"):
            hand_out(entries, options.sites, slots, order, options.hours)
    print(f"peak memory of all this: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
