"""A little web on loopback for the crawler's tests, and crawls of it by the real crawling process."""

import contextlib
import http.server
import io
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from crawler.store import CrawlStore
from crawler.targets import CrawlTarget

CLONE = Path(__file__).resolve().parents[2]


@dataclass
class Answer:
    """What a little site answers: a status, a body, headers."""

    body: bytes | str = b""
    kind: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class LittleSite:
    """An HTTP server on 127.0.0.1, or `public` on every address of this machine.

    `pages` maps paths to answers, bodies or functions of the handler.
    """

    def __init__(self, *, public: bool = False) -> None:
        self.pages: dict[str, Answer | str | bytes | Callable] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.asked.append(self.path)
                site.headers.append(dict(self.headers))
                with contextlib.suppress(ConnectionError):
                    site.answer(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request: object, client_address: object) -> None:
                """A crawler that is killed leaves broken connections; that is not news."""

        self.server = Server(("" if public else "127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def picture(self, path: str, file: bytes, kind: str = "image/jpeg") -> None:
        """Put a picture file at a path."""
        self.pages[path] = Answer(file, kind)

    def answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        found = self.pages.get(handler.path)
        if found is None:
            found = (
                Answer("User-agent: *\nDisallow:\n", "text/plain")
                if handler.path == "/robots.txt"
                else Answer("no", status=404)
            )
        if callable(found):
            found = found(handler)
            if found is None:
                handler.close_connection = True
                return
        if isinstance(found, str | bytes):
            found = Answer(found)
        body = found.body.encode() if isinstance(found.body, str) else found.body
        handler.send_response(found.status)
        for name, value in {
            "Content-Type": found.kind,
            "Content-Length": str(len(body)),
            **found.headers,
        }.items():
            if value:
                handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)


@pytest.fixture
def sites() -> Iterator[Callable[[], LittleSite]]:
    """Give a function that opens a little site; all are closed after the test."""
    opened: list[LittleSite] = []

    def open_site() -> LittleSite:
        opened.append(LittleSite())
        return opened[-1]

    yield open_site
    for site in opened:
        site.server.shutdown()
        site.server.server_close()


@pytest.fixture
def site(sites) -> LittleSite:
    """One little site."""
    return sites()


def drawn(seed: int, size: tuple[int, int] = (160, 120), kind: str = "JPEG") -> bytes:
    """Return a picture file drawn from a seed: blocks of colour, different for every seed."""
    pick = random.Random(seed)
    small = Image.new("RGB", (24, 18))
    small.putdata([tuple(pick.randrange(256) for _ in range(3)) for _ in range(24 * 18)])
    out = io.BytesIO()
    small.resize(size, Image.Resampling.BICUBIC).save(out, kind)
    return out.getvalue()


@pytest.fixture(name="drawn")
def _drawn() -> Callable[..., bytes]:
    return drawn


@pytest.fixture
def store(private_home) -> Iterator[CrawlStore]:
    """The crawl store of this test, on SQLite."""
    opened = CrawlStore.open()
    yield opened
    opened.close()


@pytest.fixture
def crawl(store) -> Callable[..., subprocess.CompletedProcess]:
    """Give a function that crawls targets with the real crawling process and returns how it ended."""

    def run(*arguments: str, timeout: float = 90, loopback: bool = True, **environ: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "crawler", *arguments],
            env=crawler_environment(loopback=loopback, **environ),
            cwd=CLONE,
            timeout=timeout,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def crawler_environment(*, loopback: bool = True, **more: str) -> dict[str, str]:
    """Return the environment for a crawling process of this test."""
    return {
        **os.environ,
        "WATCHLIGHT_LOG_LEVEL": "WARNING",
        **({"WATCHLIGHT_ALLOW_LOOPBACK": "1"} if loopback else {}),
        **more,
    }


@pytest.fixture
def start_crawler(store) -> Iterator[Callable[..., subprocess.Popen]]:
    """Give a function that starts the crawling process and does not wait; what still runs is ended."""
    started: list[subprocess.Popen] = []

    def start(*arguments: str, **environ: str) -> subprocess.Popen:
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "crawler", *arguments],
                env=crawler_environment(**environ),
                cwd=CLONE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def target_of(store) -> Callable[..., CrawlTarget]:
    """Give a function that keeps a target for a little site, without pauses between requests."""

    def keep(site: LittleSite, name: str = "site", **fields) -> CrawlTarget:
        target = CrawlTarget(name, (site.url("/"),), **{"delay_s": 0, "depth": 50, **fields})
        store.targets.add(target)
        return target

    return keep
