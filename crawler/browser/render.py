"""Show a page in Chromium and read what became of it: the finished markup, and every picture that was loaded.

Every wait ends: one page has PAGE_S seconds, then the browser's whole process group is killed and the next page gets
a new one. No download, popup, service worker, dialog, screenshot or disk cache. Pictures that a script drew on a canvas
or made of bytes it computed are read out of the page and travel in its markup, in memory only.
"""

import asyncio
import contextlib
import os
import secrets
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, TypeAlias

from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Page, Playwright, Request, Response, Route, async_playwright
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from crawler.browser.process import end_group
from crawler.browser.proxy import Dial, EgressProxy, public_dial
from crawler.errors import CrawlerError

PAGE_S = 30.0
START_S = 30.0
CLOSE_S = 5.0
GOTO_MS = 15_000
LOAD_MS = 8_000
QUIET_S = 2.5
REST_S = 0.3
TICK_S = 0.1
SCREENS = 12
PAGES_A_BROWSER = 50
TRIES = 3
"""How often a page is shown anew when the browser itself ended under it: killed, out of memory, crashed."""
MOST_PICTURES = 500
MOST_CHARACTERS = 8_000_000
MOST_FRAMES = 8
SMALLEST_DRAWN, LARGEST_DRAWN = 64, 1280
"""Pixels of a canvas or blob picture: smaller ones are icons, larger ones are made smaller."""
NOT_LOADED = frozenset(("media", "font", "texttrack", "manifest"))
"""Kinds of requests that can bring no picture: refused to save the site's traffic and ours."""

ARGUMENTS = (
    # Names are resolved by our proxy only: Chromium itself can reach one address, the proxy's.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--proxy-bypass-list=<-loopback>",
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--dns-prefetch-disable",
    "--no-pings",
    "--disable-background-networking",
    "--disable-component-update",
    # In spite of these switches, Chromium asks its maker for updates and for its sign-in page: measured with 156.
    # Port 9 is one that Chromium never dials.
    "--component-updater=url-source=http://127.0.0.1:9/",
    "--gaia-url=http://127.0.0.1:9/",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--mute-audio",
    "--disable-gpu",
    # Nothing of a page is kept on disk: contexts are private, and these two close what is left.
    "--disk-cache-size=1",
    "--media-cache-size=1",
    "--js-flags=--max-old-space-size=512",
)

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


ENDED = ("render-crashed", "browser-does-not-start")
"""Reasons that say as much about the machine as about the page."""


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


class Browser:
    """One Chromium, one page at a time, started when first needed and replaced before it grows old."""

    def __init__(
        self,
        chromium: Path,
        *,
        user_agent: str = "",
        dial: Dial = public_dial,
        page_s: float = PAGE_S,
        refusal: Refusal | None = None,
    ) -> None:
        self._path = chromium
        self._user_agent = user_agent
        self._page_s = page_s
        self._refusal = refusal
        self._proxy = EgressProxy(dial)
        self._turn = asyncio.Lock()
        self._playwright: Playwright | None = None
        self._chromium: Chromium | None = None
        self._mark = ""
        self._shown = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def render(self, address: str) -> Rendered:
        """Show one page and return what became of it; raise NotRendered."""
        async with self._turn:
            for left in reversed(range(TRIES)):
                try:
                    return await self._rendered(address)
                except NotRendered as error:
                    if error.reason not in ENDED or not left:
                        raise
        raise NotRendered("render-crashed")

    async def _rendered(self, address: str) -> Rendered:
        chromium = await self._started()
        self._proxy.next_page()
        before = self._proxy.refusals.copy()
        try:
            async with asyncio.timeout(self._page_s):
                shown = await self._shown_in(chromium, address)
        except TimeoutError as error:
            await self._kill()
            raise NotRendered("render-timeout") from error
        except PlaywrightError as error:
            await self._kill()
            raise NotRendered(_reason(error)) from error
        refusals = self._proxy.refusals - before + Counter(shown.refusals)
        return Rendered(shown.html, shown.pictures, shown.left_for, dict(refusals))

    async def close(self) -> None:
        """End the browser, the driver and the proxy."""
        await self._kill()
        if self._playwright is not None:
            await self._stop_driver()
            await self._proxy.close()

    async def _stop_driver(self) -> None:
        playwright, self._playwright = self._playwright, None
        if playwright is not None:
            # Playwright raises a bare Exception where its driver was killed: there is nothing left to stop then.
            with contextlib.suppress(Exception):
                await asyncio.wait_for(playwright.stop(), CLOSE_S)

    async def _shown_in(self, chromium: Chromium, address: str) -> Rendered:
        self._shown += 1
        context = await chromium.new_context(
            accept_downloads=False,
            service_workers="block",
            user_agent=self._user_agent or None,
            viewport={"width": 1280, "height": 1600},
        )
        try:
            found = await Visit(context, self._refusal).look(address)
        except NotRendered:
            await context.close()
            raise
        await context.close()
        return found

    async def _started(self) -> Chromium:
        if self._chromium is not None and (self._shown >= PAGES_A_BROWSER or not self._chromium.is_connected()):
            await self._kill()
        if self._chromium is None:
            try:
                async with asyncio.timeout(START_S):
                    self._chromium = await self._launch()
            except (PlaywrightError, TimeoutError, OSError) as error:
                await self._kill()
                await self._stop_driver()
                raise NotRendered("browser-does-not-start") from error
        return self._chromium

    async def _launch(self) -> Chromium:
        if self._playwright is None:
            if not self._proxy.listening:
                await self._proxy.start()
            self._playwright = await async_playwright().start()
        self._mark = f"--watchlight-browser={secrets.token_hex(8)}"
        self._shown = 0
        return await self._playwright.chromium.launch(
            executable_path=self._path,
            args=[*ARGUMENTS, self._mark],
            proxy={"server": self._proxy.address, "bypass": "<-loopback>"},
            # Chromium's own sandbox cannot start as root; every other user gets it.
            chromium_sandbox=not _is_root(),
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )

    async def _kill(self) -> None:
        """Close politely for a moment, then end the process group whatever state it is in."""
        chromium, self._chromium = self._chromium, None
        if chromium is not None:
            with contextlib.suppress(PlaywrightError, TimeoutError):
                await asyncio.wait_for(chromium.close(), CLOSE_S)
        if self._mark:
            await asyncio.to_thread(end_group, self._mark)
            self._mark = ""


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


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _reason(error: PlaywrightError) -> str:
    words = error.message
    if "Timeout" in words:
        return "render-timeout"
    if "net::ERR" in words:
        return "render-unreachable"
    return "render-crashed"
