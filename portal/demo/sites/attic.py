"""An attic of broken things: each must end in a named, counted refusal, and the crawl must go on."""

import io
import struct
import zlib

from PIL import Image

from portal.demo.pictures import address_of
from portal.demo.server import Resource
from portal.demo.site import Web

#: A documentation address (RFC 5737): not public, so a redirect to it must be refused; nobody lives there.
NOWHERE = "http://192.0.2.1/picture.jpg"


def fill(web: Web) -> None:
    """Publish one page with flat, tiny, huge, cut, missing, mislabelled and redirected pictures."""
    things = {
        "flat.png": Resource(_png(Image.new("RGB", (640, 480), (90, 120, 150))), "image/png"),
        "dot.png": Resource(_png(Image.new("RGB", (1, 1))), "image/png"),
        "huge.png": Resource(_claims_to_be_huge(), "image/png"),
        "cut.jpg": Resource(web.album["town-1"].data[:9000], "image/jpeg"),
        "page.jpg": Resource(b"<!doctype html><title>Not a picture</title>", "image/jpeg"),
        "away.jpg": Resource(b"", status=302, headers=(("Location", NOWHERE),)),
    }
    for name, resource in things.items():
        web.publish("attic", f"/i/{name}", resource)
    doubtful = f"{web.base('doubtful')}/i/{address_of('forest-6')}.jpg"
    pictures = [*(f"/i/{name}" for name in things), "/i/gone.jpg", doubtful, "http://[broken/picture.jpg"]
    web.page("attic", "/", "attic.html", pictures=pictures)


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _claims_to_be_huge() -> bytes:
    """Return a small PNG that says it has 60,000 x 60,000 pixels."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    pieces = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(60_000))), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in pieces
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
