"""Jobs of the engine that run inside a worker: untrusted bytes in, plain JSON values out."""

import io
from typing import Any


def fingerprint_picture(untrusted: bytes) -> dict[str, Any]:
    """Decode and fingerprint one picture; raise matchers.Unhashable, whose `.reason` travels back."""
    from matchers import fingerprint

    return fingerprint(untrusted).to_json()


def frames_of_picture(untrusted: bytes) -> list[dict[str, Any]]:
    """Decode and fingerprint a picture, or the distinct frames of an animation; `Frame.from_json` turns each back."""
    from matchers.frames import frames

    return [frame.to_json() for frame in frames(untrusted)]


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

    from crawler.images.jobs import page

    noise = Image.effect_noise((160, 120), 80)
    for kind in ("JPEG", "PNG", "GIF", "WEBP"):
        file = io.BytesIO()
        noise.save(file, kind)
        frames_of_picture(file.getvalue())
    page(b"<html><body><img src=a.jpg></body></html>", address="https://place.example/")
