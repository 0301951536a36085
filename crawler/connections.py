"""HTTP/1.1 over connections of ours: dialled past the address guard, bounded, kept a few seconds for more questions.

Twisted's client took half of the crawl's time; here a library parses (llhttp), asyncio carries, and what is ours are
the bounds (`crawler.framing`) and the guard (`egress.dial`).
"""

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from crawler.framing import BODY_READ_BYTES, READ_BYTES, Answer, AnswerReader
from egress.dial import dial_checked

KEPT_S = 10.0
"""Seconds for which a connection waits for another question; then it is closed."""
MOST_KEPT = 64
"""Connections kept at once, of all sites together."""


class Question(NamedTuple):
    """What is asked of whom: the bytes of an HTTP/1.1 request, and how long the answer's body may be."""

    scheme: str
    host: str
    port: int
    request: bytes
    most: int
    bodiless: bool = False


class Unanswered(ConnectionError):
    """The server closed the connection before it said anything."""


class Connection(asyncio.BufferedProtocol):
    """One connection to one server; one question at a time."""

    def __init__(self) -> None:
        self.kept_at = 0.0
        self._transport: asyncio.Transport | None = None
        self._reader: AnswerReader | None = None
        self._answered: asyncio.Future[Answer] | None = None
        self._view = memoryview(bytearray(BODY_READ_BYTES))
        self._at_once = READ_BYTES

    async def ask(self, question: Question) -> Answer:
        """Return the answer; raises OSError and what AnswerReader raises. Cancelling it ends the connection."""
        if self._transport is None:
            raise Unanswered
        self._reader = AnswerReader(question.most, bodiless=question.bodiless)
        self._at_once = READ_BYTES
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(question.request)
        try:
            return await self._answered
        except BaseException:
            self.close()
            raise
        finally:
            self._reader = self._answered = None

    @property
    def is_open(self) -> bool:
        """Whether another question can be asked."""
        return self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    # -- what asyncio tells --------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's interface
        """Say where, and how much, to read at once."""
        return self._view[: self._at_once]

    def buffer_updated(self, nbytes: int) -> None:
        """Feed the answer; whoever speaks unasked is hung up on."""
        reader, answered = self._reader, self._answered
        if reader is None or answered is None or answered.done():
            self.close()
            return
        try:
            reader.feed(self._view[:nbytes])
        except Exception as error:  # noqa: BLE001 - whoever asked is told, and the connection ends
            answered.set_exception(error)
            return
        self._at_once = reader.read_at_once
        if reader.complete:
            answered.set_result(reader.answer())
            if not reader.keeps_open:
                self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give what came, or say that nothing did."""
        self._transport = None
        reader, answered = self._reader, self._answered
        if reader is None or answered is None or answered.done():
            return
        if not reader.begun:
            answered.set_exception(exc if isinstance(exc, OSError) else Unanswered())
            return
        try:
            reader.end(clean=exc is None)
        except Exception as error:  # noqa: BLE001 - whoever asked is told
            answered.set_exception(error)
        else:
            answered.set_result(reader.answer())


class Connections:
    """The open connections of a crawl, by scheme, host and port."""

    def __init__(self, allows_loopback: Callable[[], bool]) -> None:
        self._allows_loopback = allows_loopback
        self._kept: dict[tuple[str, str, int], deque[Connection]] = {}
        self._timer: asyncio.TimerHandle | None = None

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """What certificates are checked by; reading the machine's authorities takes 20 ms, and http needs none."""
        return ssl.create_default_context()

    async def ask(self, question: Question) -> Answer:
        """Ask over a kept connection or a new one; raises Refused, OSError, ssl.SSLError and as AnswerReader."""
        while (kept := self._take(question)) is not None:
            try:
                return self._given_back(question, kept, await kept.ask(question))
            except (Unanswered, ConnectionResetError, BrokenPipeError):
                continue  # closed by the server while it was kept: not the answer to this question
        made = await self._dial(question)
        return self._given_back(question, made, await made.ask(question))

    async def _dial(self, question: Question) -> Connection:
        loopback = self._allows_loopback()
        dialled = await dial_checked(question.host, question.port, allow_loopback=loopback)
        secure = question.scheme == "https"
        try:
            _, made = await asyncio.get_running_loop().create_connection(
                Connection,
                sock=dialled,
                ssl=self._tls if secure else None,
                server_hostname=question.host if secure else None,
            )
        except BaseException:
            dialled.close()
            raise
        return made

    def _take(self, question: Question) -> Connection | None:
        kept = self._kept.get(question[:3])
        while kept:
            one = kept.pop()
            if not kept:
                del self._kept[question[:3]]
            if one.is_open and time.monotonic() - one.kept_at < KEPT_S:
                return one
            one.close()
        return None

    def _given_back(self, question: Question, one: Connection, answer: Answer) -> Answer:
        """Keep the connection, if the server does, and no more than MOST_KEPT of them."""
        if one.is_open:
            one.kept_at = time.monotonic()
            self._kept.setdefault(question[:3], deque()).append(one)
            if sum(map(len, self._kept.values())) > MOST_KEPT:
                self._drop_oldest()
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(KEPT_S, self._close_late)
        return answer

    def _drop_oldest(self) -> None:
        origin = min(self._kept, key=lambda each: self._kept[each][0].kept_at)
        self._kept[origin].popleft().close()
        if not self._kept[origin]:
            del self._kept[origin]

    def _close_late(self) -> None:
        """Close what waited too long, and come back when the time of the oldest that is left is over."""
        now = time.monotonic()
        while self._kept and (left_s := KEPT_S - (now - min(each[0].kept_at for each in self._kept.values()))) <= 0:
            self._drop_oldest()
        # A little late on purpose: connections kept one after the other then go together.
        self._timer = asyncio.get_running_loop().call_later(left_s + 0.1, self._close_late) if self._kept else None

    def close(self) -> None:
        """End all connections that are kept."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for kept in self._kept.values():
            for one in kept:
                one.close()
        self._kept.clear()
