"""Whatever the web sends, a crawl ends in named, counted refusals, and the rest of it goes on."""

import io
import socket
import ssl
import struct
import subprocess
import threading
import time
import zlib

import pytest
from PIL import Image

from crawler import schema
from tests import certificates
from tests.crawler.conftest import Answer

HOUR = 3600


def slow(handler):
    """Send the head, then a byte a second for ever."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n")
    try:
        for _ in range(HOUR):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(1)
    except OSError:
        return


def endless_header(handler):
    """Never stop sending response headers."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    line = b"X-Filler: " + b"a" * 4000 + b"\r\n"
    try:
        for _ in range(200_000):
            handler.wfile.write(line)
    except OSError:
        return


def huge(handler):
    """Send 200 MB without saying so before."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n")
    try:
        for _ in range(200):
            handler.wfile.write(b"<p>" * 349_525)
    except OSError:
        return


def crumbs(handler):
    """Send a body of a million chunks of one byte."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
    try:
        for _ in range(100):
            handler.wfile.write(b"1\r\nx\r\n" * 10_000)
    except OSError:
        return


def redirect(to: str):
    from types import SimpleNamespace

    return lambda handler: SimpleNamespace(body=b"", kind="", status=302, headers={"Location": to})


def png_bomb(side: int = 30_000) -> bytes:
    """Return a PNG of a few hundred kB that says it is `side` pixels wide and high, one bit each."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + bytes((side + 7) // 8)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def webp_bomb() -> bytes:
    """Return a WebP of a few bytes that decodes to 16383 x 16383 pixels."""
    out = io.BytesIO()
    Image.new("RGB", (16_383, 16), (9, 9, 9)).save(out, "WEBP", lossless=True)
    file = bytearray(out.getvalue())
    start = file.index(b"VP8L") + 9
    bits = int.from_bytes(file[start : start + 4], "little")
    bits = (bits & ~(0x3FFF << 14)) | (16_382 << 14)
    file[start : start + 4] = bits.to_bytes(4, "little")
    return bytes(file)


@pytest.fixture
def closed_port():
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def self_signed(tmp_path):
    """The port of an HTTPS server whose certificate nobody vouches for."""
    context = certificates.server_side(certificates.for_loopback(tmp_path))
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
                context.wrap_socket(connection, server_side=True).close()
            except ssl.SSLError:
                continue
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def test_a_hostile_site_ends_in_named_refusals_and_the_crawl_goes_on(
    site, drawn, store, target_of, crawl, self_signed, closed_port
):
    many = " ".join(f"a{number}=1" for number in range(100_000))
    hostile = {
        "/header": endless_header,
        "/huge": huge,
        "/crumbs": crumbs,
        "/layers": Answer(b"x", headers={"Content-Encoding": "gzip, gzip, gzip"}),
        "/damaged": Answer(b"x" * 99, headers={"Content-Encoding": "br"}),
        "/inside": redirect("http://169.254.169.254/latest/meta-data/"),
        "/private": redirect("http://10.0.0.1/"),
        "/file": redirect("file:///etc/passwd"),
        "/elsewhere": redirect("https://board.example/"),
        "/broken": "Content of no kind \0\1\2",
        "/gone": None,
    }
    pictures = [
        "/bomb.png",
        "/bomb.webp",
        "/page.jpg",
        "/tiny.png",
        "/cut.jpg",
        "http://10.0.0.1/a.jpg",
        "http://169.254.169.254/a.jpg",
        "http://[::ffff:10.0.0.1]/a.jpg",
        f"https://127.0.0.1:{self_signed}/a.jpg",
        f"http://127.0.0.1:{closed_port}/a.jpg",
        "/good.jpg",
    ]
    links = "".join(f'<a href="{path}">x</a>' for path in [*hostile, "/attributes", "/good"])
    site.pages |= {path: page for path, page in hostile.items() if page is not None}
    site.pages["/"] = links + "".join(f'<img src="{picture}">' for picture in pictures)
    site.pages["/attributes"] = f"<body {many}><img src='/never.jpg'>"
    site.pages["/good"] = '<img src="/good2.jpg">'
    site.picture("/bomb.png", png_bomb(), "image/png")
    site.picture("/bomb.webp", webp_bomb(), "image/webp")
    site.pages["/page.jpg"] = "<html>Log in to see this picture</html>"
    site.picture("/tiny.png", drawn(1, (8, 8), "PNG"), "image/png")
    site.picture("/cut.jpg", drawn(2, (640, 480))[:9_000])
    site.picture("/good.jpg", drawn(3))
    site.picture("/good2.jpg", drawn(4))
    target_of(site)

    started = time.monotonic()
    ended = crawl("site", timeout=120)

    assert ended.returncode == 0, ended.stderr
    assert "certificate" not in ended.stderr  # Twisted would name the host and its certificate
    run = store.pages.last_runs()["site"]
    assert run.ended_because == "complete"
    assert run.refusals.items() >= {
        ("headers-too-long", 1),
        ("too-large", 1),
        ("too-many-chunks", 1),
        ("too-many-encodings", 1),
        ("bad-encoding", 1),
        ("http-404", 1),
        ("picture-is-a-page", 1),
        ("picture-tiny", 1),
    }
    assert run.refusals["off-scope"] >= 1
    assert run.refusals["picture-address-private"] == 2
    assert run.refusals["picture-address-link-local"] == 1
    assert run.refusals["picture-robots-unreadable"] == 1  # closed port: no answer is a no
    assert run.refusals["picture-robots-certificate"] == 1
    assert sum(count for reason, count in run.refusals.items() if reason in BOMBS) == 2
    seen = {one.picture_url for one in store.log.after(0, 100)}
    assert {site.url("/good.jpg"), site.url("/good2.jpg")} <= seen
    assert time.monotonic() - started < 100


BOMBS = {
    "picture-too-large",
    "picture-out-of-time",
    "picture-out-of-memory",
    "picture-crashed",
    "picture-format",
    "picture-broken",
}


def test_a_server_that_sends_a_byte_a_second_costs_its_timeout_and_no_more(site, store, target_of, start_crawler):
    site.pages["/"] = slow
    target_of(site)
    process = start_crawler("site", WATCHLIGHT_DOWNLOAD_TIMEOUT="2")
    deadline = time.monotonic() + 45
    row = None
    while time.monotonic() < deadline and (row is None or row.tries == 0):
        time.sleep(0.3)
        with store.engine.connect() as connection:
            row = connection.execute(schema.frontier.select()).one_or_none()
    process.terminate()
    assert row is not None
    assert (row.reason, row.tries, row.state) == ("timeout", 1, "waiting")
    assert row.not_before is not None


def test_without_leave_nothing_on_this_machine_is_reached(site, drawn, store, target_of, crawl):
    site.pages["/"] = "<p>inside</p>"
    target_of(site)
    ended = crawl("site", loopback=False)
    assert ended.returncode == 0, ended.stderr
    assert store.pages.last_runs()["site"].refusals == {"address-loopback": 1}
    assert site.asked == []


def test_the_log_of_a_crawl_names_no_address(site, drawn, store, target_of, crawl):
    site.pages["/"] = '<a href="/huge">x</a><img src="http://10.0.0.1/secret.jpg"><img src="/secret.jpg">'
    site.pages["/huge"] = huge
    site.picture("/secret.jpg", drawn(1))
    target_of(site)
    ended = crawl("site", WATCHLIGHT_LOG_LEVEL="DEBUG")
    assert ended.returncode == 0
    assert f":{site.port}" not in ended.stderr
    assert "secret" not in ended.stderr
    assert "10.0.0.1" not in ended.stderr


def test_a_crawl_of_a_kind_nobody_knows_names_the_kinds_there_are(store, crawl):
    from crawler.targets import CrawlTarget

    store.targets.add(CrawlTarget("odd", ("https://odd.example/",), kind="carrier-pigeon"))
    ended = crawl("odd")
    assert ended.returncode == 2
    assert "carrier-pigeon" in ended.stderr
    assert "pages" in ended.stderr
    assert isinstance(ended, subprocess.CompletedProcess)
