"""The site that is crawled: pages and JPEGs drawn by code, on eight loopback hosts, served by nginx.

It lies in memory (/dev/shm) where there is some, and is taken away afterwards. nginx writes down when it was asked
for what; that book, and not the crawlers, says how many requests were made and how long they took.
"""

import io
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

HOSTS = tuple(f"127.0.0.{number}" for number in range(1, 9))
SMALLEST, LARGEST = 20_000, 200_000
LINKS = 40
"""Links on a page; most lead to pages that are known, as menus and "more like this" do."""
WORDS = "the harbour opened early and the boats came in slowly with the tide behind them ".split()
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
        server = _nginx(home, port)
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


def _nginx(home: Path, port: int) -> "subprocess.Popen[bytes]":
    command = nginx()
    if command is None:
        raise SystemExit("This benchmark serves its site with nginx, and there is none. Debian: apt install nginx-light.")
    listen = " ".join(f"listen {host}:{port};" for host in HOSTS)
    user = "user root;" if os.geteuid() == 0 else ""
    configuration = home / "nginx.conf"
    configuration.write_text(user + CONFIGURATION.format(home=home, listen=listen), "utf-8")
    (home / "temp").mkdir()
    server = subprocess.Popen([command, "-p", str(home), "-c", str(configuration), "-e", str(home / "error.log")])
    for _ in range(100):
        with socket.socket() as trying:
            if trying.connect_ex((HOSTS[-1], port)) == 0:
                return server
        time.sleep(0.1)
    server.kill()
    raise SystemExit(f"nginx did not start: {(home / 'error.log').read_text('utf-8')[-300:]}")


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
        list(drawing.map(partial(_draw, seed), names, range(len(names)), chunksize=50))
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


@cache
def _texture(seed: int) -> NDArray[np.float32]:
    """A large surface with structure at all sizes, as photos have: noise, weaker the finer it is."""
    random_ = np.random.default_rng(seed)
    side = 2048
    whole = np.zeros((side, side), np.float32)
    for level in range(1, 10):
        small = random_.standard_normal((2**level + 1,) * 2).astype(np.float32)
        grown = Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC)
        whole += np.asarray(grown) * np.float32(0.62**level)
    return whole / whole.std()


def drawn(seed: int, number: int) -> bytes:
    """Return one JPEG of 20 to 200 KB, another for every number."""
    chance = random.Random(f"{seed}/{number}")
    wanted = chance.uniform(SMALLEST, LARGEST)
    scale = (wanted / 110_000) ** 0.5
    width, height = chance.choice(((960, 720), (720, 960), (1000, 667), (830, 830)))
    size = (int(width * scale), int(height * scale))
    image = Image.fromarray(_surface(chance, seed, size))
    pen = ImageDraw.Draw(image)
    for _ in range(12):
        x, y, r = chance.random() * size[0], chance.random() * size[1], chance.uniform(0.02, 0.15) * size[0]
        pen.ellipse((x - r, y - r, x + r, y + r), fill=tuple(chance.randrange(256) for _ in range(3)))
    file = io.BytesIO()
    for quality in (86, 80, 70, 92, 95):
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality)
        if SMALLEST <= file.tell() <= LARGEST:
            break
    return file.getvalue()


def _surface(chance: random.Random, seed: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    texture = _texture(seed)
    planes = []
    for strength in (50, 18, 18):
        x, y = chance.randrange(texture.shape[1] - size[0]), chance.randrange(texture.shape[0] - size[1])
        planes.append(128 + strength * texture[y : y + size[1], x : x + size[0]])
    pixels = np.stack(planes, axis=-1)
    pixels[..., 0] += np.random.default_rng(chance.getrandbits(32)).normal(0, 5, pixels.shape[:2])
    ycbcr = Image.fromarray(pixels.clip(0, 255).astype(np.uint8), "YCbCr")
    return np.asarray(ycbcr.convert("RGB"))


def _draw(seed: int, path: Path, number: int) -> None:
    path.write_bytes(drawn(seed, number))
