"""robots.txt (RFC 9309), closed when in doubt, asked of every host we fetch from, picture hosts included.

Scrapy's own middleware goes on when the file cannot be read; here only a clear answer opens a host:
2xx with plain text is obeyed, 4xx (not 429) means there are no rules, anything else means no.
"""

import asyncio
import time
from functools import cache
from typing import Self
from urllib.parse import urlsplit

from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from scrapy.http.request import NO_CALLBACK

from crawler.fleet.connection import names
from crawler.fleet.robots import Answer, SharedAnswers
from crawler.middlewares.pace import pace_of
from crawler.refusals import Later, NotFetched, Stopping, reason_of
from crawler.rules import Rules, read
from crawler.sites import site_of
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


@cache
def answers_of_fleet(valkey: str, crawl_database: str) -> SharedAnswers | None:
    """Return what the crawlers of a fleet tell each other of robots.txt; None where one process works alone."""
    if not valkey:
        return None
    from crawler.store import shared_store

    return SharedAnswers(valkey, names(shared_store(crawl_database).engine))


class StrictRobots:
    """Downloader middleware: nothing is fetched from a host whose robots.txt does not clearly allow it."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.cache = shared_robots
        self.pace = pace_of(crawler)
        settings = crawler.settings
        self.others = answers_of_fleet(str(settings.get("VALKEY_URL", "")), str(settings.get("CRAWL_DATABASE_URL")))

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
            rules = await self._told(origin) or await self._ask(origin)
        except BaseException as error:
            # Whoever waits for the answer of a crawl that is ending goes back into the frontier with it.
            future.set_exception(error)
            future.exception()
            raise
        future.set_result(rules)
        self.cache.bound()
        self.pace.crawl_delay(site_of(origin), rules.crawl_delay_s)
        return rules

    async def _told(self, origin: str) -> Rules | None:
        """Return the rules by an answer that another crawler of the fleet got, if there is one that still counts."""
        answer = None if self.others is None else await self.others.get(origin)
        if answer is None:
            return None
        rules = await _read(answer)
        return rules if rules.until > time.monotonic() else None

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
        answer = _answer(response)
        rules = await _read(answer)
        if self.others is not None:
            await self.others.put(origin, answer, rules.until - time.monotonic())
        return rules


def _answer(response: Response) -> Answer:
    kind = (response.headers.get("Content-Type") or b"text/plain").decode("latin-1")
    return Answer(response.status, kind, response.body)


async def _read(answer: Answer) -> Rules:
    """Return what an answer to the question for robots.txt means."""
    status, age_s = answer.status, answer.age_s
    if status == 429 or not (200 <= status < 300 or 400 <= status < 500):
        return _closed("robots-unreadable", age_s)
    until = time.monotonic() + KEPT_S - age_s
    if status >= 400:
        return Rules(until=until)
    kind = answer.kind.partition(";")[0].strip().lower()
    if kind == "text/html" or not kind.startswith("text/") or b"\0" in answer.untrusted:
        return _closed("robots-not-text", age_s)
    rules = await read(answer.untrusted, until)
    return rules if rules.closed is None else _closed(rules.closed, age_s)


def _doubt(reason: str) -> str:
    """A guard's own refusal of the host keeps its name; anything else means that the rules cannot be read."""
    network = {"timeout", "dns", "connection", "cut-short", "bad-response", "unexpected"}
    if reason == "certificate":
        return "robots-certificate"
    bounds = {"too-large", "redirects", "headers-too-long", "too-many-chunks", "too-many-encodings", "bad-encoding"}
    return "robots-unreadable" if reason in network | bounds else reason


def _closed(reason: str, age_s: float = 0.0) -> Rules:
    return Rules(closed=reason, until=time.monotonic() + DOUBT_KEPT_S - age_s)
