"""The process behind `crawler.probe`: one request through every guard, looked at by the spider of its kind."""

import asyncio
import json
import sys
from typing import Any, ClassVar

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from crawler.crawling import settings
from crawler.items import PageSeen
from crawler.kinds import kinds, spider_for
from crawler.refusals import NotFetched, reason_of
from crawler.spiders.base import ROLE, PlaceSpider
from crawler.targets import CrawlTarget
from crawler.workers import JobRefused, shared_pool

FOUND: dict[str, Any] = {"robots": "not asked", "status": None, "refusal": None, "pictures": 0, "links": 0}


def probing(spider: type[PlaceSpider]) -> type[PlaceSpider]:
    """Return the spider as one that makes a single request and only counts what it sees."""

    class Probe(spider):  # type: ignore[misc, valid-type]
        """One look."""

        custom_settings: ClassVar[dict[str, Any]] = {
            **(spider.custom_settings or {}),
            "SCHEDULER": "crawler.probing.OneRequest",
            "ITEM_PIPELINES": {},
        }

        async def start(self) -> Any:
            meta = {ROLE: "page", "download_maxsize": 8 * 1024 * 1024}
            yield Request(self.target.urls[0], callback=self.count, errback=self.refused, dont_filter=True, meta=meta)

        async def count(self, response: Response) -> None:
            FOUND["robots"], FOUND["status"] = "allows it", response.status
            if response.status != 200:
                return
            try:
                async for output in self.parse(response):
                    if isinstance(output, PageSeen):
                        FOUND["pictures"] += len(output.pictures)
                        FOUND["links"] += len(output.links)
            except JobRefused as refused:
                FOUND["refusal"] = refused.reason

        async def refused(self, failure: Failure) -> None:
            reason = reason_of(failure.value)
            FOUND["refusal"] = reason
            if reason.startswith("robots") and isinstance(failure.value, NotFetched):
                FOUND["robots"] = {"robots": "forbids it"}.get(
                    reason, f"cannot be read ({reason}), so it is left alone"
                )

    return Probe


class OneRequest:
    """A scheduler in memory, so that nothing is stored."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    @classmethod
    def from_crawler(cls, crawler: Any) -> "OneRequest":
        """Build the scheduler."""
        return cls()

    def has_pending_requests(self) -> bool:
        """Return whether the request still waits."""
        return bool(self.requests)

    def enqueue_request(self, request: Request) -> bool:
        """Keep a request; a redirect comes this way, too."""
        self.requests.append(request)
        return True

    def next_request(self) -> Request | None:
        """Return the request, once."""
        return self.requests.pop(0) if self.requests else None


def main() -> int:
    """Probe the address and kind of the command line and print what was found as JSON."""
    address, kind = sys.argv[1:3]
    shared_pool()
    process = AsyncCrawlerProcess(settings())
    target = CrawlTarget(name="probe", urls=(address,), kind=kind)

    async def one() -> None:
        from twisted.internet import reactor

        try:
            await process.crawl(probing(spider_for(kind, kinds())), target=target)
        finally:
            reactor.stop()  # type: ignore[attr-defined]

    task = asyncio.get_event_loop().create_task(one())
    process.start(stop_after_crawl=False)
    task.cancel()
    shared_pool().close()
    sys.stdout.write(json.dumps(FOUND))
    return 0


if __name__ == "__main__":
    sys.exit(main())
