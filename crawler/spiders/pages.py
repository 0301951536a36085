"""Any public page: the pictures that lie in what the server sends, and the links that lead on."""

from collections.abc import AsyncIterator
from functools import cached_property
from typing import Any

from scrapy.http import Response

from crawler.images import Seen
from crawler.items import PageSeen, PictureCandidate
from crawler.sheets import Sheets
from crawler.spiders.base import PlaceSpider

HTML_TYPES = ("html", "xml", "text/plain", "octet-stream", "unknown")


class PagesSpider(PlaceSpider):
    """Reads each page as sent, without running its scripts."""

    name = "pages"

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        """Say what one page shows and where it leads."""
        yield await self.look(response)

    async def look(self, response: Response) -> PageSeen:
        """Return what a response shows: a page, a picture standing alone, or nothing we read."""
        kind = content_type(response)
        if kind.startswith("image/"):
            return self.seen(response, pictures=(PictureCandidate(response.url, place="the page itself"),))
        if kind and not any(word in kind for word in HTML_TYPES):
            return self.seen(response, refusals={"not-a-page": 1})
        seen = await self.read(response.body, response.url, kind)
        return self.shown(response, await self.sheets.add_to(seen) if seen.sheets else seen)

    @cached_property
    def sheets(self) -> Sheets:
        """The style sheets of this crawl."""
        return Sheets(self.crawler)

    async def read(self, untrusted: bytes, address: str, kind: str = "") -> Seen:
        """Read HTML in a killable worker."""
        return Seen.from_json(
            await self.work("crawler.images.jobs:page", untrusted, address=address, content_type=kind)
        )

    def shown(self, response: Response, seen: Seen, url: str | None = None) -> PageSeen:
        """Turn what was seen into the page's item; `url` when the page of the pictures is not the response itself."""
        return PageSeen(
            url=url or response.url,
            target=self.target.name,
            status=response.status,
            pictures=seen.pictures,
            links=seen.links,
            refusals=seen.refusals,
        )


def content_type(response: Response) -> str:
    """The Content-Type header in lower case, "" when there is none."""
    value = response.headers.get("Content-Type")
    return value.decode("latin-1").lower() if value else ""
