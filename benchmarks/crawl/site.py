"""The site that is crawled: pages and JPEGs drawn by code, on eight loopback hosts, served by nginx.

It lies in memory (/dev/shm) where there is some, and is taken away afterwards. The server writes down when it was asked
for what; that book, and not the crawlers, says how many requests were made and how long they took. Where there is no
nginx, `benchmarks.crawl.fallback` serves, and the benchmark says so.
"""

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.crawl.drawing import draw
from benchmarks.crawl.hosts import HOSTS

LINKS = 40
"""Links on a page; most lead to pages that are known, as menus and "more like this" do."""
WORDS = ("the", "harbour", "opened", "early", "and", "boats", "came", "in", "slowly", "with", "tide", "behind", "them")
CONFIGURATION = """
daemon off;
worker_processes 1;
pid {home}/nginx.pid;
error_log {home}/error.log;
events {{ worker_connections 1024; }}
http {{
    log_format book '$msec $status $body_bytes_sent $request_uri';
    access_log {home}/book.log book buffer=64k flush=1s;
    client_body_temp_path {home}/temp; proxy_temp_path {home}/temp; fastcgi_temp_path {home}/temp;
    uwsgi_temp_path {home}/temp; scgi_temp_path {home}/temp;
    types {{ text/html html; text/plain txt; image/jpeg jpg; }}
    sendfile on; tcp_nopush on; keepalive_requests 1000000; keepalive_timeout 60s;
    server {{ {listen} root {home}/site; etag on; }}
}}
"""


@dataclass(frozen=True)
class Book:
    """What the server wrote down: requests answered, bytes sent, and the seconds (epoch) of the first and last."""

    requests: int
    bytes: int
    first: float
    last: float
    odd: int
    """Answers other than 200 and 304."""


@dataclass(frozen=True)
class Site:
    """A running site in `parts` of equal size: each is crawled from its own start, so that crawlers can take turns."""

    home: Path
    port: int
    parts: int
    pages: int
    pictures: int

    def start(self, part: int) -> str:
        """Return the address from which every page of a part is reached."""
        return f"http://{HOSTS[0]}:{self.port}/{part}/0.html"

    @property
    def empty(self) -> str:
        """Return a page with nothing on it: what a crawler costs before it does anything."""
        return f"http://{HOSTS[0]}:{self.port}/empty/0.html"

    def clear(self) -> None:
        """Begin a new book."""
        time.sleep(1.2)  # nginx writes once a second
        (self.home / "book.log").write_bytes(b"")

    def read(self) -> Book:
        """Read the book."""
        time.sleep(1.2)
        lines = [line.split(" ", 3) for line in (self.home / "book.log").read_text("utf-8").splitlines()]
        times = [float(line[0]) for line in lines if not line[3].endswith("robots.txt")] or [time.time()]
        odd = sum(line[1] not in ("200", "304") for line in lines)
        return Book(len(times), sum(int(line[2]) for line in lines), min(times), max(times), odd)


@contextmanager
def serving(pages: int, pictures: int, parts: int, seed: int) -> Iterator[Site]:
    """Draw the site, serve it on loopback, and take both away at the end."""
    memory = Path("/dev/shm")
    home = Path(tempfile.mkdtemp(prefix="watchlight-bench-", dir=memory if os.access(memory, os.W_OK) else None))
    home.chmod(0o755)
    try:
        port = _free_port()
        drawn = _write(home / "site", pages // parts, pictures // parts, parts, seed, port)
        site = Site(home, port, parts, pages // parts * parts, drawn)
        server = _server(home, port)
        try:
            yield site
        finally:
            server.terminate()
            server.wait(10)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _free_port() -> int:
    with socket.create_server((HOSTS[0], 0)) as listening:
        return int(listening.getsockname()[1])


def nginx() -> str | None:
    """Return where nginx is; Debian keeps it off the path of ordinary users."""
    return shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def _server(home: Path, port: int) -> "subprocess.Popen[bytes]":
    """Start nginx, or Python's server where there is none, and wait until the last host answers."""
    command, configuration = nginx(), home / "nginx.conf"
    listen = " ".join(f"listen {host}:{port};" for host in HOSTS)
    user = "user root;" if os.geteuid() == 0 else ""
    configuration.write_text(user + CONFIGURATION.format(home=home, listen=listen), "utf-8")
    (home / "temp").mkdir()
    if command is None:
        server = subprocess.Popen([sys.executable, "-m", "benchmarks.crawl.fallback", str(home), str(port)])
    else:
        server = subprocess.Popen([command, "-p", str(home), "-c", str(configuration), "-e", str(home / "error.log")])
    for _ in range(600):
        with socket.socket() as trying:
            if trying.connect_ex((HOSTS[-1], port)) == 0:
                return server
        time.sleep(0.1)
    server.kill()
    raise SystemExit("The server of the site did not start.")


def _write(root: Path, pages: int, pictures: int, parts: int, seed: int, port: int) -> int:
    """Write all files; return how many pictures there are."""
    (root / "empty").mkdir(parents=True)
    (root / "empty" / "0.html").write_text("<title>Nothing</title>", "utf-8")
    (root / "robots.txt").write_text("User-agent: *\nDisallow: /private/\n", "utf-8")
    for part in range(parts):
        (root / str(part)).mkdir()
        for number in range(pages):
            text = page(part, number, pages, pictures, port)
            (root / str(part) / f"{number}.html").write_text(text, "utf-8")
    names = [root / str(part) / f"{number}.jpg" for part in range(parts) for number in range(pictures)]
    with ProcessPoolExecutor() as drawing:
        list(drawing.map(partial(draw, seed), names, range(len(names)), chunksize=50))
    return len(names)


def page(part: int, number: int, pages: int, pictures: int, port: int) -> str:
    """Return one page: words, its share of the pictures, and links of which most are known already."""
    chance = random.Random(f"{part}/{number}")
    children = [child for child in (3 * number + 1, 3 * number + 2, 3 * number + 3) if child < pages]
    others = [chance.randrange(pages) for _ in range(LINKS - len(children))]

    def at(kind: str, which: int) -> str:
        return f"http://{HOSTS[which % len(HOSTS)]}:{port}/{part}/{which}.{kind}"

    links = "".join(f'<li><a href="{at("html", each)}">Page {each}</a></li>' for each in (*children, *others))
    shown = "".join(f'<p><img src="{at("jpg", each)}" alt="{each}">' for each in range(number, pictures, pages))
    words = "".join(f"<p>{' '.join(chance.choices(WORDS, k=60))}</p>" for _ in range(6))
    return f"<!doctype html><title>Page {number}</title><body><h1>Page {number}</h1>{words}{shown}<ul>{links}</ul>"
