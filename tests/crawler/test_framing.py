"""An answer is read as a browser would, within bounds: however a server cuts it, other sites keep their turn."""

import pytest

from crawler.framing import (
    BODY_READ_BYTES,
    CRUMBS_BYTES,
    FRAMING_BYTES,
    HEADER_BYTES,
    MOST_CHUNKS,
    READ_BYTES,
    AnswerReader,
)
from crawler.refusals import BadResponse, HeadersTooLong, TooLarge, TooManyChunks

PLENTY = 16 * 1024 * 1024
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def read(data: bytes, size: int = 4096, most: int = PLENTY, *, ends: bool = False, clean: bool = True) -> AnswerReader:
    """Feed an answer by reads of `size` bytes, then close the connection if it `ends`."""
    reader = AnswerReader(most)
    for start in range(0, len(data), size):
        reader.feed(data[start : start + size])
    if ends:
        reader.end(clean=clean)
    return reader


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize(
    "body",
    [
        b"Content-Length: 5\r\n\r\npage!",
        b"Transfer-Encoding: chunked\r\n\r\n4\r\npage\r\n1;x=y\r\n!\r\n0\r\nX-Trailer: y\r\n\r\n",
        b"Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\npage!\r\n0\r\n\r\n",
    ],
)
def test_a_body_comes_whole_whatever_frames_it_and_however_it_is_read(size, body):
    reader = read(b"HTTP/1.1 200 OK\r\nX-A: b\r\nX-A: c\r\n" + body, size)
    assert reader.complete
    assert reader.keeps_open
    answer = reader.answer()
    assert (answer.status, answer.body, answer.whole) == (200, b"page!", True)
    assert [value for name, value in answer.headers if name == b"X-A"] == [b"b", b"c"]
    assert b"X-Trailer" not in dict(answer.headers)


def test_interim_answers_are_passed_over():
    reader = read(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 3 + b"HTTP/1.1 204 No Content\r\nA: b\r\n\r\n")
    assert reader.complete
    assert reader.answer().status == 204
    assert reader.answer().headers == [(b"A", b"b")]


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\n",
        b"HTTP/1.1 200 OK\r\nServer: caf\xe9\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nUpgrade: h2,h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n",
    ],
)
def test_what_browsers_forgive_servers_is_forgiven(head):
    assert read(head + b"ok").answer().body == b"ok"


def test_a_body_without_length_ends_with_the_connection():
    reader = read(b"HTTP/1.1 200 OK\r\n\r\nto the end", ends=True)
    assert reader.answer().whole
    assert reader.answer().body == b"to the end"
    assert not reader.keeps_open


@pytest.mark.parametrize(
    ("data", "clean"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", True),
        (CHUNKED + b"5\r\nshort\r\n", True),
        (b"HTTP/1.1 200 OK\r\n\r\nshort", False),
    ],
)
def test_what_came_of_a_body_that_was_cut_short_is_kept_and_said(data, clean):
    answer = read(data, ends=True, clean=clean).answer()
    assert (answer.body, answer.whole) == (b"short", False)


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200 O", b"HTTP/1.1 200 OK\r\nA: b\r\n"])
def test_a_connection_that_ends_within_the_head_gave_no_answer(data):
    with pytest.raises(BadResponse):
        read(data, ends=True)


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 7\r\n\r\nok",
        CHUNKED + b"zz\r\n",
    ],
)
def test_what_is_not_http_is_refused_by_name(data):
    with pytest.raises(BadResponse):
        read(data)


def test_what_follows_an_answer_is_no_part_of_it_and_the_connection_is_not_used_again():
    for more in (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", b"rubbish"):
        reader = read(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + more)
        assert reader.answer().body == b"ok"
        assert len(reader.answer().headers) == 1
        assert not reader.keeps_open


def test_a_server_that_says_it_closes_is_believed():
    assert not read(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok").keeps_open


def test_the_answer_to_a_head_has_no_body_whatever_it_says():
    reader = AnswerReader(PLENTY, bodiless=True)
    reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n")
    assert reader.complete
    assert reader.answer().body == b""


@pytest.mark.parametrize(
    ("endless", "error"),
    [
        (b"HTTP/1.1 200 " + b"O" * 2 * HEADER_BYTES, HeadersTooLong),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 2 * HEADER_BYTES, HeadersTooLong),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * HEADER_BYTES, HeadersTooLong),
        (b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * HEADER_BYTES, HeadersTooLong),
        (CHUNKED + b"1\r\nx\r\n" * (MOST_CHUNKS + 1), TooManyChunks),
        (CHUNKED + b"0" * 2 * FRAMING_BYTES, TooManyChunks),
        (CHUNKED + b"1;" + b"x" * 2 * FRAMING_BYTES, TooManyChunks),
        (CHUNKED + b"0\r\n" + b"X: y\r\n" * FRAMING_BYTES, TooManyChunks),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n", TooLarge),
        (b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 19 + b"\r\n\r\n", TooLarge),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"<p>" * PLENTY, TooLarge),
        (CHUNKED + b"100000\r\n" + bytes(0x100000) + b"\r\n100000\r\n" + bytes(0x100000), TooLarge),
    ],
)
def test_every_way_of_not_ending_has_an_end(endless, error):
    reader = AnswerReader(1024 * 1024)
    with pytest.raises(error):
        spoon(reader, endless)
    assert len(reader.answer().body) <= 1024 * 1024 + BODY_READ_BYTES


def spoon(reader: AnswerReader, data: bytes) -> None:
    """Feed as much at once as the reader asks for, as a connection does."""
    taken = 0
    while taken < len(data):
        size = reader.read_at_once
        reader.feed(data[taken : taken + size])
        taken += size


def test_heads_and_chunks_are_read_by_small_spoonfuls_and_crumbs_by_smaller_ones():
    reader = AnswerReader(PLENTY)
    assert reader.read_at_once == READ_BYTES
    reader.feed(CHUNKED)
    assert reader.read_at_once == READ_BYTES
    reader.feed(b"1\r\nx\r\n" * 500)
    assert reader.read_at_once == CRUMBS_BYTES
    reader.feed(b"1000\r\n" + bytes(0x1000))
    assert reader.read_at_once == READ_BYTES
    told = AnswerReader(PLENTY)
    told.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    assert told.read_at_once == BODY_READ_BYTES
