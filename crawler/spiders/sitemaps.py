"""Sitemaps: what a site itself lists, pictures of the image extension included."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar

import ada_url
from scrapy.http import Response

from crawler.images import Seen
from crawler.spiders.feeds import is_markup_of, is_xml
from crawler.spiders.pages import PagesSpider

GZIP = b"\x1f\x8b"
LISTED = 2_000
"""Links are handed on in portions: the engine takes no more from one item."""


class SitemapsSpider(PagesSpider):
    """Reads a sitemap or an index of them, then the pages listed as the `pages` spider would.

    A start address may also be the site's own: then /sitemap.xml is asked for.
    """

    name = "sitemaps"
    handles: ClassVar[tuple[str, ...]] = ("sitemap",)

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        """Read a sitemap, or a page."""
        if is_sitemap(response):
            found = await self.work("crawler.places.sitemaps:job", response.body, address=response.url)
            for output in self._listed(response, found):
                yield output
            return
        yield await self.look(response)
        if self.depth(response) == 0:
            url = ada_url.URL(response.url)
            yield self.follow(ada_url.join_url(f"{url.protocol}//{url.host}/", "/sitemap.xml"), 0)

    def _listed(self, response: Response, found: Mapping[str, Any]) -> list[Any]:
        """Pages with pictures one by one, links to all pages in portions, further sitemaps at the same depth."""
        pages = [(page["address"], Seen.from_json(page["seen"])) for page in found["pages"]]
        shown = [
            self.shown(response, Seen(seen.pictures, (), seen.refusals), url) for url, seen in pages if seen.pictures
        ]
        links = [url for url, _ in pages]
        listed = [
            self.seen(response, links=tuple(links[start : start + LISTED]))
            for start in range(0, max(1, len(links)), LISTED)
        ]
        deeper = [self.follow(str(address), self.depth(response)) for address in found["sitemaps"]]
        return [*shown, *listed, *deeper]


def is_sitemap(response: Response) -> bool:
    """A sitemap by its content: gzip, XML that is no page, or a text file named as one."""
    if response.body.startswith(GZIP):
        return True
    if is_markup_of(response, b"<html"):
        return False
    return is_xml(response) or response.url.partition("?")[0].endswith(".txt")
