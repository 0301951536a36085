"""The browser of one crawl, with its manners: started when a page first needs it, ended with the crawl."""

import logging
import os
from collections import Counter
from typing import TYPE_CHECKING

from crawler.browser.find import find_chromium
from crawler.images import Seen
from crawler.items import PictureCandidate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from crawler.browser.render import Browser

NO_BROWSER = "no-browser"
log = logging.getLogger(__name__)


class OwnBrowser:
    """The browser of one crawl; it costs about 200 MB, so none is started before a page needs it."""

    def __init__(self, refusal: "Callable[[str], Awaitable[str | None]]") -> None:
        self._refusal = refusal
        self._browser: Browser | None = None
        self._looked_for_one = False

    async def close(self) -> None:
        """End the browser, if one was started."""
        browser, self._browser = self._browser, None
        if browser is not None:
            await browser.close()

    async def seen(self, address: str, user_agent: str, read: "Callable[[bytes, str, str], Awaitable[Seen]]") -> Seen:
        """Show a page and return what is on it then; `read` reads HTML. Without a Chromium that is refused by name."""
        browser = self._started(user_agent)
        if browser is None:
            return Seen(refusals={NO_BROWSER: 1})
        from crawler.browser.visit import NotRendered

        try:
            shown = await browser.render(address)
        except NotRendered as error:
            return Seen(refusals={error.reason: 1})
        seen = await read(shown.html.encode("utf-8", "replace"), address, "text/html; charset=utf-8")
        loaded = tuple(PictureCandidate(url, place="loaded by the page") for url in shown.pictures)
        refusals = Counter(seen.refusals)
        refusals.update({f"page-wanted-{reason}": count for reason, count in shown.refusals.items()})
        return Seen(seen.pictures + loaded, seen.links + shown.left_for, dict(refusals), videos=seen.videos)

    def _started(self, user_agent: str) -> "Browser | None":
        """The browser; None where there is no Chromium, which is said once."""
        if self._browser is None and not self._looked_for_one:
            self._looked_for_one = True
            chromium = find_chromium(os.environ)
            if chromium is None:
                log.warning("No Chromium: pages are read as sent. `watchlight doctor` says how to get one.")
                return None
            from crawler.browser.render import Browser

            # Playwright costs 0.3 s to import: only crawls that render pay for it.
            self._browser = Browser(chromium, user_agent=user_agent, refusal=self._refusal)
        return self._browser
