"""How a server cuts its answer into pieces may not cost other sites their turn."""

import pytest

from crawler.framing import MOST_CHUNKS, GatheringDecoder, read_at_once
from crawler.refusals import TooManyChunks


def decoded(data: bytes, size: int) -> list[bytes]:
    """Feed a chunked body by reads of `size` bytes; return what was handed on, the rest after its end last."""
    told: list[bytes] = []
    decoder = GatheringDecoder(told.append, told.append)
    for start in range(0, len(data), size):
        decoder.dataReceived(data[start : start + size])
    return told


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_chunked_body_comes_whole_whatever_the_reads(size):
    told = decoded(b"4\r\npage\r\n1;x=y\r\n!\r\n0\r\nX: y\r\n\r\n", size)
    assert b"".join(told) == b"page!"


def test_many_small_chunks_of_one_read_are_handed_on_as_one_piece():
    assert decoded(b"1\r\nx\r\n" * 500, 4096) == [b"x" * 500]


def test_what_follows_the_last_chunk_is_not_part_of_the_body():
    assert decoded(b"1\r\nx\r\n0\r\n\r\nHTTP/1.1", 4096) == [b"x", b"HTTP/1.1"]


def test_an_answer_of_very_many_chunks_is_given_up():
    with pytest.raises(TooManyChunks):
        decoded(b"1\r\nx\r\n" * (MOST_CHUNKS + 1), 16_384)


def test_the_size_of_a_read_is_set_on_the_connection_below_tls():
    class Connection:
        bufferSize = 65_536  # noqa: N815 - Twisted's name

    class TLS:
        transport = Connection()

    read_at_once(TLS(), 2_048)
    assert TLS.transport.bufferSize == 2_048
