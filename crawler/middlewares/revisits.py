"""Revisits: ask only for what has changed, and go through an unchanged page from memory.

A page is the same when the server says so (304 to ETag or Last-Modified) or sends the same bytes. Then it is not
parsed again: its pictures are looked after and its links followed as it gave them the last time.
"""

import hashlib
from collections.abc import AsyncIterator
from typing import Self

from scrapy.crawler import Crawler
from scrapy.http import Request, Response

from crawler.memory import Gave, Memory
from crawler.spiders.base import DEPTH, ROLE, PlaceSpider
from crawler.targets import CrawlTarget

MEMORY = "watchlight_memory"  # request.meta: the Memory of the page, where there is one
SAME = "watchlight_same"  # request.meta: what the page gave, once it is known to be unchanged
BODY = "watchlight_body"  # request.meta: the digest of the bytes that came


class Revisits:
    """Downloader middleware for pages; pictures bring their own validators."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Ask for a page we know only if it has changed."""
        gave = self._serving(request)
        if gave is None:
            return
        memory: Memory = request.meta[MEMORY]
        if memory.etag:
            request.headers["If-None-Match"] = memory.etag
        if memory.last_modified:
            request.headers["If-Modified-Since"] = memory.last_modified

    def process_response(self, request: Request, response: Response) -> Response:
        """Note the bytes; when the page is the same, let memory answer for it."""
        if request.meta.get(ROLE) != "page":
            return response
        digest = request.meta[BODY] = hashlib.sha256(response.body).digest()
        memory: Memory | None = request.meta.get(MEMORY)
        if memory is None or response.status not in (200, 304):
            return response
        gave = self._serving(request)
        if gave is not None and (response.status == 304 or digest == memory.body_digest):
            request.meta[SAME] = gave
            request.callback = from_memory
        return response

    def _serving(self, request: Request) -> Gave | None:
        """Return what the page gave, when that may stand in for an unchanged page today."""
        memory, spider = request.meta.get(MEMORY), self.crawler.spider
        if memory is None or request.meta.get(ROLE) != "page" or not isinstance(spider, PlaceSpider):
            return None
        target: CrawlTarget = spider.target
        gave = Gave.unpacked(memory.gave)
        if not spider.trusts_unchanged(request.url) or not gave.serves(target, int(request.meta.get(DEPTH, 0))):
            return None
        return gave


async def from_memory(response: Response) -> AsyncIterator[Gave]:
    """Callback of an unchanged page: everything it gave the last time."""
    yield response.meta[SAME]
