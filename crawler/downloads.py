"""The download handler: asks over bounded connections of ours, with an end to how much is in the air at once."""

import asyncio
import re
from collections.abc import Callable
from functools import partial
from typing import Self
from urllib.parse import urlsplit

from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, DownloadTimeoutError, ResponseDataLossError
from scrapy.http import Headers, Request, Response
from scrapy.responsetypes import responsetypes

from crawler.connections import Connections, Question
from crawler.framing import Answer
from crawler.middlewares.addresses import guard
from crawler.refusals import NotFetched
from crawler.sites import site_of
from egress.addresses import host_of, port_of
from egress.dial import Refused

AT_A_SITE = 4
"""Transfers at once from one registrable domain, by all crawls of this process and for pages and pictures together."""
AT_ONCE = 24
"""Transfers of this process at once: with 16 MiB bodies this bounds memory, whatever the number of hosts."""

_BREAKS = re.compile(rb"[\r\n\0]")


class SiteTurns:
    """Who is at a site now, and who waits for a place; a site nobody is at is forgotten."""

    def __init__(self, at_once: int = AT_A_SITE) -> None:
        self._at_once = at_once
        self._sites: dict[str, _Places] = {}

    def of(self, site: str) -> "_Places":
        """Wait for a place at the site and keep it for the time of the context (`async with`)."""
        places = self._sites.get(site)
        if places is None:
            places = self._sites[site] = _Places(self._at_once, partial(self._sites.pop, site, None))
        return places


class _Places:
    """The places at one site; every transfer passes here twice, so it is no more than a semaphore that counts."""

    __slots__ = ("_forget", "_here", "_turn")

    def __init__(self, at_once: int, forget: Callable[[], object]) -> None:
        self._turn, self._here, self._forget = asyncio.Semaphore(at_once), 0, forget

    async def __aenter__(self) -> None:
        self._here += 1
        try:
            await self._turn.acquire()
        except BaseException:
            self._leave()
            raise

    async def __aexit__(self, *_why: object) -> None:
        self._turn.release()
        self._leave()

    def _leave(self) -> None:
        self._here -= 1
        if not self._here:
            self._forget()


site_turns = SiteTurns()


class BoundedHTTPHandler:
    """The download handler for http and https."""

    lazy = False
    _turns: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}  # noqa: RUF012 - shared by all crawls on purpose

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self._most_bytes = settings.getint("DOWNLOAD_MAXSIZE")
        self._timeout_s = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._refuses_cut = settings.getbool("DOWNLOAD_FAIL_ON_DATALOSS")
        self._connections = Connections(lambda: guard.allow_loopback)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the handler."""
        return cls(crawler)

    async def download_request(self, request: Request) -> Response:
        """Fetch when it is this transfer's turn; raises what `crawler.refusals` has a name for."""
        loop = asyncio.get_running_loop()
        everybody = self._turns.setdefault(loop, asyncio.Semaphore(AT_ONCE))
        async with site_turns.of(site_of(request.url)), everybody:
            answer = await self._asked(request)
        if not answer.whole and request.meta.get("download_fail_on_dataloss", self._refuses_cut):
            raise ResponseDataLossError
        return _response(request, answer)

    async def _asked(self, request: Request) -> Answer:
        most = int(request.meta.get("download_maxsize", self._most_bytes))
        patience_s = float(request.meta.get("download_timeout", self._timeout_s))
        try:
            async with asyncio.timeout(patience_s):
                return await self._connections.ask(_question(request, most))
        except TimeoutError as error:
            raise DownloadTimeoutError from error
        except Refused as error:
            if error.reason == "unresolved":
                raise CannotResolveHostError from error
            raise NotFetched(f"address-{error.reason}") from error

    async def close(self) -> None:
        """End the connections that are kept."""
        self._connections.close()


def _question(request: Request, most: int) -> Question:
    """Return the request as it goes over the wire."""
    parts = urlsplit(request.url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    lines = [f"{request.method} {target} HTTP/1.1\r\nHost: {parts.netloc}".encode("ascii")]
    values = [(name, value) for name, several in request.headers.items() for value in several]
    if request.body:
        values.append((b"Content-Length", b"%d" % len(request.body)))
    if any(_BREAKS.search(value) for _, value in values):
        raise ValueError("A header's value must not hold a line break.")
    lines += (name + b": " + value for name, value in values)
    return Question(
        parts.scheme,
        host_of(request.url),
        port_of(request.url),
        b"\r\n".join(lines) + b"\r\n\r\n" + request.body,
        most,
        bodiless=request.method == "HEAD",
    )


def _response(request: Request, answer: Answer) -> Response:
    headers = Headers(answer.headers)
    is_picture = (headers.get("Content-Type") or b"").startswith(b"image/")
    kind = Response if is_picture else responsetypes.from_args(headers=headers, url=request.url, body=answer.body)
    response = kind(
        url=request.url,
        status=answer.status,
        body=answer.body,
        flags=None if answer.whole else ["dataloss"],
        protocol="HTTP/1.1",
    )
    response.headers = headers  # given to the constructor, they would be copied one by one
    return response
