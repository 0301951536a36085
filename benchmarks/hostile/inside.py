"""The crawling process under attack: `python -m benchmarks.hostile.inside PART PORT`, prints one line of JSON.

Everything goes through the crawler's own settings, middlewares, download handler and workers.
"""

import asyncio
import gc
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Request
from scrapy.http.request import NO_CALLBACK

from benchmarks.hostile.addresses import hostile
from benchmarks.hostile.answers import HOSTILE_ROBOTS, answers
from crawler.crawling import settings, stop_reactor
from crawler.refusals import reason_of
from crawler.spiders.base import ROLE
from crawler.workers import JobRefused, shared_pool

TICK_S = 0.005
STORM_S = 40.0
STATUS = Path("/proc/self/status")


class Attacked(scrapy.Spider):
    """Asks for what its part wants, through every guard, and says what came of it."""

    name = "attacked"
    port = 0
    custom_settings = {"RECHECK_DELAY": 0.0, "SITE_REQUESTS_A_DAY": 10**9}  # noqa: RUF012 - Scrapy wants it here

    async def start(self) -> AsyncIterator[Any]:
        """Do the part and print its findings."""
        found = await getattr(self, self.part)()
        sys.stdout.write(json.dumps(found) + "\n")
        nothing: tuple[Any, ...] = ()
        for request in nothing:
            yield request

    part = "reach"

    async def fetch(self, url: str, role: str = "picture") -> Any:
        """Download as the picture pipeline does; return the response or the reason why there is none."""
        meta = {ROLE: role, "download_fail_on_dataloss": False}
        try:
            assert self.crawler.engine is not None
            return await self.crawler.engine.download_async(Request(url, callback=NO_CALLBACK, meta=meta))
        except ValueError:
            return "bad-address"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what the crawl would count
            return reason_of(error)

    async def reach(self) -> dict[str, Any]:
        """Try every address that leads inside."""
        turn, reasons, urls = asyncio.Semaphore(16), Counter[str](), hostile(self.port)

        async def one(url: str) -> None:
            async with turn:
                answer = await self.fetch(url)
                reasons[answer if isinstance(answer, str) else f"answered-{answer.status}"] += 1

        await asyncio.gather(*(one(url) for url in urls))
        return {"urls": len(urls), "reasons": dict(reasons.most_common())}

    async def endure(self) -> dict[str, Any]:
        """Take every hostile answer alone: how long it lasts and how much this process grows."""
        await shared_pool().call("crawler.images.jobs:page", b"<p>warm", address="http://127.0.0.1/")
        await self.fetch(self.url("nothing"))
        rows = []
        for name in answers():
            gc.collect()
            before = _kilobytes("VmRSS")
            _forget_peak()
            started = time.monotonic()
            answer = await self.fetch(self.url(name))
            came = time.monotonic() - started
            said = answer if isinstance(answer, str) else await self.read(answer)
            grown = (_kilobytes("VmHWM") - before) / 1024
            rows.append([name, round(came, 1), round(time.monotonic() - started - came, 1), round(grown), said])
            del answer
        return {"rows": rows}

    async def read(self, answer: Any) -> str:
        """Hand an answer to the worker, as the crawl would."""
        kind = (answer.headers.get("Content-Type") or b"").decode("latin-1")
        try:
            if kind.startswith("image/"):
                await shared_pool().call("crawler.jobs:frames_of_picture", answer.body)
            else:
                await shared_pool().call("crawler.images.jobs:page", answer.body, address="http://127.0.0.1/")
        except JobRefused as refused:
            return f"worker: {refused.reason}"
        return "read"

    def url(self, name: str, host: str = "127.0.0.1") -> str:
        """Return the address at which the hostile server gives this answer."""
        return f"http://{host}:{self.port}/{name.replace(' ', '_').replace('%', '')}"

    async def others(self) -> dict[str, Any]:
        """Ask a good site in its rhythm and watch the event loop: first in peace, then while bombs arrive."""
        await self.fetch(self.url("good"))
        calm = await self.watched()
        names = [name for name in answers() if not name.startswith("markup: open url")]
        bombs = [asyncio.ensure_future(self.bombed(names, f"127.0.0.{host}")) for host in range(2, 8)]
        bombs.append(asyncio.ensure_future(self.ruled()))
        await asyncio.sleep(1)
        storm = await self.watched(STORM_S)
        self.over = True
        await asyncio.wait(bombs, timeout=10)
        return {"calm": calm, "storm": storm, "bombs": self.bombs}

    bombs = 0
    over = False
    """Cancelling is not enough: on its way through Scrapy it becomes an error like any other."""

    async def bombed(self, names: list[str], host: str) -> None:
        """Ask one hostile host for one answer after the other."""
        while not self.over:
            for name in names[:: -1 if int(host[-1]) % 2 else 1]:
                if self.over:
                    return
                answer = await self.fetch(self.url(name, host))
                self.bombs += 1
                if not isinstance(answer, str):
                    await self.read(answer)

    async def ruled(self) -> None:
        """Ask ever new hosts, whose robots.txt is hostile."""
        host = 0
        while not self.over:
            host += 1
            await self.fetch(self.url("good", f"{HOSTILE_ROBOTS}{host // 250}.{host % 250 + 1}"))
            self.bombs += 1

    async def watched(self, seconds: float = 20.0) -> dict[str, Any]:
        """Fetch good pages for a while; return how many came, and how late and how busy the loop was."""
        late: list[float] = []
        busy: list[float] = []
        ticking = asyncio.ensure_future(_tick(late, busy))
        until, good = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            turn = asyncio.ensure_future(asyncio.sleep(0.2))
            answer = await self.fetch(self.url("good"))
            good += not isinstance(answer, str)
            await turn
        ticking.cancel()
        return {"good": good / seconds, "wall_ms": _spread(late), "own_cpu_ms": _spread(busy)}


async def _tick(late: list[float], busy: list[float]) -> None:
    while True:
        wall, cpu = time.monotonic(), time.thread_time()
        await asyncio.sleep(TICK_S)
        late.append(max(0.0, time.monotonic() - wall - TICK_S))
        busy.append(time.thread_time() - cpu)


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "median": round(ordered[len(ordered) // 2] * 1000, 1),
        "p99": round(ordered[int(len(ordered) * 0.99)] * 1000, 1),
        "max": round(ordered[-1] * 1000, 1),
    }


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _kilobytes(name: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1])


def main() -> int:
    """Run one part."""
    Attacked.part, Attacked.port = sys.argv[1], int(sys.argv[2])
    shared_pool()
    process = AsyncCrawlerProcess(settings())

    async def one() -> None:
        try:
            await process.crawl(Attacked)
        finally:
            stop_reactor()

    task = asyncio.get_event_loop().create_task(one())
    process.start(stop_after_crawl=False)
    task.cancel()
    shared_pool().close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
