"""A Chromium that shows one page after the other: started, watched over, replaced and ended.

Every wait ends: one page has PAGE_S seconds, then the browser's whole process group is killed and the next page gets
a new one. No service worker, screenshot or disk cache. What a page shows is read in crawler.browser.visit.
"""

import asyncio
import contextlib
import os
import secrets
import sys
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self

from playwright.async_api import Browser as Chromium
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Playwright, async_playwright

from crawler.browser.process import end_group
from crawler.browser.proxy import Dial, EgressProxy, public_dial
from crawler.browser.visit import NotRendered, Refusal, Rendered, Visit

PAGE_S = 30.0
START_S = 30.0
CLOSE_S = 5.0
PAGES_A_BROWSER = 50
TRIES = 3
"""How often a page is shown anew when the browser itself ended under it: killed, out of memory, crashed."""

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

ENDED = ("render-crashed", "browser-does-not-start")
"""Reasons that say as much about the machine as about the page."""


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


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _reason(error: PlaywrightError) -> str:
    words = error.message
    if "Timeout" in words:
        return "render-timeout"
    if "net::ERR" in words:
        return "render-unreachable"
    return "render-crashed"
