"""`python -m benchmarks.capacity.crawled DELAY SITES SECONDS by-turn|as-found`: one crawl of very many small sites.

A web on loopback: every site is an address of its own (127.0.1.1, ...) with pages that show nothing. The start page
names the first page of each site, and that names its others, so entries are found in runs. Our own crawl goes through
it, every guard on. `as-found` hands entries out as they were found, a slot waiting for its site's turn, as before the
frontier knew of sites. Ends after so many seconds, long before it is through. Prints JSON.
"""

import asyncio
import itertools
import json
import os
import resource
import sys
import tempfile
import threading
import time
from typing import Any

ANSWER_S = 0.05
"""How long each site takes for an answer."""
PAGES = 50


def host(number: int) -> str:
    """Return the address of a site."""
    return f"127.0.{1 + number // 250}.{1 + number % 250}"


class Web:
    """All sites, served by one loop in a thread; `times` has when each was asked for a page, by its own clock."""

    def __init__(self, sites: int) -> None:
        self.sites, self.port = sites, 0
        self.times: dict[str, list[float]] = {}
        self._begun = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._begun.wait()

    async def _serve(self) -> None:
        first = await asyncio.start_server(self._answer, host(0), 0, backlog=512)
        self.port = first.sockets[0].getsockname()[1]
        others = [host(number) for number in range(1, self.sites)]
        await asyncio.start_server(self._answer, others, self.port, backlog=512)
        self._begun.set()
        await asyncio.Event().wait()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        site = writer.get_extra_info("sockname")[0]
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode()
                kind, body = "text/html", "<p>A page.</p>"
                if path == "/robots.txt":
                    kind, body = "text/plain", "User-agent: *\nDisallow:\n"
                else:
                    self.times.setdefault(site, []).append(time.monotonic())
                    await asyncio.sleep(ANSWER_S)
                if path == "/start":
                    body = "".join(f'<a href="http://{host(one)}:{self.port}/0">on</a>' for one in range(self.sites))
                elif path == "/0":
                    body = "".join(f'<a href="/{page}">on</a>' for page in range(1, PAGES))
                head_out = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write((head_out + body).encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def as_found() -> None:
    """Hand entries out as they were found: all are of one site, and no turn lies ahead."""
    from crawler import entries
    from crawler.hand import Hand

    for part, name, said in ((entries, "number_of", 0), (Hand, "_wait_s", 0.0), (Hand, "_pause_s", 0.0)):
        setattr(part, name, lambda *_, said=said: said)


def crawl(web: Web, delay_s: float, seconds: float) -> dict[str, Any]:
    """Crawl the web for so long and say what came of it."""
    from crawler import crawling
    from crawler.store import shared_store
    from crawler.targets import CrawlTarget

    hosts = tuple(host(number) for number in range(web.sites))
    place = CrawlTarget(
        "bench",
        (f"http://{hosts[0]}:{web.port}/start",),
        hosts=hosts,
        delay_s=delay_s,
        max_pages=1_000_000,
        max_hours=seconds / 3600,
    )
    store = shared_store(str(crawling.settings()["CRAWL_DATABASE_URL"]))
    store.targets.add(place)
    crawling.crawl([place.name])
    times = sorted(moment for some in web.times.values() for moment in some)
    gaps = [late - soon for some in web.times.values() for soon, late in itertools.pairwise(some)]
    within = [moment for moment in times if moment - times[0] <= seconds]
    return {
        "pages": len(within),
        "sites": len(web.times),
        "ended": store.pages.last_runs()[place.name].ended_because,
        "least_gap_s": min(gaps),
        "half_of_sites_after_s": sorted(some[0] for some in web.times.values())[web.sites // 2] - times[0],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    """Crawl with a store of its own."""
    delay_s, sites, seconds, order = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="watchlight-bench-store-") as home:
        os.environ["WATCHLIGHT_HOME"] = home
        os.environ["WATCHLIGHT_CRAWL_DATABASE_URL"] = f"sqlite:///{home}/crawl.sqlite3"
        os.environ["WATCHLIGHT_ALLOW_LOOPBACK"] = "1"
        os.environ["WATCHLIGHT_LOG_LEVEL"] = "ERROR"
        if order == "as-found":
            as_found()
        print(json.dumps(crawl(Web(int(sites)), float(delay_s), float(seconds))))


if __name__ == "__main__":
    main()
