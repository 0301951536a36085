"""Jobs of the engine that run inside a worker: untrusted bytes in, plain JSON values out."""

from typing import Any


def fingerprint_picture(untrusted: bytes) -> dict[str, Any]:
    """Decode and fingerprint one picture; raise matchers.Unhashable, whose `.reason` travels back."""
    from matchers import fingerprint

    return fingerprint(untrusted).to_json()
