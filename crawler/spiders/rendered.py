"""Pages whose pictures only appear through JavaScript: read as sent, then shown in Chromium and read again.

The page itself is fetched by Scrapy first, so robots.txt, scope, pace and budget hold as everywhere; only then is the
same address opened in the browser. What the page's scripts load goes through the egress proxy of the browser.
"""

import logging
import os
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

from scrapy.http import Response

from crawler.browser import find_chromium
from crawler.browser.manners import browser_manners
from crawler.images import Seen
from crawler.items import PageSeen, PictureCandidate
from crawler.spiders.pages import PagesSpider, content_type

NO_BROWSER = "no-browser"
log = logging.getLogger(__name__)


class RenderedSpider(PagesSpider):
    """Reads each page twice: as sent, and as its scripts leave it. Without a Chromium, once."""

    name = "rendered"
    _browser: Any = None
    _looked_for_one = False

    def trusts_unchanged(self, url: str) -> bool:  # noqa: ARG002 - the base's interface
        """The same bytes may show other pictures: scripts fetch them from elsewhere."""
        return False

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        """Say what the page shows before and after its scripts have run."""
        plain = await self.look(response)
        if "html" not in content_type(response):
            yield plain
            return
        browser = self._started_browser()
        if browser is None:
            yield together(plain, Seen(refusals={NO_BROWSER: 1}))
            return
        yield together(plain, await self._rendered(browser, response.url))

    async def _rendered(self, browser: Any, address: str) -> Seen:
        from crawler.browser.render import NotRendered

        try:
            shown = await browser.render(address)
        except NotRendered as error:
            return Seen(refusals={error.reason: 1})
        seen = await self.read(shown.html.encode("utf-8", "replace"), address, "text/html; charset=utf-8")
        loaded = tuple(PictureCandidate(url, place="loaded by the page") for url in shown.pictures)
        refusals = Counter(seen.refusals)
        refusals.update({f"page-wanted-{reason}": count for reason, count in shown.refusals.items()})
        return Seen(seen.pictures + loaded, seen.links + shown.left_for, dict(refusals))

    def _started_browser(self) -> Any:
        """The browser of this crawl; None where there is none, which is said once."""
        if not self._looked_for_one:
            self._looked_for_one = True
            chromium = find_chromium(os.environ)
            if chromium is None:
                log.warning("No Chromium: pages are read as sent. `watchlight doctor` says how to get one.")
                return None
            from crawler.browser.render import Browser

            # Playwright costs 0.3 s to import: only crawls that render pay for it.
            self._browser = Browser(
                chromium, user_agent=self.settings.get("USER_AGENT") or "", refusal=browser_manners(self.crawler)
            )
        return self._browser

    async def closed(self, _reason: str) -> None:
        """End the browser with the crawl."""
        if self._browser is not None:
            await self._browser.close()


def together(plain: PageSeen, after: Seen) -> PageSeen:
    """One page from both readings, each picture and link once; what was refused in both is counted once."""
    pictures = {(picture.url, picture.data): picture for picture in (*after.pictures, *plain.pictures)}
    links = dict.fromkeys((*plain.links, *after.links))
    refusals = Counter(plain.refusals) | Counter(after.refusals)
    return PageSeen(plain.url, plain.target, plain.status, tuple(pictures.values()), tuple(links), dict(refusals))
