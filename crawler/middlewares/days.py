"""Daily budgets: how much all crawls together may ask of one site in a day, whatever the targets' own budgets say."""

import asyncio
import time
from datetime import datetime, timedelta
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Request, Response

from crawler.days import Spent
from crawler.errors import StoreUnavailable
from crawler.hours import operator_zone
from crawler.refusals import BUDGET_DAY, Later
from crawler.sites import site_of
from crawler.spiders.base import ROLE
from crawler.writer import Writer, shared_writer

FLUSH_S = 5.0
"""Seconds of counts that a killed crawler may forget."""

Day = tuple[str, str]


class DayBook:
    """Counts of this process that the store does not have yet, and what it had when it was last asked."""

    def __init__(self) -> None:
        self.stored: dict[Day, Spent] = {}
        self.fresh: dict[Day, Spent] = {}
        self._flushing = asyncio.Lock()
        self._flushed_at = 0.0

    async def spent(self, key: Day, writer: Writer) -> Spent:
        """Return what a site gave on a day, by all we know."""
        if key not in self.stored:
            found = await writer.run(writer.store.days.spent, *key)
            self.stored.setdefault(key, found)
        return self.stored[key] + self.fresh.get(key, Spent())

    def note(self, key: Day, more: Spent) -> None:
        """Count."""
        self.fresh[key] = self.fresh.get(key, Spent()) + more

    async def flush(self, writer: Writer, *, now: bool = False) -> None:
        """Bring the counts to the store, if that was not done a moment ago."""
        if not self.fresh or (not now and time.monotonic() - self._flushed_at < FLUSH_S):
            return
        self._flushed_at = time.monotonic()
        async with self._flushing:
            taken, self.fresh = self.fresh, {}
            try:
                self.stored |= await writer.run(writer.store.days.add, taken)
            except StoreUnavailable:
                for key, spent in taken.items():
                    self.note(key, spent)


shared_daybook = DayBook()


class KeepDailyBudget:
    """Downloader middleware: counts what goes out and comes in, and sends back what the site's day has no room for."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self.most = Spent(settings.getint("SITE_REQUESTS_A_DAY"), settings.getint("SITE_MB_A_DAY") * 1_000_000)
        self.url = str(settings.get("CRAWL_DATABASE_URL"))
        self.zone = operator_zone()
        self.book = shared_daybook
        crawler.signals.connect(self.closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Refuse with "budget-day" until midnight; robots.txt is counted, too, and always asked."""
        await self.take(request.url, always=request.meta.get(ROLE) == "robots")

    async def take(self, address: str, *, always: bool = False) -> None:
        """Count one request; raise Later when there is no room for it, unless it is made `always`."""
        now = datetime.now(self.zone)
        key = (site_of(address), now.date().isoformat())
        spent = await self.book.spent(key, shared_writer(self.url))
        full = spent.requests >= self.most.requests or spent.bytes >= self.most.bytes
        if full and not always:
            raise Later(BUDGET_DAY, _midnight(now))
        self.book.note(key, Spent(1))

    async def process_response(self, request: Request, response: Response) -> Response:
        """Count what came."""
        key = (site_of(request.url), datetime.now(self.zone).date().isoformat())
        self.book.note(key, Spent(0, len(response.body)))
        await self.book.flush(shared_writer(self.url))
        return response

    async def closed(self) -> None:
        """Bring the last counts to the store."""
        await self.book.flush(shared_writer(self.url), now=True)


def _midnight(now: datetime) -> datetime:
    return (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
