"""What a hostile server answers: by name, a function that writes to the socket until it has had enough."""

import gzip
import socket
import time
import zlib
from collections.abc import Callable
from functools import cache

import brotli

from crawler.middlewares.unpacking import zstd
from tests.crawler.images.test_markup import HOSTILE as MARKUP
from tests.crawler.test_hostile import png_bomb, webp_bomb

Answer = Callable[[socket.socket], None]
PATIENCE_S = 60.0
HOSTILE_ROBOTS = "127.1."
"""Addresses that begin so have a hostile robots.txt."""


def head(kind: str = "text/html", length: int | None = None, more: str = "") -> bytes:
    """Return a status line with headers."""
    size = f"Content-Length: {length}\r\n" if length is not None else ""
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{size}{more}Connection: close\r\n\r\n".encode()


def whole(body: bytes, kind: str, more: str = "") -> Answer:
    """Send a body at once."""
    return lambda wire: wire.sendall(head(kind, len(body), more) + body)


def endless(start: bytes, part: bytes, pause: float = 0.0, most: int = 400_000_000) -> Answer:
    """Send `part` again and again after `start`."""

    def answer(wire: socket.socket) -> None:
        wire.sendall(start)
        sent, until = 0, time.monotonic() + PATIENCE_S
        while sent < most and time.monotonic() < until:
            wire.sendall(part)
            sent += len(part)
            if pause:
                time.sleep(pause)

    return answer


@cache
def zeros(packer: Callable[[bytes], bytes], megabytes: int = 100) -> bytes:
    """Return that many megabytes of nothing, packed."""
    return packer(bytes(megabytes * 1_000_000))


def gif_bomb(side: int = 12_000) -> bytes:
    """Return a GIF of a large screen with many empty frames."""
    frame = b"\x2c\0\0\0\0" + side.to_bytes(2, "little") * 2 + b"\0\x02\x02\x4c\x01\0"
    return b"GIF89a" + side.to_bytes(2, "little") * 2 + b"\x80\0\0\0\0\0\xff\xff\xff" + frame * 5_000 + b";"


@cache
def hostile_robots() -> list[bytes]:
    """Return robots.txt files of nearly 512 kB that are hard to read or to ask."""
    agents = "".join(f"User-agent: a{number}\n" for number in range(4_000))
    return [
        (agents + "".join(f"Disallow: /{number}\n" for number in range(4_000))).encode(),
        ("User-agent: *\n" + "".join(f"Disallow: /*a*a*b{number}\n" for number in range(23_000))).encode(),
        "".join(f"User-agent: b{number}\nDisallow: /{number}\n" for number in range(14_000)).encode(),
        b"User-agent: *\n" + b"Allow: /%41\n" * 40_000,
    ]


@cache
def answers() -> dict[str, Answer]:
    """Return every hostile answer by its name."""
    chunked = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    found: dict[str, Answer] = {
        "silence": endless(b"", b"", 0.5, 1),
        "byte a second": endless(head(length=100_000), b"x", 1.0),
        "endless status line": endless(b"HTTP/1.1 200 ", b"O" * 65_536),
        "endless header line": endless(b"HTTP/1.1 200 OK\r\nX-A: ", b"a" * 65_536),
        "endless headers": endless(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 4_000),
        "headers a byte a second": endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.5),
        "endless interim answers": endless(b"", b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 1_000),
        "endless body": endless(head(), b"<p>" * 20_000),
        "endless picture": endless(head("image/jpeg"), b"\xff\xd8\xff" + bytes(60_000)),
        "endless tiny chunks": endless(chunked, b"1\r\nx\r\n" * 8_000),
        "endless chunk size": endless(chunked, b"0" * 65_536),
        "endless chunk extension": endless(chunked + b"1;", b"x" * 65_536),
        "endless trailer": endless(chunked + b"0\r\n", b"X: y\r\n" * 8_000),
        "said 4 GB": endless(head(length=4_000_000_000), b"x" * 65_536),
        "negative length": whole(b"x", "text/html", "Content-Length: -5\r\n"),
        "two lengths": whole(b"x" * 50, "text/html", "Content-Length: 7\r\n"),
        "no HTTP": lambda wire: wire.sendall(b"\0\1\2SSH-2.0-x\r\n" * 100),
        "gzip bomb": whole(zeros(gzip.compress), "text/html", "Content-Encoding: gzip\r\n"),
        "deflate bomb": whole(zeros(zlib.compress), "text/html", "Content-Encoding: deflate\r\n"),
        "gzip in gzip": whole(gzip.compress(zeros(gzip.compress)), "text/html", "Content-Encoding: gzip, gzip\r\n"),
        "brotli bomb": whole(zeros(brotli.compress), "text/html", "Content-Encoding: br\r\n"),
        "zstd bomb": whole(zeros(zstd.compress), "text/html", "Content-Encoding: zstd\r\n"),
        "2,000 layers": whole(gzip.compress(b"x"), "text/html", f"Content-Encoding: {'gzip, ' * 2_000}gzip\r\n"),
        "300,000 members": whole(gzip.compress(b"") * 300_000, "text/html", "Content-Encoding: gzip\r\n"),
        "broken gzip": whole(b"\x1f\x8b" + b"x" * 5000, "text/html", "Content-Encoding: gzip\r\n"),
        "PNG bomb": whole(png_bomb(), "image/png"),
        "WebP bomb": whole(webp_bomb(), "image/webp"),
        "GIF bomb": whole(gif_bomb(), "image/gif"),
        "redirect to itself": lambda wire: wire.sendall(b"HTTP/1.1 302 Go\r\nLocation: ?\r\nContent-Length: 0\r\n\r\n"),
        "redirect inside": lambda wire: wire.sendall(
            b"HTTP/1.1 302 Go\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
        ),
        "100,000 attributes": whole(b"<a " + b" ".join(b"a%d=1" % n for n in range(100_000)) + b">", "text/html"),
    }
    for name, page in MARKUP.items():
        found[f"markup: {name}"] = whole(page.encode("utf-8", "replace"), "text/html")
    return found
