"""The HTTP handler: Scrapy's own, with an end to response headers and to how much is in the air at once."""

import asyncio
from typing import Any, Self

from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from crawler.refusals import HeadersTooLong

HEADER_BYTES = 64 * 1024
AT_ONCE = 24
"""Transfers of this process at once: with 16 MiB bodies this bounds memory, whatever the number of hosts."""

_HEADER_STATES = ("STATUS", "HEADER")


class BoundedHeadersProtocol(_LenientHTTP11ClientProtocol):
    """Ends the connection when a response's headers, interim responses included, exceed HEADER_BYTES.

    DOWNLOAD_MAXSIZE covers the body only: an endless header took 555 MB before (EVIDENCE: 76 MB with a bound).
    """

    _header_bytes = 0

    def request(self, request: Any) -> Any:
        """Count afresh for each request of a kept connection."""
        self._header_bytes = 0
        return super().request(request)

    def dataReceived(self, bytes: bytes) -> None:  # noqa: N802, A002 - Twisted's interface
        """Feed the parser; give up on a server that does not stop sending headers."""
        if self._parser is not None and getattr(self._parser, "state", "") in _HEADER_STATES:
            self._header_bytes += len(bytes)
            if self._header_bytes > HEADER_BYTES + 2**16:
                self._giveUp(Failure(HeadersTooLong()))
                return
        super().dataReceived(bytes)


class _BoundedFactory(_LenientHTTP11ClientFactory):
    noisy = False

    def buildProtocol(self, addr: Any) -> BoundedHeadersProtocol:  # noqa: N802 - Twisted's interface
        return BoundedHeadersProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


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
        async with self._turns.setdefault(loop, asyncio.Semaphore(AT_ONCE)):
            return await super().download_request(request)
