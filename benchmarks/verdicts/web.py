"""A little web on loopback: every labelled case is a host with an address of its own (127.77.x.y)."""

import asyncio
import base64
import contextlib
import io
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from functools import cache

import numpy
from PIL import Image, ImageDraw, ImageOps

from benchmarks.verdicts.cases import PAGE, PICTURE, Answer, Case

QUIET_S = 5.0
ROBOTS = Answer("200", {"content-type": "text/plain"}, "User-agent: *\nDisallow:\n")


class LittleWeb:
    """Serves cases until closed. `look` is 0 for the first look and 1 for later ones."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self.look = 0
        self.port = 0
        self._hosts = {case.name: f"127.77.{number // 200}.{number % 200 + 1}" for number, case in enumerate(cases)}
        self._cases = {self._hosts[case.name]: case for case in cases}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()

    def __enter__(self) -> "LittleWeb":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def url(self, case: Case, path: str = PAGE) -> str:
        """Return the address of a path of a case's host."""
        return f"http://{self._hosts[case.name]}:{self.port}{path}"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        self._ready.set()
        self._loop.run_forever()

    async def _listen(self) -> None:
        for host, case in self._cases.items():
            if case.first[PAGE].how == "refused":
                continue
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, self.port))
            self.port = self.port or listener.getsockname()[1]
            await asyncio.start_server(self._serve, sock=listener)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("sockname")[0]
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            while True:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), QUIET_S)
                answer = self._answer(self._cases[host], head.split()[1].decode())
                if answer.how == "dropped":
                    break
                writer.write(raw(answer))
                await writer.drain()
                if answer.cut:
                    break
        writer.close()

    def _answer(self, case: Case, path: str) -> Answer:
        found = case.answer(path, self.look)
        if found is None and path == "/robots.txt":
            return ROBOTS
        return found or Answer("404", body="<html><title>404</title><body><h1>Not found</h1></body></html>")


def raw(answer: Answer) -> bytes:
    """Return an answer as it goes over the wire."""
    kind, body = _body(answer)
    headers = {"content-type": kind, "content-length": str(len(body) + 500 * answer.cut), **answer.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.how} Answer\r\n{head}\r\n".encode() + body


def _body(answer: Answer) -> tuple[str, bytes]:
    if answer.drawn is not None:
        return DRAWN[answer.drawn][0], drawn(answer.drawn)
    text = answer.body.replace("PICTURENAME", PICTURE.rpartition("/")[2]).replace("PICTURE", PICTURE)
    text = text.replace("@same-base64", base64.b64encode(drawn("same")).decode())
    text = re.sub(r"@imgs-(\d+)", lambda found: "".join(_tags(int(found[1]))), text)
    charset = answer.headers.get("content-type", "").partition("charset=")[2] or "utf-8"
    return f"text/html; charset={charset}", text.encode(charset)


def _tags(count: int) -> Iterator[str]:
    return (f'<img src="/wall/{number}.jpg">' for number in range(count))


DRAWN = {
    "same": ("image/jpeg", "JPEG"),
    "smaller": ("image/jpeg", "JPEG"),
    "mirrored": ("image/jpeg", "JPEG"),
    "other": ("image/jpeg", "JPEG"),
    "placeholder": ("image/png", "PNG"),
    "pixel": ("image/gif", "GIF"),
    "broken": ("image/jpeg", "JPEG"),
}


@cache
def drawn(name: str) -> bytes:
    """Return the file of a drawn picture: soft clouds of colour, a grey sign, one dot, or half a header."""
    if name == "broken":
        return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(40)
    picture = {
        "same": lambda: _clouds(1),
        "smaller": lambda: _clouds(1).resize((200, 150)),
        "mirrored": lambda: ImageOps.mirror(_clouds(1)),
        "other": lambda: _clouds(2),
        "placeholder": _sign,
        "pixel": lambda: Image.new("L", (1, 1)),
    }[name]()
    out = io.BytesIO()
    picture.save(out, DRAWN[name][1])
    return out.getvalue()


def _clouds(seed: int) -> Image.Image:
    noise = numpy.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=numpy.uint8)
    return Image.fromarray(noise).resize((320, 240), Image.Resampling.BICUBIC)


def _sign() -> Image.Image:
    sign = Image.new("RGB", (320, 180), (225, 225, 225))
    pen = ImageDraw.Draw(sign)
    pen.rectangle((20, 20, 300, 160), outline=(120, 120, 120), width=4)
    pen.line((40, 140, 130, 60, 180, 110, 230, 80, 290, 140), fill=(120, 120, 120), width=5)
    pen.text((90, 150), "image not available", fill=(60, 60, 60))
    return sign
