"""Bounds on how a server cuts its answer into pieces: the cost of framing must stay in proportion to what it carries.

A chunk of one byte costs six bytes on the wire and as much of the event loop as one of 64 kB: 16 kB of them held up
the loop for 80 ms, every other site with it. So pieces are gathered before they are handed on, a connection that
sends crumbs is read by small spoonfuls, and an answer of very many chunks is given up.
"""

from collections.abc import Callable
from typing import Any

from twisted.web.http import _ChunkedTransferDecoder

from crawler.refusals import TooManyChunks

MOST_CHUNKS = 20_000
"""Chunks of one answer: 8 MB in pieces of 400 bytes. All of them together cost about 0.2 s."""
READ_BYTES = 16 * 1024
"""Read at once from a connection; Twisted's 64 kB of very short lines or chunks are more than one turn may cost."""
CRUMBS_BYTES = 2 * 1024
"""Read at once where the last read held more than CRUMBS chunks."""
CRUMBS = 64


class GatheringDecoder(_ChunkedTransferDecoder):
    """Decodes chunked bodies; hands on what came in one read as one piece."""

    def __init__(self, hand_on: Callable[[bytes], None], finished: Callable[[bytes], None]) -> None:
        self._hand_on, self._finished = hand_on, finished
        self._gathered: list[bytes] = []
        self.chunks = self.last_chunks = 0
        super().__init__(self._gather, self._finish)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's interface
        """Decode one read; raise TooManyChunks over the bound."""
        before = self.chunks
        super().dataReceived(data)
        self.last_chunks = self.chunks - before
        self._flush()
        if self.chunks > MOST_CHUNKS:
            raise TooManyChunks

    def _gather(self, piece: bytes) -> None:
        self.chunks += 1
        self._gathered.append(piece)

    def _finish(self, rest: bytes) -> None:
        self._flush()
        self._finished(rest)

    def _flush(self) -> None:
        if self._gathered:
            whole = b"".join(self._gathered)
            self._gathered.clear()
            self._hand_on(whole)


def read_at_once(transport: Any, size: int) -> None:
    """Set how many bytes are read from a connection in one turn of the loop; under TLS it is the one below that counts.

    Twisted has no public door for this: `bufferSize` is what its TCP connections ask the socket for.
    """
    while transport is not None and not hasattr(transport, "bufferSize"):
        transport = getattr(transport, "transport", None)
    if transport is not None:
        transport.bufferSize = size
