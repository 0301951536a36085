"""How fast 1, 2 and 4 crawlers of a fleet are together on this machine, with the machine's own limits beside them.

The limit: as many bare aiohttp processes on the same sites, in turn with ours. They keep no rule, make no fingerprint,
write nothing down, and share nothing with each other; ours do all of that on the same cores, with PostgreSQL, Valkey
and the server of the sites. Measured by the server's book, from the first request to the last.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from benchmarks.crawl.__main__ import machine
from benchmarks.crawl.hosts import HOSTS
from benchmarks.crawl.site import Site, serving
from benchmarks.fleet.servers import servers
from benchmarks.fleet.trial import complete, environment
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget

SIZES = (1, 2, 4)
PLACES = 4


@dataclass(frozen=True)
class Measured:
    """What so many processes did together."""

    who: str
    processes: int
    requests: int
    seconds: float
    requests_a_second: float
    cpu_ms_a_request: float
    """Of the processes themselves, their start included; not of the servers."""
    load_average: float
    complete: bool


def _timed(site: Site, who: str, commands: Sequence[Sequence[str]], environ: Mapping[str, str]) -> Measured:
    """Start all commands at once and wait for all; everything but `complete` is known then."""
    site.clear()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    processes = [subprocess.Popen(command, env=dict(environ), stdout=subprocess.DEVNULL) for command in commands]
    codes = [process.wait() for process in processes]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    book = site.read()
    seconds = book.last - book.first
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(
        who=who,
        processes=len(commands),
        requests=book.requests,
        seconds=round(seconds, 1),
        requests_a_second=round(book.requests / max(seconds, 0.01), 1),
        cpu_ms_a_request=round(1000 * spent / max(book.requests, 1), 2),
        load_average=round(os.getloadavg()[0], 1),
        complete=not any(codes),
    )


def bare(site: Site, processes: int) -> Measured:
    """Crawl all places with so many bare processes, each place by one of them."""
    starts = [site.start(part) for part in range(PLACES)]
    module = [sys.executable, "-m", "benchmarks.fleet.bare"]
    commands = [[*module, *starts[number::processes]] for number in range(processes)]
    return _timed(site, "bare aiohttp", commands, os.environ)


def fleet(site: Site, crawlers: int) -> Measured:
    """Crawl all places with so many crawlers of a fleet, on new stores."""
    with servers() as there, tempfile.TemporaryDirectory(prefix="wl-fleet-home-") as home:
        environ = {**os.environ, **environment(there, home)}
        store = CrawlStore.open(there.database, environ=environ)
        names = [f"place{part}" for part in range(PLACES)]
        for part, name in enumerate(names):
            start = (site.start(part),)
            place = CrawlTarget(
                name, start, hosts=HOSTS, depth=100, delay_s=0, max_pages=100_000, whole_image_only=True
            )
            store.targets.add(place)
        command = [sys.executable, "-m", "crawler", "--due", *names]
        found = _timed(site, "our fleet", [command] * crawlers, environ)
        runs = store.pages.last_runs().values()
        seen = sum(run.pages for run in runs) >= site.pages and sum(run.new_sightings for run in runs) >= site.pictures
        whole = complete(store, PLACES) and seen
        store.close()
    return Measured(**{**asdict(found), "complete": found.complete and whole})


def main(pages: int, *, as_json: bool) -> int:
    """Measure and print a line for each: `pages` pages in all, and five times as many pictures."""
    started, good = time.monotonic(), True
    with serving(pages, 5 * pages, PLACES, seed=1) as site:
        shared = "shared with nginx, PostgreSQL and Valkey"
        print(f"{machine()}; {shared}\n{site.pages} pages, {site.pictures} pictures", flush=True)
        for size in SIZES:
            for found in (bare(site, size), fleet(site, size)):
                good = good and found.complete
                print(json.dumps(asdict(found)) if as_json else _line(found), flush=True)
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    return int(not good)


def _line(found: Measured) -> str:
    rate = f"{found.requests} requests, {found.requests_a_second:>7.1f} a second"
    cost = f"{found.cpu_ms_a_request:>6.2f} ms of processors each, load {found.load_average}"
    return f"{found.processes} x {found.who:<13} {rate}, {cost}{'' if found.complete else ', NOT COMPLETE'}"
