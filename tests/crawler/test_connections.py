"""The crawl's connections: kept for the next question, ended by who gives up, never dialled past the guard."""

import asyncio
import contextlib
import ssl

import pytest

from crawler import connections
from crawler.connections import Connections, Question, Unanswered
from crawler.refusals import BadResponse
from egress.dial import Refused
from tests import certificates

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Last(bytes):
    """An answer after which the server closes the connection."""


class Served:
    """A server on loopback that answers by a function of the number of the question on its connection."""

    def __init__(self, answer):
        self.answer = answer
        self.connections = 0
        self.open = 0
        self.ended = asyncio.Condition()
        self.questions: list[bytes] = []

    async def serve(self, reader, writer):
        self.connections += 1
        self.open += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            for number in range(1000):
                self.questions.append(await reader.readuntil(b"\r\n\r\n"))
                said = self.answer(self.connections, number)
                if said is None:
                    break
                writer.write(said)
                await writer.drain()
                if isinstance(said, Last):
                    break
        writer.close()
        async with self.ended:
            self.open -= 1
            self.ended.notify_all()

    async def until_all_ended(self):
        async with asyncio.timeout(5), self.ended:
            await self.ended.wait_for(lambda: self.open == 0)


@contextlib.asynccontextmanager
async def served(answer, tls=None):
    one = Served(answer)
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0, ssl=tls)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()


@pytest.fixture
async def open_connections():
    made = Connections(lambda: True)
    yield made
    made.close()


def question(port: int, scheme: str = "http", host: str = "127.0.0.1") -> Question:
    return Question(scheme, host, port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1_000_000)


async def test_a_connection_is_kept_for_the_next_question(open_connections):
    async with served(lambda *_: OK) as server:
        for _ in range(5):
            assert (await open_connections.ask(question(server.port))).body == b"ok"
    assert (server.connections, len(server.questions)) == (1, 5)


async def test_questions_at_the_same_time_each_have_a_connection(open_connections):
    async with served(lambda *_: OK) as server:
        answers = await asyncio.gather(*(open_connections.ask(question(server.port)) for _ in range(3)))
    assert [one.body for one in answers] == [b"ok"] * 3
    assert server.connections == 3


async def test_a_kept_connection_that_the_server_closed_meanwhile_costs_nothing(open_connections):
    async with served(lambda connection, number: OK if number == 0 else None) as server:
        for _ in range(3):
            assert (await open_connections.ask(question(server.port))).body == b"ok"
    assert server.connections == 3


async def test_a_connection_that_waited_too_long_is_not_used_again(open_connections, monkeypatch):
    async with served(lambda *_: OK) as server:
        await open_connections.ask(question(server.port))
        monkeypatch.setattr(connections, "KEPT_S", 0.0)
        await open_connections.ask(question(server.port))
    assert server.connections == 2


async def test_a_server_sees_a_connection_close_that_waited_too_long(open_connections, monkeypatch):
    monkeypatch.setattr(connections, "KEPT_S", 0.2)
    async with served(lambda *_: OK) as one, served(lambda *_: OK) as another:
        await asyncio.gather(*(open_connections.ask(question(one.port)) for _ in range(2)))
        await open_connections.ask(question(another.port))
        await one.until_all_ended()
        await another.until_all_ended()
        assert not open_connections._kept
        await open_connections.ask(question(one.port))  # the timer is set again for what is kept next
        await one.until_all_ended()
    assert one.connections == 3


async def test_a_connection_that_was_used_again_waits_from_then_on(open_connections):
    async with served(lambda *_: OK) as server:
        await open_connections.ask(question(server.port))
        (kept,) = next(iter(open_connections._kept.values()))
        kept.kept_at -= connections.KEPT_S - 1
        await open_connections.ask(question(server.port))
        kept.kept_at -= 1
        open_connections._close_late()
        assert (server.connections, server.open, kept.is_open) == (1, 1, True)


async def test_ended_connections_leave_no_timer_behind():
    made = Connections(lambda: True)
    async with served(lambda *_: OK) as server:
        await made.ask(question(server.port))
        timer = made._timer
        made.close()
        await server.until_all_ended()
    assert timer.cancelled()


async def test_no_more_than_so_many_connections_are_kept(open_connections, monkeypatch):
    monkeypatch.setattr(connections, "MOST_KEPT", 2)
    async with served(lambda *_: OK) as server:
        await asyncio.gather(*(open_connections.ask(question(server.port)) for _ in range(5)))
        assert sum(map(len, open_connections._kept.values())) == 2


async def test_a_server_that_goes_on_talking_is_hung_up_on(open_connections):
    async with served(lambda *_: OK + b"HTTP/1.1 200 OK\r\n\r\nfor the next one") as server:
        for _ in range(2):
            assert (await open_connections.ask(question(server.port))).body == b"ok"
    assert server.connections == 2


async def test_a_server_that_talks_before_it_is_asked_answers_nobody(open_connections):
    async with served(lambda connection, number: OK if connection > 1 or number == 0 else None) as server:
        await open_connections.ask(question(server.port))
        (kept,) = next(iter(open_connections._kept.values()))
        kept.buffer_updated(1)
        await asyncio.sleep(0)
        assert not kept.is_open
        assert (await open_connections.ask(question(server.port))).body == b"ok"
    assert server.connections == 2


async def test_a_server_that_closes_without_a_word_is_named(open_connections):
    async with served(lambda *_: None) as server:
        with pytest.raises(Unanswered):
            await open_connections.ask(question(server.port))
    async with served(lambda *_: b"SSH-2.0-x\r\n") as server:
        with pytest.raises(BadResponse):
            await open_connections.ask(question(server.port))


async def test_giving_up_on_an_answer_ends_its_connection(open_connections):
    ended = asyncio.Event()

    async def slow(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")
        with contextlib.suppress(ConnectionError):
            await reader.read()
            await reader.read()
        ended.set()

    server = await asyncio.start_server(slow, "127.0.0.1", 0)
    async with server:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await open_connections.ask(question(server.sockets[0].getsockname()[1]))
        await asyncio.wait_for(ended.wait(), 5)
    assert not open_connections._kept


async def test_loopback_is_not_dialled_unless_it_was_opened():
    closed = Connections(lambda: False)
    async with served(lambda *_: OK) as server:
        for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "::ffff:127.0.0.1"):
            with pytest.raises(Refused):
                await closed.ask(question(server.port, host=host))
    assert server.connections == 0


async def test_plain_words_from_a_server_that_should_speak_tls_are_refused(open_connections):
    async with served(lambda *_: OK) as server:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await open_connections.ask(question(server.port, "https"))


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    file = certificates.for_loopback(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return certificates.server_side(file)


async def test_a_long_answer_comes_whole_through_tls_and_its_connection_is_kept(certificate):
    body = bytes(range(256)) * 4096
    sized = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunked += b"".join(b"400\r\n" + body[at : at + 1024] + b"\r\n" for at in range(0, len(body), 1024))
    made = Connections(lambda: True)
    async with served(lambda _, number: (sized, chunked + b"0\r\n\r\n")[number % 2], certificate) as server:
        for _ in range(4):
            asked = question(server.port, "https")._replace(most=2 * len(body))
            assert (await made.ask(asked)).body == body
        made.close()
    assert server.connections == 1


async def test_a_certificate_for_another_name_is_refused(certificate):
    made = Connections(lambda: True)
    async with served(lambda *_: OK, certificate) as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            await made.ask(question(server.port, "https", "localhost"))
    assert server.questions == []


async def test_a_certificate_nobody_vouches_for_is_refused(tmp_path):
    made = Connections(lambda: True)
    async with served(lambda *_: OK, certificates.server_side(certificates.for_loopback(tmp_path))) as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            await made.ask(question(server.port, "https"))
    assert server.questions == []


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_an_answer_that_ends_early_is_said_to_be_cut(certificate, scheme):
    made = Connections(lambda: True)
    short = Last(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx")
    async with served(lambda *_: short, certificate if scheme == "https" else None) as server:
        answer = await made.ask(question(server.port, scheme))
    assert (answer.body, answer.whole) == (b"x", False)
