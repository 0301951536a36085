"""A real Chromium, a site it may reach, and a canary on loopback that it must not."""

import asyncio
import os
import socket
import socketserver
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from crawler.browser import find_chromium
from crawler.browser.render import Browser
from egress.dial import Refused, open_checked


@pytest.fixture
def chromium():
    """The Chromium of this machine; the test is skipped where there is none."""
    found = find_chromium(os.environ)
    if found is None:
        pytest.skip("no Chromium on this machine: `watchlight doctor --get-browser` tries to get one")
    return found


@dataclass
class Canary:
    """A server on loopback that stands for everything internal; `hits` are the connections it was given."""

    port: int
    hits: list[bytes] = field(default_factory=list)


@pytest.fixture
def canary() -> Iterator[Canary]:
    """An internal service that answers everybody."""
    found: list[bytes] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(2)
            try:
                found.append(self.request.recv(2000)[:80])
                self.request.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nAccess-Control-Allow-Origin: *\r\n\r\nhi"
                )
            except OSError:
                found.append(b"connected")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield Canary(server.server_address[1], found)
        server.shutdown()


def dial_only(*ports: int) -> Callable:
    """Open loopback for the test site's ports and for nothing else; `.test` names are loopback, as after rebinding."""

    async def dial(host: str, port: int):
        if port in ports and host in ("127.0.0.1", "site.test"):
            return await asyncio.open_connection("127.0.0.1", port)
        if host.endswith(".test"):
            host = "127.0.0.1"
        return await open_checked(host, port, allow_loopback=False)

    return dial


@pytest_asyncio.fixture
async def browser(chromium, site) -> AsyncIterator[Browser]:
    """A browser that may reach the little site and no other loopback port."""
    async with Browser(chromium, dial=dial_only(site.port), user_agent="Watchlight/test") as opened:
        yield opened


@pytest.fixture
def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


__all__ = ["Canary", "Refused", "dial_only"]
