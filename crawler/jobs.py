"""Jobs of the engine that run inside a worker: untrusted bytes in, plain JSON values out."""

import contextlib
import io
from collections.abc import Sequence
from typing import Any


def fingerprint_picture(untrusted: bytes, *, head: Sequence[float] | None = None) -> dict[str, Any]:
    """Decode and fingerprint one picture; raise matchers.Unhashable, whose `.reason` travels back.

    `head` is the box around a head: see `matchers.fingerprint.fingerprint`.
    """
    from matchers import fingerprint

    return fingerprint(untrusted, head=(head[0], head[1], head[2], head[3]) if head else None).to_json()


def photos_of_file(untrusted: bytes, *, head: Sequence[float] | None = None) -> list[dict[str, Any]]:
    """Return what a file to be enrolled shows, as frames: a photo, or each distinct moment of what moves.

    A marked head is one of the photo, or of the first moment, which is then the only one.
    """
    if head:
        return [{"at_ms": None, "fingerprint": fingerprint_picture(untrusted, head=head)}]
    return frames_of_picture(untrusted, videos=True)


def frames_of_picture(untrusted: bytes, *, whole_only: bool = False, videos: bool = False) -> list[dict[str, Any]]:
    """Fingerprint a picture, or the distinct frames of an animation or video; `Frame.from_json` turns each back."""
    from matchers.frames import frames

    return [frame.to_json() for frame in frames(untrusted, whole_only=whole_only, videos=videos)]


def read_page(untrusted: bytes, *, address: str, content_type: str = "") -> dict[str, Any]:
    """Read one HTML page for everybody who asks something of it: three journeys to a worker cost more than the work.

    "seen" is what it shows; "scripted" and "trails" are there unless they failed: then who needs them asks alone, and
    is refused by name.
    """
    from crawler.discovery import trails
    from crawler.images.markup import html_text, html_tree
    from crawler.images.page import seen_in
    from crawler.places import scripted

    text = html_text(untrusted, content_type)
    tree = html_tree(text)
    said: dict[str, Any] = {"seen": seen_in(tree, address).to_json()}
    with contextlib.suppress(Exception):
        said["scripted"] = scripted.suggested(text)
    with contextlib.suppress(Exception):
        said["trails"] = trails.told(tree, address)
    return said


def look(untrusted: bytes, *, address: str, content_type: str = "") -> dict[str, Any]:
    """Read one page for a re-check: which pictures are on it, and what it says about itself."""
    from crawler.images.page import see
    from crawler.saying import said

    return {
        "seen": see(untrusted, address, content_type).to_json(),
        "said": said(untrusted, content_type).to_json(),
    }


def warm_up() -> None:
    """Fingerprint one picture of each common format, and read one page."""
    from PIL import Image

    noise = Image.effect_noise((160, 120), 80)
    for kind in ("JPEG", "PNG", "GIF", "WEBP"):
        file = io.BytesIO()
        noise.save(file, kind)
        frames_of_picture(file.getvalue())
    read_page(b"<html><body><img src=a.jpg></body></html>", address="https://place.example/")
