"""A small web server on loopback, one port a site, that remembers every request it got."""

import hashlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

ADDRESS = "127.0.0.1"
ROBOTS_OPEN = "User-agent: *\nAllow: /\n"


@dataclass(frozen=True)
class Resource:
    """What a site answers at one path."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def etag(self) -> str:
        """Name this very content, so that an unchanged page can be answered with 304."""
        return f'"{hashlib.blake2b(self.body, digest_size=8).hexdigest()}"'


@dataclass(frozen=True)
class Visit:
    """One request a site received."""

    method: str
    path: str
    agent: str


@dataclass
class Site:
    """One host of the little web: its pages by path (with query), and who came by."""

    name: str
    robots: Resource = field(default_factory=lambda: text(ROBOTS_OPEN))
    resources: dict[str, Resource] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    _server: ThreadingHTTPServer | None = None

    @property
    def base(self) -> str:
        """Return the address without a path, for example `http://127.0.0.1:40123`."""
        assert self._server is not None, "the site is not open"
        return f"http://{ADDRESS}:{self._server.server_address[1]}"

    def open(self) -> None:
        """Bind a free port and answer in the background."""
        self._server = _Server((ADDRESS, 0), type("Handler", (_Handler,), {"site": self}))
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True, name=self.name).start()

    def close(self) -> None:
        """Stop answering and give the port back."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, path: str) -> Resource:
        """Return what is at a path (query included), or a 404 page."""
        if path == "/robots.txt":
            return self.robots
        return self.resources.get(unquote(path)) or text("There is no such page. 없는 페이지입니다.\n", status=404)

    def asked(self, *, besides_robots: bool = False) -> list[str]:
        """Return the paths that were asked for, in order."""
        return [visit.path for visit in list(self.visits) if not (besides_robots and visit.path == "/robots.txt")]


def text(body: str, status: int = 200) -> Resource:
    """Make a plain-text answer."""
    return Resource(body.encode(), "text/plain; charset=utf-8", status)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Visitors hang up in the middle of an answer; that is their right and no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "demo-web"
    disable_nagle_algorithm = True
    timeout = 20
    site: Site

    def do_GET(self) -> None:
        """Answer a page or a picture."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer the head of a page or a picture."""
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        self.site.visits.append(Visit(self.command, self.path, self.headers.get("User-Agent", "")))
        resource = self.site.answer(self.path)
        unchanged = resource.status == 200 and self.headers.get("If-None-Match") == resource.etag
        body = b"" if unchanged else resource.body
        self.send_response(304 if unchanged else resource.status)
        for name, value in (
            ("Content-Type", resource.content_type),
            ("ETag", resource.etag),
            *resource.headers,
        ):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the site's own list of visits is the log."""
