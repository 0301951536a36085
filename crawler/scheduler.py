"""Scrapy's SCHEDULER on the durable frontier: what is handed out is leased, what is done is settled.

Requests live in memory only while their page is in work. Everything else is in the crawl store, so a crawler
that is killed leaves nothing behind but leases, and the next one goes on without being told to.
Without a target (`scrapy check`, `scrapy shell`, re-checks) it is a plain queue in memory.
"""

import asyncio
from collections import deque
from datetime import UTC, datetime
from functools import partial
from typing import Self

from scrapy import Spider
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import Request
from scrapy.utils.defer import deferred_from_coro
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from crawler import metrics
from crawler.budget import Budget
from crawler.errors import StoreUnavailable
from crawler.hand import Hand
from crawler.memory import gave
from crawler.middlewares.pace import pace_of
from crawler.middlewares.revisits import MEMORY
from crawler.outcomes import Entry
from crawler.rhythm import Rhythm
from crawler.settling import new_entry, redirected, went_wrong
from crawler.spiders.base import DEPTH, ENTRY, NOTE, ROLE, PlaceSpider
from crawler.supply import Crawl, Supply
from crawler.targets import CrawlTarget
from crawler.work import PageWork
from crawler.writer import Writer, shared_writer
from matchers import owners

IN_WORK = 32
"""Pages of one crawl between hand-out and settlement: where workers are slower than servers, pages wait in the store
and not in memory."""
WATCH_S = 2.0
PAGE_BYTES = 8 * 1024 * 1024


class FrontierScheduler(BaseScheduler):
    """The scheduler of one crawl of one target."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.url = str(crawler.settings.get("CRAWL_DATABASE_URL"))
        self.owner = owners.this_process()
        self.works: dict[int, PageWork] = {}
        self.run_id: int | None = None
        self.budget: Budget | None = None
        self._memory: deque[Request] = deque()
        self._closing = False
        self._renewing: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._paused = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the scheduler."""
        return cls(crawler)

    # -- opening and closing -----------------------------------------------------------------------------------

    def open(self, spider: Spider) -> Deferred[None] | None:
        """Take up the run that was cut short, or begin one."""
        target = getattr(spider, "target", None)
        if target is None or not isinstance(spider, PlaceSpider):
            return None
        self.spider = spider
        self._due = spider.due_only
        return deferred_from_coro(self._open(target))

    async def _open(self, target: CrawlTarget) -> None:
        self.writer: Writer = shared_writer(self.url)
        frontier, pages = self.writer.store.frontier, self.writer.store.pages
        try:
            self.run_id = await self.writer.run(partial(frontier.begin, due_only=self._due), target, _now())
            self.supply = self._supply(target, self.run_id)
            await self.writer.run(frontier.reclaim, self.run_id, _now())
            run = await self.writer.run(pages.run, self.run_id)
        except StoreUnavailable as error:
            raise CloseSpider("store-unavailable") from error
        self.budget = Budget.of(target, run)
        self.supply.due_only = run.due_only
        self.writer.after_flush(self.run_id, self.supply.stirred)
        self._renewing = asyncio.ensure_future(self._renew())
        self._watching = asyncio.ensure_future(self._watch(target.name))

    def _supply(self, target: CrawlTarget, run_id: int) -> Supply:
        delay_s = max(target.delay_s, getattr(self.spider, "least_delay_s", 0.0))
        crawl = Crawl(self._wants_more, lambda: bool(self.works), self._nudge)
        return Supply(self.writer, run_id, target, Hand(pace_of(self.crawler), delay_s), crawl)

    async def _watch(self, name: str) -> None:
        """Notice when an operator pauses the place; one that was paused before is crawled because somebody asked."""
        is_paused = self.writer.store.targets.is_paused
        try:
            if await self.writer.run(is_paused, name):
                return
            while not self._paused:
                await asyncio.sleep(WATCH_S)
                self._paused = await self.writer.run(is_paused, name)
        except StoreUnavailable:
            return
        self.supply.hand.clear()  # given back with the rest when the crawl closes
        self._nudge()

    async def _renew(self) -> None:
        """Say again and again that we live, and take in what other crawlers spent of the same budget."""
        assert self.run_id is not None
        assert self.budget is not None
        frontier, pages = self.writer.store.frontier, self.writer.store.pages
        while True:
            await asyncio.sleep(frontier.renew_s)
            try:
                await self.writer.run(frontier.renew, self.owner, _now())
                self.budget.others_spent(await self.writer.run(pages.run, self.run_id))
            except StoreUnavailable:
                return

    def close(self, reason: str) -> Deferred[None] | None:  # noqa: ARG002 - Scrapy's interface
        """Make everything durable, give back what was not worked on, and end the run if nothing is left."""
        if self.run_id is None:
            return None
        return deferred_from_coro(self._close(self.run_id))

    async def _close(self, run_id: int) -> None:
        # From here on nothing is leased any more: it would be leased behind the back of the release below.
        self._closing = True
        self.supply.end()
        for task in (self._renewing, self._watching):
            if task is not None:
                task.cancel()
        await self.writer.drain()
        self.writer.forget(run_id)
        if self.writer.failed is not None:
            return
        frontier = self.writer.store.frontier
        try:
            await self.writer.run(frontier.release, run_id, self.owner)
            left = await self.writer.run(frontier.left, run_id, _now())
            spent = self.budget.spent() if self.budget else None
            complete = left.waiting + left.later + left.leased == 0
            if complete or (spent and not left.leased):
                await self.writer.run(frontier.finish, run_id, "complete" if complete else spent, _now())
        except StoreUnavailable:
            return

    # -- what the engine asks ----------------------------------------------------------------------------------

    def has_pending_requests(self) -> bool:
        """Return whether this crawl has anything left to do or to wait for."""
        if self.run_id is None:
            return bool(self._memory)
        if self.writer.failed is not None:
            return bool(self.works)
        if self.works or self.writer.pending(self.run_id):
            return True
        return not self._paused and not self._exhausted() and (bool(self.supply.hand) or not self.supply.drained)

    def enqueue_request(self, request: Request) -> bool:
        """Keep a request: a redirect settles its page and becomes an entry of its own; others are new entries."""
        if self.run_id is None:
            self._memory.append(request)
            return True
        work = self.works.get(request.meta.get(ENTRY, -1))
        if work is None:
            target = self.spider.target.name
            return self.writer.store.frontier.add(target, self.run_id, [new_entry(request)]) > 0
        redirected(work, request.url, self.spider.target)
        return True

    def next_request(self) -> Request | None:
        """Return the next leased page as a request, or None when none is at hand."""
        if self.run_id is None:
            return self._memory.popleft() if self._memory else None
        if self._paused or self._exhausted() or self.writer.behind or len(self.works) >= IN_WORK:
            return None  # settling one asks again
        entry = self.supply.next()
        return self._request(entry) if entry is not None else None

    def _request(self, entry: Entry) -> Request:
        self.works[entry.id] = PageWork(entry, self._settle)
        metrics.in_flight.labels(target=entry.target).set(len(self.works))
        memory = self.supply.memories.pop(entry.id, None)
        request = Request(
            entry.address,
            callback=getattr(self.spider, entry.callback, self.spider.parse),
            errback=self.failed,
            dont_filter=True,
            meta={
                ENTRY: entry.id,
                ROLE: "page",
                DEPTH: entry.depth,
                NOTE: dict(entry.note),
                "download_maxsize": PAGE_BYTES,
                **({MEMORY: memory} if memory is not None else {}),
            },
        )
        return self.spider.prepare(request)

    def _exhausted(self) -> bool:
        """Return whether the budget allows no further page, those in work counted."""
        assert self.budget is not None
        room = self.budget.target.max_pages - self.budget.pages
        return self.budget.spent() is not None or room <= len(self.works)

    def _wants_more(self) -> bool:
        return not (self._closing or self._paused or self._exhausted())

    def _nudge(self) -> None:
        """Wake the engine. Scrapy has no public door for this; its own heartbeat would come after 5 seconds."""
        slot = getattr(self.crawler.engine, "_slot", None)
        if slot is not None and slot.closing is None:
            slot.nextcall.schedule()

    # -- settling ----------------------------------------------------------------------------------------------

    def failed(self, failure: Failure) -> None:
        """Errback of every page: name what went wrong, and try again later or not at all."""
        request: Request = failure.request  # type: ignore[attr-defined]
        work = self.works.get(request.meta.get(ENTRY, -1))
        if work is not None:
            assert failure.value is not None
            went_wrong(work, failure.value)

    def _settle(self, work: PageWork) -> None:
        """Everything the page gave is known: hand it to the store."""
        self.works.pop(work.entry.id, None)
        self.supply.hand.settled(work.entry)
        outcome, target = work.outcome, work.entry.target
        assert self.budget is not None
        if outcome.state == "done" and outcome.reason == "seen":
            self.budget.pages += 1
            if not outcome.same:
                found = gave(work.shown, outcome.found, self.spider.target, work.entry.depth)
                outcome.gave_digest, outcome.gave = found.digest, found.packed()
        outcome.rhythm = Rhythm.of(self.spider.target)
        metrics.in_flight.labels(target=target).set(len(self.works))
        metrics.pages.labels(target=target, outcome=outcome.state).inc()
        for reason, count in outcome.refusals.items():
            metrics.refusals.labels(target=target, reason=reason).inc(count)
        self.writer.put(outcome)
        self._nudge()


def _now() -> datetime:
    return datetime.now(UTC)
