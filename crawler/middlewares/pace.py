"""Pace: one rhythm per site for all requests, slower when the site asks for it, never faster.

A site is a registrable domain (example.co.kr with all its hosts); for numeric addresses it is host:port.
`delay_s` of the target and Crawl-delay of robots.txt set the least pause between two requests; 429 and 503 with
or without Retry-After set a time before which nobody asks again.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Self

from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from sqlalchemy import make_url

from crawler import metrics
from crawler.fleet.connection import names
from crawler.pacing import OwnPace, Pace
from crawler.refusals import Later
from crawler.shared_turns import StorePace
from crawler.sites import site_of
from crawler.spiders.base import ROLE
from matchers.home import home

TURN = "watchlight_turn"
PICTURE_SHARE = 0.25
"""A page's pictures follow each other faster than pages do, as in a browser; Crawl-delay still binds them."""


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


def turns_of(crawl_database: str) -> Path | None:
    """Return the file by which the processes of one store on this machine keep one pace; None for one in memory.

    It lies beside a SQLite file; for PostgreSQL in the data folder, named by a digest of the server and the database.
    """
    url = make_url(crawl_database)
    if url.get_backend_name() == "sqlite":
        return None if not url.database or url.database == ":memory:" else Path(f"{url.database}-pace")
    where = f"{url.host}:{url.port}/{url.database}".encode()
    return home() / f"crawl-{sha256(where).hexdigest()[:12]}-pace"


@cache
def shared_pace(valkey: str, crawl_database: str) -> Pace:
    """Return the pace this process shares with all of its store (by a file) or of its fleet (by Valkey)."""
    if not valkey:
        file = turns_of(crawl_database)
        return OwnPace() if file is None else StorePace(file)
    from crawler.fleet.pace import FleetPace
    from crawler.store import shared_store

    return FleetPace(valkey, names(shared_store(crawl_database).engine))


def pace_of(crawler: Crawler) -> Pace:
    """Return the pace a crawl keeps."""
    settings = crawler.settings
    return shared_pace(str(settings.get("VALKEY_URL", "")), str(settings.get("CRAWL_DATABASE_URL")))


class KeepPace:
    """Downloader middleware: every request waits for its turn; answers that ask for patience are heeded."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.pace = pace_of(crawler)

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
        with metrics.pace_seconds.time():
            request.meta[TURN] = await self.pace.turn(site_of(request.url), delay, self._stopping)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Heed 429 and 503."""
        await self._done(request)
        site = site_of(request.url)
        if response.status in (429, 503):
            wait = await self.pace.asked_to_wait(site, retry_after(response.headers.get("Retry-After")))
            if request.meta.get(ROLE) != "robots":
                raise Later(f"http-{response.status}", datetime.now(UTC) + timedelta(seconds=max(wait, 1.0)))
        else:
            await self.pace.answered(site)
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:  # noqa: ARG002 - Scrapy's interface
        """A request that failed is done, too."""
        await self._done(request)

    async def _done(self, request: Request) -> None:
        turn = request.meta.pop(TURN, None)
        if turn is not None:
            await self.pace.done(turn)
