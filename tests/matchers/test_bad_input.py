"""Whatever a file is, it gives the fingerprint of what a browser shows, or a named reason; and the page says which."""

import io
import re
import struct
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from matchers import Unhashable, fingerprint, frames
from matchers.decode import PNG
from matchers.errors import SENTENCES
from tests.matchers.conftest import photo, saved

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "bad-input.md"
SAME = 10  # bits of 256 by which the same picture in other clothes differs at most


@cache
def drawn() -> Image.Image:
    return photo(1, 640, 480)


def jpeg(**options) -> bytes:
    return saved(drawn(), "JPEG", **{"quality": 90, **options})


def cut(file: bytes, share: float) -> bytes:
    return file[: int(len(file) * share)]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(head: tuple[int, ...], body: bytes) -> bytes:
    parts = (("IHDR", struct.pack(">IIBBBBB", *head)), ("IDAT", zlib.compress(body)), ("IEND", b""))
    return PNG + b"".join(chunk(kind.encode(), part) for kind, part in parts)


def png_with(kind: bytes, body: bytes) -> bytes:
    plain = saved(drawn(), "PNG")
    return plain[:33] + chunk(kind, body) + plain[33:]


def sixteen_bit() -> bytes:
    wide = (np.asarray(drawn()).astype(np.uint16) * 257).astype(">u2")
    return png_of((640, 480, 16, 2, 0, 0, 0), b"".join(b"\0" + row.tobytes() for row in wide))


def with_alpha(opaque: int) -> Image.Image:
    shown = drawn().convert("RGBA")
    shown.putalpha(opaque)
    return shown


def several(kind: str) -> bytes:
    file = io.BytesIO()
    drawn().save(
        file, kind, save_all=True, append_images=[photo(2, 640, 480)], **({} if kind == "MPO" else {"duration": 400})
    )
    return file.getvalue()


BOMB = zlib.compress(bytes(80_000_000), 9)
SIDEWAYS = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x63\0\0\0\0\0\0"
LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
KINDS: dict[str, tuple[Callable[[], bytes], str]] = {
    "grey, 1 bit, palette": (lambda: saved(drawn().quantize(256), "PNG"), "same"),
    "16 bit a channel": (sixteen_bit, "same"),
    "CMYK": (lambda: saved(drawn().convert("CMYK"), "JPEG", quality=90), "same"),
    "alpha, opaque": (lambda: saved(with_alpha(255), "PNG"), "same"),
    "alpha, nothing shown": (lambda: saved(with_alpha(0), "PNG"), "flat"),
    "colour profile for other colours": (lambda: jpeg(icc_profile=LAB), "same"),
    "colour profile that is garbage": (lambda: jpeg(icc_profile=b"garbage" * 20), "same"),
    "colour profile that unpacks to 80 MB": (lambda: png_with(b"iCCP", b"p\0\0" + BOMB), "same"),
    "text that unpacks to 80 MB": (lambda: png_with(b"zTXt", b"k\0\0" + BOMB), "same"),
    "EXIF that is garbage": (lambda: jpeg(exif=b"Exif\0\0garbage"), "same"),
    "EXIF orientation that does not exist": (lambda: jpeg(exif=SIDEWAYS), "same"),
    "progressive": (lambda: jpeg(progressive=True), "same"),
    "progressive, cut at 60 %": (lambda: cut(jpeg(progressive=True), 0.6), "same, partial"),
    "baseline, cut at 90 %": (lambda: cut(jpeg(), 0.9), "partial"),
    "baseline, cut at 30 %": (lambda: cut(jpeg(), 0.3), "truncated"),
    "PNG or GIF, cut at 80 %": (lambda: cut(saved(drawn(), "PNG"), 0.8), "partial"),
    "WebP, cut": (lambda: cut(saved(drawn(), "WEBP"), 0.8), "truncated"),
    "AVIF, cut": (lambda: cut(saved(drawn(), "AVIF"), 0.8), "broken"),
    "several pictures (MPO)": (lambda: several("MPO"), "same"),
    "animation": (lambda: several("GIF"), "same, animated"),
    "wrong ending or type": (lambda: saved(drawn(), "WEBP", lossless=True), "same"),
    "junk after the end": (lambda: jpeg() + b"junk" * 1000, "same"),
    "one colour, fog, a blank page": (lambda: saved(Image.new("RGB", (300, 300), "red"), "PNG"), "flat"),
    "shorter side below 64 pixels": (lambda: saved(drawn().resize((84, 63)), "PNG"), "tiny"),
    "over 40 million pixels": (lambda: png_of((8000, 6000, 1, 0, 0, 0, 0), bytes(64_000)), "too-large"),
    "header of 60,000 x 60,000": (lambda: png_of((60_000, 60_000, 1, 0, 0, 0, 0), bytes(64_000)), "too-large"),
    "file over 50 MB": (lambda: jpeg() + bytes(51 * 2**20), "too-heavy"),
    "JPEG of over 64 scans": (lambda: jpeg() + b"\xff\xda" * 65, "too-many-scans"),
    "empty": (lambda: b"", "empty"),
    "a page, a text, SVG, PDF, TIFF, EPS, JPEG 2000": (lambda: b"<html>", "format"),
    "damaged inside": (lambda: saved(drawn(), "AVIF")[:400] + bytes(9000), "broken"),
}


def outcome(file: bytes) -> str:
    """Return the reason of a refusal; else the flags, and whether it is the same picture."""
    try:
        made = frames.frames(file)[0].fingerprint
    except Unhashable as refusal:
        return refusal.reason
    same = made.whole[0].distance(fingerprint(saved(drawn(), "PNG")).whole[0]) <= SAME
    return ", ".join((["same"] if same else []) + sorted(made.flags))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_file_gives_what_the_page_says(kind):
    make, expected = KINDS[kind]
    assert outcome(make()) == expected


def test_the_page_lists_every_kind_and_no_other_and_every_reason_has_its_sentence():
    rows = dict(re.findall(r"^\| ([^|`]+) \| `([a-z ,-]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert rows == {kind: expected for kind, (_, expected) in KINDS.items()}
    assert {expected for expected in rows.values() if expected in SENTENCES} >= {"flat", "tiny", "broken", "format"}
