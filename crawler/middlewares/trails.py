"""Spider middleware: besides what a spider says of a page, note where its links lead, for places to be proposed.

Kept apart from the spiders, so that every kind of place is read for trails in the same way; nothing is followed.
"""

from collections.abc import AsyncIterator
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.discovery.rooms import covers, room_of
from crawler.discovery.trails import MOST
from crawler.items import PageSeen, Trail
from crawler.middlewares.revisits import SAME
from crawler.spiders.base import ALSO_READ, DEPTH, ENTRY
from crawler.targets import CrawlTarget
from crawler.work import PageWork
from crawler.workers import JobRefused, shared_pool


class Trails:
    """Reads the links of every HTML page that was not read before."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware."""
        return cls(crawler)

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Pass everything on, then note title and trails."""
        mentioned: list[Trail] = []
        async for output in result:
            if isinstance(output, PageSeen) and output.mentions:
                mentioned += _mentioned(output)
            yield output
        scheduler = self.crawler.engine.scheduler if self.crawler.engine else None
        work: PageWork | None = getattr(scheduler, "works", {}).get(response.meta.get(ENTRY, -1))
        kind = (response.headers.get("Content-Type") or b"").decode("latin-1").lower()
        target: CrawlTarget = self.crawler.spider.target  # type: ignore[union-attr]
        if work is not None and SAME not in response.meta and "html" not in kind:
            # Answers of APIs: the reader of the place told where their words lead.
            work.outcome.trails = [one for one in mentioned if not covers(target, one.address)][:MOST]
        if work is None or SAME in response.meta or "html" not in kind:
            return
        found = response.meta.get(ALSO_READ, {}).get("trails") or await self._read(response, kind, work)
        if found is None:
            return
        trails = [Trail.from_json(one) for one in found["trails"]]
        work.outcome.trails = [one for one in trails if not covers(target, one.address)]
        if int(response.meta.get(DEPTH, 0)) == 0 and found["title"] is not None:
            work.outcome.title = str(found["title"])

    async def _read(self, response: Response, kind: str, work: PageWork) -> dict[str, Any] | None:
        """Read the trails of a page that its spider did not read in the usual way."""
        try:
            found: dict[str, Any] = await shared_pool().call(
                "crawler.discovery.trails:job", response.body, address=response.url, content_type=kind
            )
        except JobRefused:
            # What the spider saw stands; only proposals are lost, and that is said.
            work.refuse("trails-unread")
            return None
        return found


def _mentioned(page: PageSeen) -> list[Trail]:
    rooms = (room for address in page.mentions if (room := room_of(address)) is not None)
    return [Trail(page.url, room.address, room.kind) for room in dict.fromkeys(rooms)]
