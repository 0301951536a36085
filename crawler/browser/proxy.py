"""The only way out for the browser: a proxy of our own on loopback that dials public addresses and nothing else.

Playwright's route() never sees redirects, prefetches and half of what a page can start (EVIDENCE: 28 of 231 hostile
requests got past it). Chromium is started so that it neither resolves names nor connects anywhere but here; each
CONNECT and each plain request is dialled through the same check as everything else that leaves the house.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeAlias

import ada_url

from egress.addresses import loopback_allowed
from egress.dial import Refused, open_checked

Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial: TypeAlias = Callable[[str, int], Awaitable[Streams]]
"""host, port -> an open connection; raises Refused or OSError."""

HEAD_BYTES = 65_536
HEAD_S = 30.0
IDLE_S = 60.0
PAGE_BYTES = 100_000_000
"""What one rendered page may load in all; then its connections are cut."""
CHUNK = 65_536
HOP_BY_HOP = (b"proxy-connection:", b"proxy-authorization:", b"connection:", b"keep-alive:")


async def public_dial(host: str, port: int) -> Streams:
    """Dial public addresses only (and loopback where the operator opened it for tests or the demo)."""
    return await open_checked(host, port, allow_loopback=loopback_allowed())


class EgressProxy:
    """An HTTP proxy on a loopback port; `refusals` counts by reason what pages wanted and did not get."""

    def __init__(self, dial: Dial = public_dial, page_bytes: int = PAGE_BYTES) -> None:
        self._dial = dial
        self._page_bytes = page_bytes
        self._left = page_bytes
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.refusals: Counter[str] = Counter()

    @property
    def address(self) -> str:
        """Where the browser finds the proxy."""
        if self._server is None:
            raise RuntimeError("the proxy has not been started")
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    @property
    def listening(self) -> bool:
        """Whether it was started and not closed again."""
        return self._server is not None and self._server.is_serving()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Listen on a free port of loopback."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=HEAD_BYTES)

    async def close(self) -> None:
        """Stop listening and cut what is open."""
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def next_page(self) -> None:
        """Give the next page a full byte budget."""
        self._left = self._page_bytes

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            self.refusals["broken-connection"] += 1
        except asyncio.CancelledError:
            pass  # close() ends us; asyncio would log a cancelled handler as an error
        finally:
            self._open.discard(task)
            await _shut(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(HEAD_S):
            head = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        wanted = rest.rpartition(" ")[0]
        host, port, path = _tunnel(wanted) if method == "CONNECT" else _plain(wanted)
        try:
            outside = await self._dial(host, port)
        except (Refused, OSError, TimeoutError) as error:
            self.refusals[getattr(error, "reason", "unreachable")] += 1
            writer.write(b"HTTP/1.1 403 Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        try:
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            else:
                outside[1].write(_rewritten(f"{method} {path} HTTP/1.1", head))
                writer.write(await self._answer_head(outside[0]))
            await self._relay((reader, writer), outside)
        finally:
            await _shut(outside[1])

    async def _answer_head(self, outside: asyncio.StreamReader) -> bytes:
        """One request for each connection: the answer says so, or Chromium would send others' requests down here."""
        async with asyncio.timeout(HEAD_S):
            head = await outside.readuntil(b"\r\n\r\n")
        status = head.partition(b"\r\n")[0].decode("latin-1")
        return _rewritten(status, head)

    async def _relay(self, inside: Streams, outside: Streams) -> None:
        up = asyncio.create_task(self._copy(inside[0], outside[1]))
        down = asyncio.create_task(self._copy(outside[0], inside[1]))
        try:
            await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
            if not down.done():
                await asyncio.wait((down,), timeout=IDLE_S)
        finally:
            up.cancel()
            down.cancel()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while True:
            async with asyncio.timeout(IDLE_S):
                chunk = await source.read(CHUNK)
            if not chunk:
                break
            self._left -= len(chunk)
            if self._left < 0:
                self.refusals["page-too-heavy"] += 1
                break
            sink.write(chunk)
            async with asyncio.timeout(IDLE_S):
                await sink.drain()


def _tunnel(wanted: str) -> tuple[str, int, str]:
    url = ada_url.URL(f"https://{wanted}/")
    return _host(url), int(url.port or 443), ""


def _plain(wanted: str) -> tuple[str, int, str]:
    url = ada_url.URL(wanted)
    if url.protocol != "http:":
        raise ValueError("only http is spoken without a tunnel")
    return _host(url), int(url.port or 80), str(url.pathname) + str(url.search)


def _host(url: ada_url.URL) -> str:
    if not url.hostname:
        raise ValueError("no host")
    return str(url.hostname).strip("[]")


def _rewritten(first_line: str, head: bytes) -> bytes:
    """A head with its first line replaced, without what was meant for the proxy, and closing afterwards."""
    lines = head.split(b"\r\n")[1:-2]
    kept = [line for line in lines if not line.lower().startswith(HOP_BY_HOP)]
    return b"\r\n".join([first_line.encode("latin-1"), *kept, b"Connection: close", b"", b""])


async def _shut(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), 5)
