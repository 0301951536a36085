"""PlaceSpider: what every spider stands on. A spider says what it sees; the engine decides what is fetched.

A spider file holds one class with a `name` (the target's kind) and an `async def parse(self, response)` that
yields `PageSeen` and, where a plain link is not enough, `self.follow(...)`. Robots, scope, pace, budget,
leases, fetching and fingerprinting of pictures are the engine's business and the same for every spider.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

import scrapy
from scrapy.crawler import Crawler
from scrapy.http import Request, Response

from crawler.errors import BadTarget, CrawlerError
from crawler.items import PageSeen
from crawler.outcomes import Read
from crawler.places.fields import day
from crawler.reading import ReadOn
from crawler.targets import CrawlTarget
from crawler.workers import Pool, shared_pool

ENTRY = "watchlight_entry"  # request.meta: the frontier entry a page request stands for
ROLE = "watchlight_role"  # request.meta: "page", "picture", "sheet" or "robots"
DEPTH = "watchlight_depth"  # request.meta: links away from the start address
ALSO_READ = "watchlight_also_read"  # request.meta: what a worker read of the page besides what it shows
NOTE = "watchlight_note"  # request.meta: the spider's own note on this request (JSON values)


class PlaceSpider(scrapy.Spider):
    """Base of all spiders of places; `name` is the kind that targets ask for."""

    name = ""
    target: CrawlTarget
    due_only: bool = False
    """Leave out pages whose own interval has not passed; given when the crawl is started."""
    handles: ClassVar[tuple[str, ...]] = ()
    """Words in an address that suggest this kind, for `target probe` ("t.me/s/")."""
    options: ClassVar[Mapping[str, str]] = {}
    """Options of a target that this kind understands, each with a sentence for `target kinds`."""
    caution: ClassVar[str] = ""
    """A sentence that whoever adds such a target should read first."""
    least_delay_s: ClassVar[float] = 0.0
    """Seconds between two requests to one site that such places ask for, whatever the target says."""

    @classmethod
    def check(cls, target: CrawlTarget) -> None:
        """Raise BadTarget when a target cannot be looked at by this kind: an unknown option, a value that is none."""
        for name in target.options:
            if name not in cls.options:
                known = ", ".join(sorted(cls.options)) or "none"
                raise BadTarget(f"Target {target.name}: {cls.name} has no option {name!r}; options are: {known}.")
        if "since" in target.options and day(target.options["since"]) is None:
            raise BadTarget(f"Target {target.name}: since is a day like 2026-01-31, not {target.options['since']!r}.")

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Build the spider for one target: `target` is a CrawlTarget, or the name of one that is kept."""
        from crawler.store import CrawlStore

        given = kwargs.pop("target", None)
        spider = super().from_crawler(crawler, *args, **kwargs)
        if isinstance(given, str):
            given = CrawlStore.open(crawler.settings.get("CRAWL_DATABASE_URL")).targets.get(given)
        if isinstance(given, CrawlTarget):
            spider.target = given
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Yield nothing: the frontier hands out the start addresses and whatever is left over."""
        if not hasattr(self, "target"):
            raise CrawlerError("Name a target: scrapy crawl KIND -a target=NAME (see `watchlight target list`).")
        nothing: tuple[Any, ...] = ()
        for request in nothing:
            yield request

    def follow(
        self,
        url: str,
        depth: int = 0,
        *,
        callback: str = "parse",
        note: Mapping[str, Any] | None = None,
        priority: int = 0,
    ) -> Request:
        """Return the request for another page of the place; the frontier keeps it, and drops it if known.

        `callback` is the name of a method of this spider. `note` is small JSON that comes back as
        `self.note(response)`. `depth` is counted from the start address and bounded by the target.
        """
        meta = {ROLE: "page", DEPTH: depth, NOTE: dict(note or {})}
        return Request(url, callback=getattr(self, callback), meta=meta, priority=priority)

    def prepare(self, request: Request) -> Request:
        """Return the request as this spider wants it sent; a place for extra headers or meta."""
        return request

    async def read_on(self, response: Response, name: str, low: int, high: int, *, at_start: bool) -> int | None:
        """Note that all posts from `low` to `high` of the list `name` came with this page, and say where to go on.

        Returns the number below which nothing was read yet, or None when everything before was read not long ago
        (within the target's longest interval) or there is nothing before (`at_start`).
        """
        scheduler: Any = self.crawler.engine.scheduler if self.crawler.engine else None
        work = getattr(scheduler, "works", {}).get(response.meta.get(ENTRY, -1))
        if work is None:
            return None if at_start else low
        work.outcome.read = Read(name[:200], low, high, at_start, self.target.latest_s)
        writer = scheduler.writer
        going: ReadOn = await writer.run(
            writer.store.reading.below, self.target.name, work.outcome.read, datetime.now(UTC)
        )
        return going.below

    def trusts_unchanged(self, url: str) -> bool:  # noqa: ARG002 - for spiders that must look at the address
        """Return whether a page whose bytes have not changed shows what it showed before: not where scripts decide."""
        return True

    def tried_before(self, response: Response) -> bool:
        """Return whether the page was tried before in this crawl; True where nobody would try it again."""
        scheduler: Any = self.crawler.engine.scheduler if self.crawler.engine else None
        work = getattr(scheduler, "works", {}).get(response.meta.get(ENTRY, -1))
        return work is None or work.entry.tries > 0

    def depth(self, response: Response) -> int:
        """Return how many links away from the start address this page is."""
        return int(response.meta.get(DEPTH, 0))

    def note(self, response: Response) -> dict[str, Any]:
        """Return the note that `follow` put on the request of this page."""
        return dict(response.meta.get(NOTE) or {})

    def seen(self, response: Response, **what: Any) -> PageSeen:
        """Return a PageSeen of this response; `what` is pictures, links and refusals."""
        return PageSeen(url=response.url, target=self.target.name, status=response.status, **what)

    @property
    def pool(self) -> Pool:
        """The killable worker processes of this crawl."""
        return shared_pool()

    async def work(self, job: str, untrusted: bytes, **options: Any) -> Any:
        """Run `job` ("module:function") over untrusted bytes in a killable worker and return its JSON value.

        The function is called as `function(untrusted, **options)` and returns JSON values only. Raises
        `crawler.workers.JobRefused` with a reason slug when the job refuses, dies, or runs out of time or
        memory: let it pass and the page is counted as refused for that reason.
        """
        return await self.pool.call(job, untrusted, **options)
