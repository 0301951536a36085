"""The jobs of this folder for the killable workers: untrusted bytes in, plain JSON values out."""

from typing import Any

from crawler.images.page import see, see_sheet


def page(untrusted: bytes, *, address: str, content_type: str = "") -> dict[str, Any]:
    """Read one HTML page; `Seen.from_json` turns the answer back."""
    return see(untrusted, address, content_type).to_json()


def sheet(untrusted: bytes, *, address: str) -> dict[str, Any]:
    """Read one style sheet; `Seen.from_json` turns the answer back."""
    return see_sheet(untrusted, address).to_json()
