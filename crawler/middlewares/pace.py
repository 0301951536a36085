"""Pace: one rhythm per site for the whole process, slower when the site asks for it, never faster.

A site is a registrable domain (example.co.kr with all its hosts); for numeric addresses it is host:port.
`delay_s` of the target and Crawl-delay of robots.txt set the least pause between two requests; 429 and 503 with
or without Retry-After set a time before which nobody asks again.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Self

import tldextract
from scrapy.crawler import Crawler
from scrapy.http import Request, Response

from crawler.refusals import ASKED_TO_WAIT, Later, Stopping
from crawler.spiders.base import ROLE
from egress.addresses import host_of, port_of, refusal

PICTURE_SHARE = 0.25
"""A page's pictures follow each other faster than pages do, as in a browser; Crawl-delay still binds them."""
RETRY_AFTER_LIMIT_S = 6 * 3600.0
BACK_OFF_S = 30.0
BACK_OFF_LIMIT_S = 900.0
PATIENCE_S = 60.0
TICK_S = 0.5

_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@lru_cache(maxsize=20_000)
def site_of(url: str) -> str:
    """Return the site a URL belongs to, the unit of pace."""
    host = host_of(url)
    if refusal(host) != "not-an-address":
        return f"{host}:{port_of(url)}"
    domain = _suffixes(host).top_domain_under_public_suffix
    return domain or f"{host}:{port_of(url)}"


@dataclass(slots=True)
class Site:
    """The rhythm of one site; times on the monotonic clock, in seconds."""

    next_at: float = 0.0
    not_before: float = 0.0
    crawl_delay_s: float = 0.0
    strikes: int = 0


class Pace:
    """The rhythm of all sites of this process."""

    def __init__(self) -> None:
        self.sites: dict[str, Site] = {}

    def site(self, name: str) -> Site:
        """Return the rhythm of one site."""
        return self.sites.setdefault(name, Site())

    async def turn(self, name: str, delay_s: float, stopping: Callable[[], bool]) -> None:
        """Wait for this request's turn. Raises Later when the site asked for a long pause, Stopping at the end."""
        site = self.site(name)
        mine = max(time.monotonic(), site.next_at, site.not_before)
        site.next_at = mine + max(delay_s, site.crawl_delay_s)
        while True:
            wait = max(mine, site.not_before) - time.monotonic()
            if stopping():
                raise Stopping
            if site.not_before - time.monotonic() > PATIENCE_S:
                raise Later(ASKED_TO_WAIT, datetime.now(UTC) + timedelta(seconds=wait))
            if wait <= 0:
                return
            await asyncio.sleep(min(wait, TICK_S))

    def asked_to_wait(self, name: str, retry_after_s: float | None) -> None:
        """Nobody asks this site again before the time it named, or a pause that doubles each time."""
        site = self.site(name)
        site.strikes += 1
        pause = min(BACK_OFF_S * 2 ** (site.strikes - 1), BACK_OFF_LIMIT_S)
        if retry_after_s is not None:
            pause = min(max(retry_after_s, 1.0), RETRY_AFTER_LIMIT_S)
        site.not_before = max(site.not_before, time.monotonic() + pause)

    def answered(self, name: str) -> None:
        """The site answers normally again."""
        self.site(name).strikes = 0


def retry_after(value: bytes | None) -> float | None:
    """Return the seconds a Retry-After header asks for (a number or a date), or None when it says nothing."""
    text = (value or b"").decode("latin-1").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max((when - datetime.now(UTC)).total_seconds(), 0.0)


shared_pace = Pace()


class KeepPace:
    """Downloader middleware: every request waits for its turn; answers that ask for patience are heeded."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.pace = shared_pace

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware."""
        return cls(crawler)

    def _stopping(self) -> bool:
        return self.crawler.engine is None or not self.crawler.engine.running

    async def process_request(self, request: Request) -> None:
        """Wait for the request's turn."""
        target = getattr(self.crawler.spider, "target", None)
        delay = target.delay_s if target is not None else self.crawler.settings.getfloat("RECHECK_DELAY")
        if request.meta.get(ROLE) in ("picture", "sheet", "robots"):
            delay *= PICTURE_SHARE
        delay = max(delay, getattr(self.crawler.spider, "least_delay_s", 0.0))
        await self.pace.turn(site_of(request.url), delay, self._stopping)

    def process_response(self, request: Request, response: Response) -> Response:
        """Heed 429 and 503."""
        site = site_of(request.url)
        if response.status in (429, 503):
            self.pace.asked_to_wait(site, retry_after(response.headers.get("Retry-After")))
            if request.meta.get(ROLE) != "robots":
                wait = self.pace.site(site).not_before - time.monotonic()
                raise Later(f"http-{response.status}", datetime.now(UTC) + timedelta(seconds=max(wait, 1.0)))
        else:
            self.pace.answered(site)
        return response
