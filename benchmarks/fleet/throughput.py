"""How fast 1, 2 and 4 crawlers of a fleet are together on this machine, with the machine's own limits beside them."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time

from benchmarks.fleet.servers import TimedSite, servers
from benchmarks.fleet.trial import complete, environment
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget

SITES = 8


def measure(crawlers: int, pages: int) -> dict[str, object]:
    """Crawl SITES sites of `pages` pages each, without a pause between requests, with so many crawlers."""
    with servers() as there, tempfile.TemporaryDirectory(prefix="wl-fleet-home-") as home:
        environ = environment(there, home)
        store = CrawlStore.open(there.database, environ=environ)
        sites = [TimedSite(pages, 10_000 * number) for number in range(1, SITES + 1)]
        for number, site in enumerate(sites):
            store.targets.add(CrawlTarget(f"site{number}", (site.url("/"),), depth=50, delay_s=0.0, max_pages=100_000))
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "crawler", "--due", *(f"site{number}" for number in range(SITES))]
        processes = [subprocess.Popen(command, env=environ) for _ in range(crawlers)]
        for process in processes:
            process.wait()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times = sorted(at for site in sites for at, _ in site.times)
        requests, seconds = len(times), times[-1] - times[0]
        asked = [site.url(path) for site in sites for path in site.pages_asked]
        found = {
            "crawlers": crawlers,
            "pages": SITES * pages,
            "requests": requests,
            "seconds": round(seconds, 1),
            "requests_a_second": round(requests / seconds, 1),
            "crawler_cpu_ms_a_request": round(
                1000 * (after.ru_utime + after.ru_stime - spent.ru_utime - spent.ru_stime) / requests, 2
            ),
            "pages_asked_again": len(asked) - len(set(asked)),
            "complete": complete(store, SITES),
            "load_average": round(os.getloadavg()[0], 1),
        }
        for site in sites:
            site.server.shutdown()
        store.close()
    return found


def main(pages: int, *, as_json: bool) -> int:
    """Measure and print, a line for each size; the start of the processes is in their CPU time, not in the seconds."""
    print(f"{os.cpu_count()} cores, shared with the sites, PostgreSQL and Valkey", flush=True)
    good, started = True, time.monotonic()
    for crawlers in (1, 2, 4):
        found = measure(crawlers, pages)
        good = good and bool(found["complete"])
        print(json.dumps(found) if as_json else "  ".join(f"{key} {value}" for key, value in found.items()), flush=True)
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    return int(not good)
