"""Undoing Content-Encoding within bounds: how much comes out, how many layers and members, and never on the event loop.

Scrapy unpacks on the loop, layer after layer for as many as a header names: a body that unpacks to itself, named
"gzip" ten thousand times, or 800,000 empty gzip members held up every other site for seconds.
"""

import asyncio
import sys
import zlib
from collections.abc import Callable, Iterator

import brotli  # it and zstd come with Scrapy, which needs them for the same
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.http import Request, Response
from scrapy.responsetypes import responsetypes

from crawler.refusals import NotFetched

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MOST_LAYERS = 2
MOST_MEMBERS = 64
"""Members of one gzip body or frames of one zstd body; servers send one."""
PIECE = 1 << 18
"""Bytes unpacked in one call; the interpreter is free for others meanwhile."""

_FORMATS = (zlib.error, brotli.error, zstd.ZstdError, EOFError)


def unpack(untrusted: bytes, encodings: list[str], most: int) -> bytes:
    """Return the body without its `encodings` (in the order they were applied), `most` bytes at most.

    Raises NotFetched: "too-large", "too-many-encodings", "bad-encoding" (damaged). A name nobody knows ("utf-8",
    "none") is taken for a slip, as browsers do. A body that was cut short gives what came; that it was cut short is
    said by its length or framing.
    """
    if not set(encodings) <= _BY_NAME.keys():
        return untrusted
    if len(encodings) > MOST_LAYERS:
        raise NotFetched("too-many-encodings")
    body = untrusted
    for name in reversed(encodings):
        try:
            body = _gathered(_BY_NAME[name](body), most)
        except _FORMATS as error:
            raise NotFetched("bad-encoding") from error
    return body


def _gathered(pieces: Iterator[bytes], most: int) -> bytes:
    whole = bytearray()
    for piece in pieces:
        whole += piece
        if len(whole) > most:
            raise NotFetched("too-large")
    return bytes(whole)


def _gzip(packed: bytes) -> Iterator[bytes]:
    for _ in range(MOST_MEMBERS):
        member = zlib.decompressobj(wbits=31)
        yield from _inflated(member, packed)
        packed = member.unused_data
        # What follows the last member is padding or rubbish; browsers leave it, too.
        if not packed.startswith(b"\x1f\x8b"):
            return
    raise NotFetched("too-many-encodings")


def _deflate(packed: bytes) -> Iterator[bytes]:
    """Zlib by the standard; bare deflate is what some servers send."""
    try:
        zlib.decompressobj().decompress(packed[:64], 1)
        bare = False
    except zlib.error:
        bare = True
    yield from _inflated(zlib.decompressobj(wbits=-15 if bare else 15), packed)


def _inflated(member: "zlib._Decompress", packed: bytes) -> Iterator[bytes]:
    yield member.decompress(packed, PIECE)
    while member.unconsumed_tail and not member.eof:
        yield member.decompress(member.unconsumed_tail, PIECE)


def _brotli(packed: bytes) -> Iterator[bytes]:
    unpacking = brotli.Decompressor()
    yield unpacking.process(packed, output_buffer_limit=PIECE)
    while not unpacking.is_finished() and (piece := unpacking.process(b"", output_buffer_limit=PIECE)):
        yield piece


def _zstd(packed: bytes) -> Iterator[bytes]:
    for _ in range(MOST_MEMBERS):
        frame = zstd.ZstdDecompressor()
        yield frame.decompress(packed, max_length=PIECE)
        while not frame.eof and not frame.needs_input:
            yield frame.decompress(b"", max_length=PIECE)
        packed = frame.unused_data if frame.eof else b""
        if not packed:
            return
    raise NotFetched("too-many-encodings")


_BY_NAME: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
    "identity": lambda body: iter((body,)),
}


class Unpacking(HttpCompressionMiddleware):
    """Scrapy's middleware with our bounds, in a thread: zlib, brotli and zstd leave the interpreter to the loop."""

    async def process_response(self, request: Request, response: Response) -> Response:  # type: ignore[override]
        """Unpack a body, or refuse it by name."""
        named = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1").lower()
        encodings = [name.strip() for name in named.split(",") if name.strip()]
        if not encodings:
            return response
        most = int(request.meta.get("download_maxsize", self._max_size))
        body = await asyncio.to_thread(unpack, response.body, encodings, most)
        del response.headers["Content-Encoding"]
        kind = responsetypes.from_args(headers=response.headers, url=response.url, body=body)
        return response.replace(cls=kind, body=body)
