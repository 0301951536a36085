"""The process behind `crawler.probe`: a few requests through every guard, looked at, counted, and forgotten.

The start page is read as sent, by the spider that fits, and (unless asked not to) once more in Chromium; two of the
pages it leads to are looked at to learn how fast the place grows. Nothing of it is stored, and no picture is
fetched but by Chromium; the requests count against the site's daily budget.
"""

import asyncio
import contextlib
import json
import os
import sys
from typing import Any, ClassVar

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Request, Response
from scrapy.http.request import NO_CALLBACK
from twisted.python.failure import Failure

from crawler.browser import find_chromium
from crawler.crawling import settings, stop_reactor
from crawler.discovery.echoes import echo
from crawler.images import Seen
from crawler.items import PageSeen
from crawler.kinds import kinds, spider_for
from crawler.middlewares.pace import PICTURE_SHARE
from crawler.middlewares.robots import shared_robots
from crawler.probe import Estimate
from crawler.refusals import NotFetched, reason_of
from crawler.spiders.base import ROLE, PlaceSpider
from crawler.spiders.pages import PagesSpider, content_type
from crawler.spiders.rendered import RenderedSpider
from crawler.targets import CrawlTarget
from crawler.workers import JobRefused, shared_pool
from egress.addresses import host_of

SAMPLED = 2
SHOWN = 5
RENDER_S = 25.0
LONG_DELAY_S = 5.0
"""A place that asks for a longer pause is not sampled: the probe would keep an operator waiting."""
SURE_ENOUGH = 0.5

FOUND: dict[str, Any] = {
    "robots": "not asked",
    "crawl_delay_s": 0.0,
    "sitemaps": 0,
    "status": None,
    "refusal": None,
    "pictures": 0,
    "pictures_rendered": None,
    "rendering": "not asked for",
    "links": 0,
    "links_in_scope": 0,
    "would_fetch": [],
    "picture_hosts": {},
    "fits": [],
    "estimate": None,
}


class Probe(PagesSpider):
    """One look at a place."""

    name = "probe"
    custom_settings: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "SCHEDULER": "crawler.probing.OneRequest",
        "ITEM_PIPELINES": {},
    }
    plain = False

    async def start(self) -> Any:
        """Ask for the start page."""
        meta = {ROLE: "page", "download_maxsize": 8 * 1024 * 1024}
        yield Request(self.target.urls[0], callback=self.count, errback=self.refused, dont_filter=True, meta=meta)

    async def count(self, response: Response) -> None:
        """Look at the start page in every way."""
        FOUND["robots"], FOUND["status"] = "allows it", response.status
        await self._rules(response.url)
        if response.status != 200:
            return
        try:
            kind = await self._kind(response)
            seen = await self._looked(response, kind)
        except JobRefused as refused:
            FOUND["refusal"] = refused.reason
            return
        inside = self._inside(seen)
        FOUND["links_in_scope"], FOUND["would_fetch"] = len(inside), inside[:SHOWN]
        if not self.plain:
            await self._rendered(response)
            FOUND["estimate"] = (await self._estimate(seen, inside)).to_dict()

    async def refused(self, failure: Failure) -> None:
        """Say what kept us from the page."""
        assert failure.value is not None
        reason = reason_of(failure.value)
        FOUND["refusal"] = reason
        if reason.startswith("robots") and isinstance(failure.value, NotFetched):
            FOUND["robots"] = {"robots": "forbids it"}.get(reason, f"cannot be read ({reason}), so it is left alone")

    async def _rules(self, url: str) -> None:
        origin = "/".join(url.split("/", 3)[:3])
        answered = shared_robots.get(origin)
        if answered is not None:
            rules = await answered
            FOUND["crawl_delay_s"] = rules.crawl_delay_s
            FOUND["sitemaps"] = rules.sitemaps

    async def _kind(self, response: Response) -> str:
        """Return the kind that fits best: what the page says of itself, else what its address looks like."""
        FOUND["fits"] = await self.work(
            "crawler.places.recognised:job", response.body, address=response.url, content_type=content_type(response)
        )
        there = kinds()
        sure = [fit["kind"] for fit in FOUND["fits"] if fit["certainty"] >= SURE_ENOUGH and fit["kind"] in there]
        kind: str = (sure or [self.target.kind])[0]
        FOUND["kind"] = kind
        return kind

    async def _looked(self, response: Response, kind: str) -> Seen:
        """Read the page with the spider that fits; what it would follow counts as links."""
        spider: PlaceSpider = spider_for(kind, kinds()).from_crawler(
            self.crawler, target=self.target.changed(kind=kind)
        )
        pictures, links = list[Any](), dict[str, None]()
        async for output in spider.parse(response):
            if isinstance(output, PageSeen):
                pictures += output.pictures
                links |= dict.fromkeys(output.links)
            elif isinstance(output, Request):
                links[output.url] = None
        FOUND["pictures"], FOUND["links"] = len(pictures), len(links)
        hosts = [host_of(one.url) for one in pictures if one.url]
        FOUND["picture_hosts"] = {host: hosts.count(host) for host in sorted(set(hosts))}
        return Seen(tuple(pictures), tuple(links))

    def _inside(self, seen: Seen) -> list[str]:
        """Return the pages of the place that this one leads to."""
        ours = self.target.scope_hosts
        start = self.target.urls[0]
        return [url for url in seen.links if url != start and self.target.in_scope(url) and echo(url, ours) is None]

    async def _rendered(self, response: Response) -> None:
        if find_chromium(os.environ) is None:
            FOUND["rendering"] = "no Chromium; `watchlight doctor` says how to get one"
            return
        if "html" not in content_type(response):
            FOUND["rendering"] = "not a page for people"
            return
        spider = RenderedSpider.from_crawler(self.crawler, target=self.target)
        try:
            async with asyncio.timeout(RENDER_S):
                seen = await spider.rendered(response.url)
        except TimeoutError:
            FOUND["rendering"] = f"took longer than {RENDER_S:.0f} s"
            return
        finally:
            await spider.closed("probed")
        failed = [reason for reason in seen.refusals if not seen.pictures and not reason.startswith("page-wanted")]
        FOUND["rendering"] = f"failed ({failed[0]})" if failed else "done"
        FOUND["pictures_rendered"] = None if failed else len({one.url or one.data for one in seen.pictures})

    async def _estimate(self, start: Seen, inside: list[str]) -> Estimate:
        """Learn from a few pages how many pages and pictures each brings that were not known."""
        known, fresh, pictures = {self.target.urls[0], *inside}, list[int](), list[int]()
        pause_s = max(self.target.delay_s, FOUND["crawl_delay_s"])
        for url in inside[:: max(len(inside) // SAMPLED, 1)][:SAMPLED] if pause_s <= LONG_DELAY_S else []:
            seen = await self._sampled(url)
            if seen is not None:
                new = set(self._inside(seen)) - known
                known |= new
                fresh.append(len(new))
                pictures.append(len(seen.pictures))
        return Estimate.of(
            self.target,
            links=len(inside),
            fresh=sum(fresh) / len(fresh) if fresh else None,
            pictures=[len(start.pictures), *pictures],
            page_s=pause_s,
            picture_s=max(self.target.delay_s * PICTURE_SHARE, FOUND["crawl_delay_s"]),
        )

    async def _sampled(self, url: str) -> Seen | None:
        assert self.crawler.engine is not None
        request = Request(url, callback=NO_CALLBACK, meta={ROLE: "page", "download_maxsize": 8 * 1024 * 1024})
        try:
            response = await self.crawler.engine.download_async(request)
            if response.status != 200 or "html" not in content_type(response):
                return None
            return await self.read(response.body, response.url, content_type(response))
        except Exception:  # noqa: BLE001 - a page that cannot be sampled only makes the estimate coarser, which is said
            return None


class OneRequest:
    """A scheduler in memory, so that nothing is stored."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    @classmethod
    def from_crawler(cls, crawler: Any) -> "OneRequest":  # noqa: ARG003 - Scrapy's interface
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
        try:
            await process.crawl(Probe, target=target, plain="--plain" in sys.argv[3:])
        finally:
            stop_reactor()

    task = asyncio.get_event_loop().create_task(one())
    process.start(stop_after_crawl=False)
    task.cancel()
    shared_pool().close()
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(FOUND))
    return 0


if __name__ == "__main__":
    sys.exit(main())
