"""Spider middleware: everything a page gives is gathered in its work, and the work is settled when all is known."""

from collections.abc import AsyncIterator
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from crawler.discovery.echoes import echo
from crawler.items import PageSeen
from crawler.memory import Gave, Memory
from crawler.middlewares.revisits import BODY, MEMORY, SAME
from crawler.outcomes import NewEntry
from crawler.refusals import Later, NotFetched, reason_of
from crawler.rendering import UNSHOWN
from crawler.settling import new_entry
from crawler.spiders.base import DEPTH, ENTRY
from crawler.targets import CrawlTarget
from crawler.work import PageInWork, PageWork
from crawler.workers import JobRefused
from egress.addresses import BadAddress, normal

LINKS_A_PAGE = 2_000
DEADLY = frozenset({"crashed", "out-of-time", "out-of-memory", *UNSHOWN})
"""Ends of a worker that a busy machine may have caused as well as the page."""
OVERLOADED = frozenset({429, 500, 502, 503, 504})


class StatusRefused(NotFetched):
    """The server's answer is not a page."""

    def __init__(self, status: int) -> None:
        super().__init__(f"http-{status}")
        self.status = status


class GatherOutputs:
    """Gathers links, items and failures of a page in its PageWork."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        crawler.signals.connect(self._item_out, signals.item_scraped)
        crawler.signals.connect(self._item_out, signals.item_dropped)
        crawler.signals.connect(self._item_failed, signals.item_error)
        crawler.signals.connect(self._spider_failed, signals.spider_error)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware."""
        return cls(crawler)

    def _work(self, response: Response | None) -> PageWork | None:
        scheduler = self.crawler.engine.scheduler if self.crawler.engine else None
        # By attribute: Scrapy's isinstance() of schedulers looks at methods and takes any for any other.
        works: dict[int, PageWork] = getattr(scheduler, "works", {})
        return None if response is None else works.get(response.meta.get(ENTRY, -1))

    def process_spider_input(self, response: Response) -> None:
        """Let pages through to the spider; refuse answers that are none by their status."""
        work = self._work(response)
        if work is None:
            return
        work.outcome.status = response.status
        work.outcome.body_digest = response.meta.get(BODY)
        if SAME in response.meta:
            self._unchanged(work, response)
            return
        if response.status in OVERLOADED:
            raise Later(f"http-{response.status}")
        if not 200 <= response.status < 300:
            raise StatusRefused(response.status)
        work.outcome.bytes += len(response.body)
        work.outcome.etag = _header(response, "ETag")
        work.outcome.last_modified = _header(response, "Last-Modified")

    def _unchanged(self, work: PageWork, response: Response) -> None:
        """The page is as it was: a 304 need not repeat the validators that were sent with the page."""
        memory: Memory = response.meta[MEMORY]
        work.outcome.same = True
        work.outcome.bytes += len(response.body)
        work.outcome.etag = _header(response, "ETag") or memory.etag
        work.outcome.last_modified = _header(response, "Last-Modified") or memory.last_modified

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Gather links and requests, pass items on, and close the page when the spider has said everything."""
        work = self._work(response)
        if work is None:
            async for output in result:
                yield output
            return
        try:
            async for output in result:
                if isinstance(output, Request):
                    self._follow(work, [new_entry(output)])
                elif isinstance(output, PageSeen):
                    self._links(work, output, response)
                    work.saw(output)
                    work.items += 1
                    yield PageInWork(output, work)
                elif isinstance(output, Gave):
                    for page in self._again(work, output, response):
                        work.items += 1
                        yield PageInWork(page, work)
                else:
                    yield output
        except Exception as error:
            _page_failed(work, error)
            if not isinstance(error, JobRefused | NotFetched):
                raise
        finally:
            work.closed()

    def _links(self, work: PageWork, page: PageSeen, response: Response) -> None:
        for reason, count in page.refusals.items():
            work.refuse(reason, count)
        depth = int(response.meta.get(DEPTH, 0)) + 1
        if depth > self._target.depth:
            return
        links = list(dict.fromkeys(page.links))
        if len(links) > LINKS_A_PAGE:
            work.refuse("too-many-links", len(links) - LINKS_A_PAGE)
        self._follow(work, [NewEntry(link, depth) for link in links[:LINKS_A_PAGE]])

    def _again(self, work: PageWork, gave: Gave, response: Response) -> list[PageSeen]:
        """Go through an unchanged page as if it had been read: links, counts, and its pages with their pictures."""
        depth = int(response.meta.get(DEPTH, 0))
        self._follow(work, [one.deeper(depth) for one in gave.found])
        for shown in gave.shown:
            for digest in shown.inline:
                work.outcome.touched.append((shown.url, digest))
                work.outcome.pictures += 1
                work.outcome.known_pictures += 1
                work.looked_at("unchanged")
            for reason, count in shown.refusals.items():
                work.refuse(reason, count)
        return [PageSeen(shown.url, self._target.name, 200, shown.pictures) for shown in gave.shown if shown.pictures]

    def _follow(self, work: PageWork, entries: list[NewEntry]) -> None:
        """Keep the entries that lie in the target's scope and depth, in their normal form."""
        target = self._target
        for entry in entries:
            try:
                address = normal(entry.address)
            except BadAddress:
                work.refuse("bad-address")
                continue
            if entry.depth > target.depth or not target.in_scope(address):
                continue
            if (reason := echo(address, target.scope_hosts)) is not None and address not in target.urls:
                work.refuse(reason)
            else:
                work.found(entry if address == entry.address else entry._replace(address=address))

    @property
    def _target(self) -> CrawlTarget:
        target = self.crawler.spider.target  # type: ignore[union-attr]
        assert isinstance(target, CrawlTarget)
        return target

    def _item_out(self, item: Any) -> None:
        if isinstance(item, PageInWork):
            item.work.item_done()

    def _item_failed(self, item: Any, failure: Failure) -> None:
        if isinstance(item, PageInWork):
            assert failure.value is not None
            _page_failed(item.work, failure.value)
            item.work.item_done()

    def _spider_failed(self, failure: Failure, response: Any) -> None:
        """A callback that raised before it gave anything has no output to gather: close its page here."""
        work = self._work(response) if isinstance(response, Response) else None
        if work is not None and not work.settled:
            assert failure.value is not None
            _page_failed(work, failure.value)
            work.closed()


def _page_failed(work: PageWork, error: BaseException) -> None:
    """A refusal by name is final; what ends workers, and anything unexpected, is tried again and ends as poison."""
    if isinstance(error, JobRefused) and error.reason in DEADLY:
        work.again(error.reason)
    elif isinstance(error, JobRefused | NotFetched):
        work.refuse_page(reason_of(error), work.outcome.status)
    else:
        work.again(f"error-{type(error).__name__}"[:40])


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None
