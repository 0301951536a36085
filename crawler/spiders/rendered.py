"""Pages whose pictures only appear through JavaScript: read as sent, then shown in Chromium and read again.

The page itself is fetched by Scrapy first, so robots.txt, scope, pace and budget hold as everywhere; only then is the
same address opened in the browser. What the page's scripts load goes through the egress proxy of the browser.
"""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from scrapy.http import Response

from crawler.spiders.pages import PagesSpider, content_type, together


class RenderedSpider(PagesSpider):
    """Reads each page twice: as sent, and as its scripts leave it. Without a Chromium, once."""

    name = "rendered"
    options: ClassVar = {}

    def trusts_unchanged(self, url: str) -> bool:  # noqa: ARG002 - the base's interface
        """The same bytes may show other pictures: scripts fetch them from elsewhere."""
        return False

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        """Say what the page shows before and after its scripts have run."""
        plain = await self.as_sent(response)
        if "html" in content_type(response):
            plain = together(plain, await self.after_scripts(response))
        yield plain
