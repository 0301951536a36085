"""One answer of a server, put together from its bytes within bounds: headers, chunks, length and what frames them.

What frames a body must stay in proportion to what it carries: a chunk of one byte costs six on the wire and as much of
the event loop as one of 64 kB. So a connection that sends heads or crumbs is read by small spoonfuls, and an answer of
very many chunks, or with more framing than body, is given up.
"""

from dataclasses import dataclass

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from crawler.refusals import BadResponse, HeadersTooLong, TooLarge, TooManyChunks

HEADER_BYTES = 64 * 1024
"""Of one answer's headers, interim answers included."""
MOST_CHUNKS = 20_000
"""Chunks of one answer: 8 MB in pieces of 400 bytes."""
FRAMING_BYTES = 1024 * 1024
"""What may come after the headers besides the body: sizes of chunks, their extensions, trailers."""
READ_BYTES = 16 * 1024
"""Read at once while lines are parsed; more of very short ones is not what one turn of the loop may cost."""
BODY_READ_BYTES = 128 * 1024
"""Read at once from a body whose length was said: nothing is parsed in it."""
CRUMBS_BYTES = 2 * 1024
"""Read at once where the last read held more than CRUMBS chunks."""
CRUMBS = 64

_BODILESS = (204, 304)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; `whole` says that the body did not end before its length or its last chunk."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    whole: bool = True


class AnswerReader:
    """Reads one answer; `most` is how long its body may be, `bodiless` says that the question was a HEAD.

    Raises HeadersTooLong, TooManyChunks, TooLarge and BadResponse (what came is not HTTP), from `feed` and `end`.
    """

    def __init__(self, most: int, *, bodiless: bool = False) -> None:
        self.complete = False
        self._most, self._bodiless = most, bodiless
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []
        self._head = self._after = self._size = self._chunks = self._last_chunks = 0
        self._in_head, self._interim, self._until_end, self._chunked = True, False, False, False
        self._keeps_open = self._excess = self._too_large = False
        self._parser = HttpResponseParser(self)
        # What browsers forgive servers; none of it matters where nobody else reads the same connection.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_chunked_length=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )

    @property
    def begun(self) -> bool:
        """Whether anything came."""
        return self._head > 0

    @property
    def read_at_once(self) -> int:
        """How many bytes to read from the connection the next time."""
        if self._in_head or self._chunked:
            return CRUMBS_BYTES if self._last_chunks > CRUMBS else READ_BYTES
        return BODY_READ_BYTES

    @property
    def keeps_open(self) -> bool:
        """Whether the server waits for the next question on the same connection."""
        return self._keeps_open and not self._excess

    def feed(self, data: "bytes | memoryview") -> None:
        """Take what came; raises where it goes over a bound."""
        if self._in_head:
            self._head += len(data)
        else:
            self._after += len(data)
        before = self._chunks
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as error:
            raise BadResponse from error
        except HttpParserError as error:
            if self.complete:  # what follows an answer is not part of it
                self._excess = True
                return
            raise BadResponse from error
        self._last_chunks = self._chunks - before
        self._check()

    def _check(self) -> None:
        if self._in_head and self._head > HEADER_BYTES:
            raise HeadersTooLong
        if self._too_large:
            raise TooLarge
        if self._chunks > MOST_CHUNKS or self._after - self._size > FRAMING_BYTES:
            raise TooManyChunks

    def end(self, *, clean: bool = True) -> None:
        """The server closed the connection, or it broke; raises BadResponse where no whole head had come."""
        if self._in_head:
            raise BadResponse
        self.complete = self.complete or (self._until_end and clean)

    def answer(self) -> Answer:
        """Return what came."""
        return Answer(self._status, self._headers, b"".join(self._pieces), self.complete)

    # -- what the parser tells ---------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A further answer that nobody asked for makes the connection useless."""
        self._excess = self._excess or self.complete

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; trailers and what follows the answer are dropped."""
        if self._in_head:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Drop an interim answer, or look at how the body is framed."""
        if self.complete:
            return
        self._status = self._parser.get_status_code()
        self._interim = self._status < 200
        if self._interim:
            self._headers.clear()
            return
        self._in_head = False
        named = {name.lower(): value for name, value in self._headers}
        length = named.get(b"content-length")
        self._chunked = b"transfer-encoding" in named
        self._until_end = length is None and not self._chunked and self._status not in _BODILESS
        if self._bodiless:
            self.complete = True
        elif length is not None and length.isdigit() and self._status not in _BODILESS:
            self._too_large = int(length[:20]) > self._most

    def on_body(self, piece: bytes) -> None:
        """Keep a piece of the body."""
        if self.complete or self._too_large:
            return
        self._pieces.append(piece)
        self._size += len(piece)
        self._too_large = self._size > self._most

    def on_chunk_header(self) -> None:
        """Count a chunk."""
        self._chunks += 1

    def on_message_complete(self) -> None:
        """The answer, or an interim one, is at its end."""
        if self._interim or self.complete:
            self._interim = False
            return
        self.complete = True
        self._keeps_open = self._parser.should_keep_alive()
