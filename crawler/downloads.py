"""The HTTP handler: Scrapy's own, with an end to headers and framing, and to how much is in the air at once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Self

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from crawler.framing import CRUMBS, CRUMBS_BYTES, READ_BYTES, GatheringDecoder, read_at_once
from crawler.middlewares.pace import site_of
from crawler.refusals import HeadersTooLong

HEADER_BYTES = 64 * 1024
AT_A_SITE = 4
"""Transfers at once from one registrable domain, by all crawls of this process and for pages and pictures together."""
AT_ONCE = 24
"""Transfers of this process at once: with 16 MiB bodies this bounds memory, whatever the number of hosts."""

_HEADER_STATES = ("STATUS", "HEADER")


class BoundedProtocol(_LenientHTTP11ClientProtocol):
    """Ends the connection when a response's headers, interim responses included, exceed HEADER_BYTES, or its chunks
    MOST_CHUNKS.

    DOWNLOAD_MAXSIZE covers the body only: an endless header took 555 MB before (EVIDENCE: 76 MB with a bound).
    """

    _header_bytes = 0
    _reads = 0

    def request(self, request: Any) -> Any:
        """Count afresh for each request of a kept connection."""
        self._header_bytes = 0
        asked = super().request(request)
        if self._parser is not None:
            self._parser._transferDecoders = {b"chunked": GatheringDecoder}  # type: ignore[dict-item]
            self._read(READ_BYTES)
        return asked

    def dataReceived(self, bytes: bytes) -> None:  # noqa: N802 - Twisted's interface
        """Feed the parser; give up on a server that does not stop sending headers."""
        if self._parser is not None and getattr(self._parser, "state", "") in _HEADER_STATES:
            self._header_bytes += len(bytes)
            if self._header_bytes > HEADER_BYTES + 2**16:
                self._giveUp(Failure(HeadersTooLong()))  # type: ignore[no-untyped-call]
                return
        super().dataReceived(bytes)  # type: ignore[no-untyped-call]
        decoder = getattr(self._parser, "bodyDecoder", None)
        if isinstance(decoder, GatheringDecoder) and decoder.last_chunks > CRUMBS:
            self._read(CRUMBS_BYTES)

    def _read(self, size: int) -> None:
        if size != self._reads:
            self._reads = size
            read_at_once(self.transport, size)


class _BoundedFactory(_LenientHTTP11ClientFactory):
    noisy = False

    def buildProtocol(self, addr: Any) -> BoundedProtocol:  # noqa: N802, ARG002 - Twisted's interface
        return BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class SiteTurns:
    """Who is at a site now, and who waits for a place; a site nobody is at is forgotten."""

    def __init__(self, at_once: int = AT_A_SITE) -> None:
        self._at_once = at_once
        self._sites: dict[str, tuple[asyncio.Semaphore, list[None]]] = {}

    @contextlib.asynccontextmanager
    async def of(self, site: str) -> AsyncIterator[None]:
        """Wait for a place at the site and keep it for the time of the context."""
        turn, here = self._sites.setdefault(site, (asyncio.Semaphore(self._at_once), []))
        here.append(None)
        try:
            async with turn:
                yield
        finally:
            here.pop()
            if not here:
                self._sites.pop(site, None)


site_turns = SiteTurns()


class BoundedHTTPHandler(HTTP11DownloadHandler):
    """The download handler for http and https."""

    lazy = False
    _turns: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}  # noqa: RUF012 - shared by all crawls on purpose

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _BoundedFactory

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the handler."""
        return cls(crawler)

    async def download_request(self, request: Request) -> Response:
        """Fetch when it is this transfer's turn."""
        loop = asyncio.get_running_loop()
        everybody = self._turns.setdefault(loop, asyncio.Semaphore(AT_ONCE))
        async with site_turns.of(site_of(request.url)), everybody:
            return await super().download_request(request)
