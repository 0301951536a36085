"""Any public page: the pictures that lie in what the server sends, and the links that lead on.

Where a page's scripts suggest more pictures than it shows as sent, it is shown in Chromium, too: at most a small share
of a target's pages, and hardly any where that never showed more (crawler.rendering).
"""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

from scrapy.http import Response

from crawler.browser.manners import browser_manners
from crawler.browser.own import NO_BROWSER, OwnBrowser
from crawler.coverage import NOT_LOOKED_INTO
from crawler.errors import BadTarget
from crawler.images import Seen
from crawler.items import VIDEO, PageSeen, PictureCandidate
from crawler.rendering import GAINED, IN_VAIN, UNSHOWN, RenderShare
from crawler.scheduler import FrontierScheduler
from crawler.sheets import Sheets
from crawler.spiders.base import ALSO_READ, PlaceSpider
from crawler.targets import CrawlTarget
from crawler.workers import TRANSIENT, JobRefused

SHARE = "render-share"
HTML_TYPES = ("html", "xml", "text/plain", "octet-stream", "unknown")


class PagesSpider(PlaceSpider):
    """Reads each page as sent, and a small share of pages as their scripts leave them."""

    name = "pages"
    options: ClassVar = {SHARE: "0 to 1: which share of the pages may be rendered where scripts suggest more pictures"}
    _share: RenderShare | None = None
    _browser: OwnBrowser | None = None

    @classmethod
    def check(cls, target: CrawlTarget) -> None:
        """Refuse a share that is none."""
        super().check(target)
        if share_in(target.options.get(SHARE, "0")) is None:
            raise BadTarget(f"Target {target.name}: {SHARE} is a number from 0 to 1, not {target.options[SHARE]!r}.")

    async def start(self) -> AsyncIterator[Any]:
        """Remember what rendering gave here before; then the frontier hands out the start addresses."""
        scheduler = self.crawler.engine.scheduler if self.crawler.engine else None
        # By name: Scrapy's isinstance() of schedulers looks at methods. A probe has another and stores nothing.
        if type(scheduler) is FrontierScheduler and hasattr(self, "target"):
            usual = str(self.settings.get("RENDER_SHARE"))
            share = share_in(self.target.options.get(SHARE, usual)) or 0.0
            engine = scheduler.writer.store.engine
            self._share = await scheduler.writer.run(RenderShare.remembered, engine, self.target.name, share)
        async for request in super().start():
            yield request

    async def closed(self, _reason: str) -> None:
        """End the browser with the crawl."""
        if self._browser is not None:
            await self._browser.close()

    def trusts_unchanged(self, url: str) -> bool:  # noqa: ARG002 - the base's interface
        """Where rendering ever showed more, the same bytes may show other pictures the next time."""
        return self._share is not None and not self._share.pays

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        """Say what one page shows and where it leads."""
        yield await self.look(response)

    async def look(self, response: Response) -> PageSeen:
        """Return what a response shows, after its scripts too where they suggest more and the share allows it."""
        plain, share = await self.as_sent(response), self._share
        if share is None or "html" not in content_type(response):
            return plain
        share.looked += 1
        if len(plain.pictures) >= await self._suggested(response):
            return plain
        if not share.take():
            # Said only where it is known to matter: elsewhere it was a guess.
            return together(plain, Seen(refusals={SHARE: 1})) if share.pays else plain
        try:
            after = await self.after_scripts(response)
        except JobRefused:
            share.give_back()  # it is taken again when the page is
            raise
        page = together(plain, after)
        if NO_BROWSER in after.refusals:
            share.give_back()
            return page
        gained = len(page.pictures) > len(plain.pictures)
        if gained:
            share.paid()
        return replace(page, rendered=GAINED if gained else IN_VAIN)

    async def _suggested(self, response: Response) -> int:
        if (read := response.meta.get(ALSO_READ, {}).get("scripted")) is not None:
            return int(read)
        try:
            kind = content_type(response)
            return int(await self.work("crawler.places.scripted:job", response.body, content_type=kind))
        except JobRefused:
            return 0  # the page was read all the same; nothing of it is lost by not guessing

    async def after_scripts(self, response: Response) -> Seen:
        """Return what a page shows in Chromium; where that was ended, the page is tried once more, later in this crawl.

        Raises JobRefused the first time, which puts the page back; the second time it is read as it was sent.
        """
        after = await self.rendered(response.url)
        unshown = sorted(UNSHOWN & after.refusals.keys())
        if unshown and not self.tried_before(response):
            raise JobRefused(unshown[0])
        return after

    async def rendered(self, address: str) -> Seen:
        """Return what a page shows in Chromium."""
        if self._browser is None:
            self._browser = OwnBrowser(browser_manners(self.crawler))
        return await self._browser.seen(address, self.settings.get("USER_AGENT") or "", self.read)

    async def as_sent(self, response: Response) -> PageSeen:
        """Return what a response shows: a page, a picture standing alone, or nothing we read."""
        kind = content_type(response)
        if kind.startswith("image/"):
            return self.seen(response, pictures=(PictureCandidate(response.url, place="the page itself"),))
        if kind and not any(word in kind for word in HTML_TYPES):
            return self.seen(response, refusals={"not-a-page": 1})
        seen = await self._read_once(response, kind)
        return self.shown(response, await self.sheets.add_to(seen) if seen.sheets else seen)

    @cached_property
    def sheets(self) -> Sheets:
        """The style sheets of this crawl."""
        return Sheets(self.crawler)

    async def _read_once(self, response: Response, kind: str) -> Seen:
        """Read the page for everybody who asks something of it; where that ends a worker, for what it shows alone."""
        try:
            read = await self.work("crawler.jobs:read_page", response.body, address=response.url, content_type=kind)
        except JobRefused as refused:
            if refused.reason not in TRANSIENT:
                raise
            return await self.read(response.body, response.url, kind)
        response.meta[ALSO_READ] = {name: read[name] for name in ("scripted", "trails") if name in read}
        return Seen.from_json(read["seen"])

    async def read(self, untrusted: bytes, address: str, kind: str = "") -> Seen:
        """Read HTML in a killable worker."""
        return Seen.from_json(
            await self.work("crawler.images.jobs:page", untrusted, address=address, content_type=kind)
        )

    def shown(self, response: Response, seen: Seen, url: str | None = None) -> PageSeen:
        """Turn what was seen into the page's item; `url` when the page of the pictures is not the response itself."""
        videos, refusals = seen.videos if self.target.looks_at_videos else (), dict(seen.refusals)
        if len(videos) < len(seen.videos):
            refusals[NOT_LOOKED_INTO] = len(seen.videos)
        return PageSeen(
            url=url or response.url,
            target=self.target.name,
            status=response.status,
            pictures=(*seen.pictures, *(PictureCandidate(each, place=VIDEO) for each in videos)),
            links=seen.links,
            refusals=refusals,
        )


def together(plain: PageSeen, after: Seen) -> PageSeen:
    """One page from both readings, each picture and link once; what was refused in both is counted once."""
    pictures = {(picture.url, picture.data): picture for picture in (*after.pictures, *plain.pictures)}
    links = dict.fromkeys((*plain.links, *after.links))
    refusals = Counter(plain.refusals) | Counter(after.refusals)
    return replace(plain, pictures=tuple(pictures.values()), links=tuple(links), refusals=dict(refusals))


def share_in(untrusted: str) -> float | None:
    """Return the share that an operator wrote, None when it is no number from 0 to 1."""
    try:
        share = float(untrusted)
    except ValueError:
        return None
    return share if 0 <= share <= 1 else None


def content_type(response: Response) -> str:
    """The Content-Type header in lower case, "" when there is none."""
    value = response.headers.get("Content-Type")
    return value.decode("latin-1").lower() if value else ""
