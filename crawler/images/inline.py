"""data: URIs: pictures that a page carries in itself (RFC 2397, read as leniently as browsers do)."""

import base64
import binascii
import re
from urllib.parse import unquote_to_bytes

SMALLEST = 256
"""Bytes. Smaller ones are placeholders and dots, not pictures of anybody."""
LARGEST = 12_000_000
NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


class NoPicture(ValueError):
    """`.reason` is a short slug: "placeholder", "vector", "bad-data"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_inline(untrusted: str) -> bool:
    """Does the address carry its own content?"""
    return untrusted[:5].lower() == "data:"


def file_in(untrusted: str) -> bytes:
    """Return the encoded picture file inside a data: URI; raise NoPicture."""
    head, comma, body = untrusted[5:].partition(",")
    kind = head.partition(";")[0].strip().lower()
    if "svg" in kind:
        raise NoPicture("vector")
    if not comma or len(body) > LARGEST or not (kind.startswith("image/") or kind in ("", "application/octet-stream")):
        raise NoPicture("bad-data")
    data = unquote_to_bytes(body)
    if head.rpartition(";")[2].strip().lower() == "base64":
        data = _decoded(data)
    if len(data) < SMALLEST:
        raise NoPicture("placeholder")
    return data


def _decoded(data: bytes) -> bytes:
    plain = NOT_BASE64.sub(b"", data.replace(b"-", b"+").replace(b"_", b"/"))
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4))
    except binascii.Error as error:
        raise NoPicture("bad-data") from error
