"""The dialler connects to public addresses only, and to exactly the ones it checked."""

import asyncio
import socket

import pytest

from egress import dial
from egress.dial import Refused, checked, open_checked, resolve_checked


async def serve_hello() -> tuple[asyncio.Server, int]:
    async def hello(reader, writer):
        writer.write(b"hello")
        writer.close()

    server = await asyncio.start_server(hello, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


async def test_loopback_is_out_of_reach_unless_opened():
    server, port = await serve_hello()
    async with server:
        for host in ("127.0.0.1", "localhost", "2130706433", "0x7f000001", "::ffff:127.0.0.1"):
            with pytest.raises(Refused) as refused:
                await open_checked(host, port)
            assert refused.value.reason == "loopback"
        reader, writer = await open_checked("127.0.0.1", port, allow_loopback=True)
        assert await reader.read() == b"hello"
        writer.close()


def test_one_bad_address_spoils_the_name():
    with pytest.raises(Refused) as refused:
        checked(["93.184.216.34", "10.0.0.1"])
    assert refused.value.reason == "private"
    assert checked(["93.184.216.34", "2606:4700::1111"]) == ["93.184.216.34", "2606:4700::1111"]


def test_a_name_without_addresses_is_refused():
    with pytest.raises(Refused) as refused:
        resolve_checked("no-such-name.invalid", 80)
    assert refused.value.reason == "unresolved"


async def test_a_name_that_changes_its_answer_gains_nothing(monkeypatch):
    """DNS rebinding: the second answer is never asked for, because the checked number is dialled."""
    answers = iter([[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))]])
    monkeypatch.setattr(dial.socket, "getaddrinfo", lambda *_, **__: next(answers))
    with pytest.raises(Refused):
        await open_checked("rebinding.example", 1)
