"""Opt-outs: a host on the operator's list is not asked for anything, not even for its robots.txt."""

from typing import Self

from scrapy.crawler import Crawler
from scrapy.http import Request

from crawler.optouts import heeded
from crawler.refusals import NotFetched
from crawler.writer import shared_writer
from egress.addresses import host_of


class KeepOptOuts:
    """Refuses every request to such a host, whoever makes it and whatever it is for."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware."""
        return cls(crawler)

    async def hosts(self) -> frozenset[str]:
        """Read the list, as patiently as everything else is read from the store."""
        writer = shared_writer(str(self.crawler.settings.get("CRAWL_DATABASE_URL")))
        return await writer.run(writer.store.optouts.hosts)

    async def process_request(self, request: Request) -> None:
        """Refuse with "opted-out"."""
        await self.refuse(request.url)

    async def refuse(self, address: str) -> None:
        """Raise NotFetched when the address lies on such a host."""
        if await heeded.covers(host_of(address), self.hosts):
            raise NotFetched("opted-out")
