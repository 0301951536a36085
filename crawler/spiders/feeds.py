"""RSS, Atom and JSON feeds: the pictures that entries carry, the pages they announce, and their older parts."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from scrapy.http import Response

from crawler.images import Seen
from crawler.spiders.pages import PagesSpider, content_type

BACK = -10


class FeedsSpider(PagesSpider):
    """Reads a feed, then the pages it announces as the `pages` spider would.

    A start address may also be a page that announces feeds in its head.
    """

    name = "feeds"
    handles: ClassVar[tuple[str, ...]] = ("/feed", "/rss", "/atom", "feed.xml", "rss.xml", "atom.xml", "index.xml")

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        """Read a feed, or a page."""
        if not is_markup_of(response, b"<html") and (is_xml(response) or is_json(response)):
            feed = await self.work("crawler.places.feeds:job", response.body, address=response.url)
            for entry in feed["entries"]:
                yield self.shown(response, Seen.from_json(entry["seen"]), url=entry["address"])
            for older in feed["older"]:
                # Going back in time is not going deeper; a part that has not changed is not read again.
                yield self.follow(older, self.depth(response), priority=BACK)
            if not (feed["entries"] or feed["older"]):
                yield self.seen(response)
            return
        yield await self.look(response)
        if self.depth(response) == 0:
            feeds = await self.work(
                "crawler.places.feeds:announced_job",
                response.body,
                address=response.url,
                content_type=content_type(response),
            )
            for feed in feeds:
                yield self.follow(feed, self.depth(response))
            if not feeds:
                yield self.seen(response, refusals={"not-a-feed": 1})


def is_markup_of(response: Response, beginning: bytes) -> bool:
    """Does this tag open within the first kilobyte?"""
    return beginning in response.body[:1024].lower()


def is_xml(response: Response) -> bool:
    """XML by its header or its first character and declaration."""
    start = response.body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    kind = content_type(response)
    return "xml" in kind or start.startswith((b"<?xml", b"<rss", b"<feed", b"<rdf:rdf", b"<urlset", b"<sitemapindex"))


def is_json(response: Response) -> bool:
    """JSON by its header or its first character, so that a broken one is refused by that name."""
    return "json" in content_type(response) or response.body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
