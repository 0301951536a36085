"""Start-up self-test: try to reach a port of our own on loopback, and refuse to crawl if it answers.

A guard that is not in place looks exactly like one that is, until a hostile page comes. So every crawling process
first opens a port on 127.0.0.1 and asks for it in several spellings through the download handler the crawl will use,
with loopback closed even if the operator opened it. One connection there, and nothing is crawled.
"""

import asyncio
import logging
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import Request

from crawler.errors import Unguarded
from crawler.middlewares.addresses import guard

SPELLINGS = ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "127.1")
PATIENCE_S = 5.0

logger = logging.getLogger(__name__)


class SelfTest:
    """Scrapy extension: runs the self-test once per process, before the first request."""

    passed: "asyncio.Future[None] | None" = None

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        crawler.signals.connect(self.spider_opened, signals.spider_opened)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the extension."""
        return cls(crawler)

    async def spider_opened(self) -> None:
        """Close the spider at once when the guard lets loopback through."""
        if SelfTest.passed is None:
            SelfTest.passed = asyncio.ensure_future(prove_guarded(self.crawler))
        try:
            await asyncio.shield(SelfTest.passed)
        except Unguarded as error:
            logger.critical("%s", error)
            raise CloseSpider("unguarded") from error


async def prove_guarded(crawler: Crawler) -> None:
    """Raise Unguarded if any spelling of loopback reaches a port of our own."""
    reached = 0

    def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal reached
        reached += 1
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    opened, guard.allow_loopback = guard.allow_loopback, False
    try:
        async with server:
            await asyncio.gather(*(_try(crawler, f"http://{host}:{port}/") for host in SPELLINGS))
    finally:
        guard.allow_loopback = opened
        guard.reasons.clear()
    if reached:
        raise Unguarded(
            "The guard against internal addresses is not in place: a port of this machine answered. "
            "Nothing was crawled. Check DOWNLOAD_HANDLERS and TWISTED_DNS_RESOLVER in crawler/settings.py."
        )


async def _try(crawler: Crawler, url: str) -> None:
    request = Request(url, meta={"download_timeout": PATIENCE_S})
    assert crawler.engine is not None
    try:
        await crawler.engine.downloader.handlers.download_request_async(request)
    except Exception as error:  # noqa: BLE001 - every way of not connecting is what we hope for
        logger.debug("self-test: %s", type(error).__name__)
