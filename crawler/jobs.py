"""Jobs of the engine that run inside a worker: untrusted bytes in, plain JSON values out."""

import io
from typing import Any


def fingerprint_picture(untrusted: bytes) -> dict[str, Any]:
    """Decode and fingerprint one picture; raise matchers.Unhashable, whose `.reason` travels back."""
    from matchers import fingerprint

    return fingerprint(untrusted).to_json()


def warm_up() -> None:
    """Fingerprint one picture of each common format, and read one page."""
    from PIL import Image

    from crawler.images.jobs import page

    noise = Image.effect_noise((160, 120), 80)
    for kind in ("JPEG", "PNG", "GIF", "WEBP"):
        file = io.BytesIO()
        noise.save(file, kind)
        fingerprint_picture(file.getvalue())
    page(b"<html><body><img src=a.jpg></body></html>", address="https://place.example/")
