"""robots.txt (RFC 9309), closed when in doubt, asked of every host we fetch from, picture hosts included.

Scrapy's own middleware goes on when the file cannot be read; here only a clear answer opens a host:
2xx with plain text is obeyed, 4xx (not 429) means there are no rules, anything else means no.
"""

import asyncio
import time
from typing import Self
from urllib.parse import urlsplit

from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from scrapy.http.request import NO_CALLBACK

from crawler.middlewares.pace import pace_of, site_of
from crawler.refusals import Later, NotFetched, Stopping, reason_of
from crawler.rules import Rules, read
from crawler.spiders.base import ROLE

SIZE_LIMIT = 512 * 1024
KEPT_S = 24 * 3600.0
DOUBT_KEPT_S = 600.0
CACHE_BYTES = 16 * 1024 * 1024
"""Text of robots.txt whose rules are kept at once; small files take about ten times that once they are parsed."""


class RobotsCache:
    """The rules of every host this process has asked, by scheme, host and port."""

    def __init__(self) -> None:
        self.kept: dict[str, asyncio.Future[Rules]] = {}

    def get(self, origin: str) -> "asyncio.Future[Rules] | None":
        """Return the rules (or the question under way), unless they are too old."""
        future = self.kept.get(origin)
        if future is None or not future.done() or _is_fresh(future):
            return future
        del self.kept[origin]
        return None

    def bound(self) -> None:
        """Forget the rules that were asked for first when there are too many; they are asked for again."""
        sizes = {origin: _size(future) for origin, future in self.kept.items() if future.done()}
        excess = sum(sizes.values()) - CACHE_BYTES
        for origin, size in sizes.items():
            if excess <= 0:
                return
            excess -= size
            del self.kept[origin]


def _size(future: "asyncio.Future[Rules]") -> int:
    return 256 if future.exception() is not None else 256 + future.result().size


def _is_fresh(future: "asyncio.Future[Rules]") -> bool:
    return future.exception() is None and future.result().until >= time.monotonic()


shared_robots = RobotsCache()


class StrictRobots:
    """Downloader middleware: nothing is fetched from a host whose robots.txt does not clearly allow it."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.cache = shared_robots
        self.pace = pace_of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Refuse with "robots", or with why robots.txt could not be read."""
        if request.meta.get(ROLE) == "robots":
            return
        reason = await self.refusal(request.url)
        if reason is not None:
            raise NotFetched(reason)

    async def refusal(self, url: str) -> str | None:
        """Return why `url` must not be fetched, or None; for those who fetch by other means than Scrapy's, too."""
        rules = await self.rules_for(url)
        return await rules.refusal(url)

    async def rules_for(self, url: str) -> Rules:
        """Return the rules of the URL's host, asking it once for everybody who waits."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        kept = self.cache.get(origin)
        if kept is not None:
            return await asyncio.shield(kept)
        future: asyncio.Future[Rules] = asyncio.get_running_loop().create_future()
        self.cache.kept[origin] = future
        try:
            rules = await self._ask(origin)
        except BaseException as error:
            # Whoever waits for the answer of a crawl that is ending goes back into the frontier with it.
            future.set_exception(error)
            future.exception()
            raise
        future.set_result(rules)
        self.cache.bound()
        self.pace.crawl_delay(site_of(origin), rules.crawl_delay_s)
        return rules

    async def _ask(self, origin: str) -> Rules:
        meta = {ROLE: "robots", "download_maxsize": SIZE_LIMIT, "download_timeout": 20.0}
        request = Request(f"{origin}/robots.txt", callback=NO_CALLBACK, meta=meta, headers={"Accept": "text/plain"})
        assert self.crawler.engine is not None
        try:
            response = await self.crawler.engine.download_async(request)
        except Stopping:
            raise
        except Later:
            return _closed("robots-unreadable")
        except Exception as error:  # noqa: BLE001 - whatever kept us from reading the rules, the answer is no
            return _closed(_doubt(reason_of(error)))
        return await _read(response)


async def _read(response: Response) -> Rules:
    """Return what an answer to the question for robots.txt means."""
    if response.status == 429 or not (200 <= response.status < 300 or 400 <= response.status < 500):
        return _closed("robots-unreadable")
    if response.status >= 400:
        return Rules(until=time.monotonic() + KEPT_S)
    kind = (response.headers.get("Content-Type") or b"text/plain").split(b";")[0].strip().lower()
    if kind == b"text/html" or not kind.startswith(b"text/") or b"\0" in response.body:
        return _closed("robots-not-text")
    rules = await read(response.body, time.monotonic() + KEPT_S)
    return rules if rules.closed is None else _closed(rules.closed)


def _doubt(reason: str) -> str:
    """A guard's own refusal of the host keeps its name; anything else means that the rules cannot be read."""
    network = {"timeout", "dns", "connection", "cut-short", "bad-response", "unexpected"}
    if reason == "certificate":
        return "robots-certificate"
    bounds = {"too-large", "redirects", "headers-too-long", "too-many-chunks", "too-many-encodings", "bad-encoding"}
    return "robots-unreadable" if reason in network | bounds else reason


def _closed(reason: str) -> Rules:
    return Rules(closed=reason, until=time.monotonic() + DOUBT_KEPT_S)
