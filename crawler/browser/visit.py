"""One look at one page in Chromium: let its scripts work, scroll through it, read what stands there and was loaded.

No download, popup, dialog or move to another page. Pictures that a script drew on a canvas or made of bytes it computed
are read out of the page and travel in its markup, in memory only.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from playwright.async_api import BrowserContext, Page, Request, Response, Route
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from crawler.errors import CrawlerError

GOTO_MS = 15_000
LOAD_MS = 8_000
QUIET_S = 2.5
REST_S = 0.3
TICK_S = 0.1
SCREENS = 12
MOST_PICTURES = 500
MOST_CHARACTERS = 8_000_000
MOST_FRAMES = 8
SMALLEST_DRAWN, LARGEST_DRAWN = 64, 1280
"""Pixels of a canvas or blob picture: smaller ones are icons, larger ones are made smaller."""
NOT_LOADED = frozenset(("media", "font", "texttrack", "manifest"))
"""Kinds of requests that can bring no picture: refused to save the site's traffic and ours."""

# Scroll through the page once, so that lazy loaders load; scripts get a moment on every screen.
SCROLL = """async (screens) => {
  for (let n = 0; n < screens; n++) {
    const before = window.scrollY;
    window.scrollBy(0, window.innerHeight);
    await new Promise(done => setTimeout(done, 60));
    if (window.scrollY === before) break;
  }
}"""

# The markup as it stands now, with what open shadow roots hold behind it.
MARKUP = """(most) => {
  let text = document.documentElement ? document.documentElement.outerHTML : "";
  for (const element of document.querySelectorAll("*")) {
    if (text.length > most) break;
    if (element.shadowRoot) text += "<div>" + element.shadowRoot.innerHTML + "</div>";
  }
  return text.slice(0, most);
}"""

# What scripts drew on a canvas or made of bytes they computed, as pictures in the markup: on white, as browsers do.
# A canvas that took in another host's picture cannot be read; that picture itself was loaded and is known.
DRAWN = """([least, side, most]) => {
  let text = "";
  const shown = [...document.querySelectorAll("canvas, img[src^='blob:']")];
  for (const element of shown) {
    const width = element.naturalWidth || element.width, height = element.naturalHeight || element.height;
    if (width < least || height < least || text.length > most) continue;
    const scale = Math.min(1, side / Math.max(width, height));
    const copy = document.createElement("canvas");
    copy.width = Math.round(width * scale);
    copy.height = Math.round(height * scale);
    const pen = copy.getContext("2d");
    pen.fillStyle = "white";
    pen.fillRect(0, 0, copy.width, copy.height);
    try {
      pen.drawImage(element, 0, 0, copy.width, copy.height);
      text += "<img alt='drawn' src='" + copy.toDataURL("image/jpeg", 0.95) + "'>";
    } catch (error) { }
  }
  return text.length > 2 * most ? "" : text;
}"""


Refusal: TypeAlias = Callable[[str], Awaitable[str | None]]
"""address -> why the browser must not load it, None when it may: robots.txt and opt-outs of every host."""


class NotRendered(CrawlerError):
    """A page the browser gave no answer for; `.reason` is a short slug ("render-timeout", "render-moved", ...)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The browser could not show the page: {reason}.")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page after its scripts: `html` as it stands, addresses of loaded `pictures`, and where it wanted to go.

    `left_for` are pages the scripts tried to move on to; they were not followed. `refusals` counts by reason what the
    page asked for and did not get.
    """

    html: str
    pictures: tuple[str, ...] = ()
    left_for: tuple[str, ...] = ()
    refusals: Mapping[str, int] = field(default_factory=dict)


class Visit:
    """One look at one page in a private context of its own."""

    def __init__(self, context: BrowserContext, refusal: Refusal | None = None) -> None:
        self._context = context
        self._refusal = refusal
        self._refusals = Counter[str]()
        self._pictures: dict[str, None] = {}
        self._left_for: dict[str, None] = {}
        self._loading: set[Request] = set()
        self._page: Page | None = None
        self._opened = False

    async def look(self, address: str) -> Rendered:
        """Open the page, let its scripts work, scroll through it once, and read it."""
        await self._context.route("**/*", self._decide)
        page = self._page = await self._context.new_page()
        self._context.on("page", _close_other)
        page.on("dialog", lambda dialog: dialog.dismiss())
        page.on("response", self._noted)
        page.on("request", lambda request: self._loading.add(request))
        page.on("requestfinished", lambda request: self._loading.discard(request))
        page.on("requestfailed", lambda request: self._loading.discard(request))
        answer = await page.goto(address, wait_until="commit", timeout=GOTO_MS)
        if answer is None or answer.request.redirected_from is not None:
            # Scrapy followed the redirects it was allowed to; a browser that is sent elsewhere is not followed.
            raise NotRendered("render-moved")
        # A page that tries to leave while it loads may never say that it is loaded; it is read as it stands then.
        with contextlib.suppress(PlaywrightTimeout):
            await page.wait_for_load_state("domcontentloaded", timeout=LOAD_MS)
        await self._quiet()
        await page.evaluate(SCROLL, SCREENS)
        await self._quiet()
        html = str(await page.evaluate(MARKUP, MOST_CHARACTERS))
        html += await self._drawn(page)
        return Rendered(html, tuple(self._pictures), tuple(self._left_for), self._refusals)

    async def _drawn(self, page: Page) -> str:
        """Give the canvas and blob pictures of the page and its frames as markup; a frame that left has none."""
        found = ""
        for frame in page.frames[:MOST_FRAMES]:
            with contextlib.suppress(PlaywrightError):
                found += str(await frame.evaluate(DRAWN, [SMALLEST_DRAWN, LARGEST_DRAWN, MOST_CHARACTERS]))
        return found[: 2 * MOST_CHARACTERS]

    async def _quiet(self) -> None:
        """Wait until nothing has been loading for a moment, but not for long: some pages never rest.

        Playwright's own "networkidle" is said once in a page's life and not again after scrolling.
        """
        rest = 0
        for _ in range(int(QUIET_S / TICK_S)):
            await asyncio.sleep(TICK_S)
            rest = 0 if self._loading else rest + 1
            if rest * TICK_S >= REST_S:
                return

    async def _decide(self, route: Route, request: Request) -> None:
        """Manners, not security (that is the proxy's): stay on the page, load what can show a picture."""
        try:
            if self._moves_on(request):
                self._left_for.setdefault(request.url)
                # Any other error, and Chromium would put its own error page in the place of the page.
                await route.abort("aborted")
            elif request.resource_type in NOT_LOADED:
                await route.abort()
            elif reason := await self._why_not(request):
                self._refusals[reason] += 1
                await route.abort()
            else:
                await route.continue_()
        except PlaywrightError:
            pass  # the page or the whole browser is gone, and this request with it

    async def _why_not(self, request: Request) -> str | None:
        """Ask whether the crawler itself would fetch this: the browser has no manners of its own."""
        if self._refusal is None or not request.url.startswith(("http:", "https:")):
            return None
        return await self._refusal(request.url)

    def _moves_on(self, request: Request) -> bool:
        """Only the first document of the page itself is opened; frames inside it may open theirs."""
        if not request.is_navigation_request() or request.frame.parent_frame is not None:
            return False
        first, self._opened = not self._opened, True
        return not first or self._page is None or request.frame != self._page.main_frame

    def _noted(self, answer: Response) -> None:
        is_picture = answer.request.resource_type == "image"
        is_picture = is_picture or answer.headers.get("content-type", "").lower().startswith("image/")
        wanted = is_picture and answer.status < 300 and answer.url.startswith(("http:", "https:"))
        if wanted and len(self._pictures) < MOST_PICTURES:
            self._pictures.setdefault(answer.url)


async def _close_other(page: Page) -> None:
    with contextlib.suppress(PlaywrightError):
        await page.close()
