"""Harmless pictures drawn by numbers: smooth enough to compress, busy enough to be told apart."""

import io
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def pixels(seed: int, width: int = 320, height: int = 240) -> NDArray[np.uint8]:
    """Return RGB pixels of a made-up picture: waves and blobs, another one for each seed."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    layers = np.zeros((height, width, 3))
    for _ in range(8):
        fx, fy, phase = random.normal(0, 30), random.normal(0, 30), random.uniform(0, 6.3)
        layers += np.sin(fx * x + fy * y + phase)[..., None] * random.uniform(-1, 1, 3)
    for _ in range(5):
        cx, cy, size = random.uniform(0, 1, 3)
        layers += np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (0.002 + size * 0.02))[..., None] * random.normal(0, 2, 3)
    low, high = layers.min(), layers.max()
    return ((layers - low) / (high - low) * 255).astype(np.uint8)


def image(seed: int, width: int = 320, height: int = 240) -> Image.Image:
    """Return a made-up picture."""
    return Image.fromarray(pixels(seed, width, height))


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return a picture as a file."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def picture(seed: int, width: int = 320, height: int = 240) -> bytes:
    """Return a made-up picture as a PNG file."""
    return saved(image(seed, width, height))


DISPLAY_P3 = ((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1572, 0.0666, 0.7841))
"""Red, green and blue of many phones' displays, as XYZ under the white point of profiles."""
WHITE = (0.9642, 1.0, 0.8249)


def display_p3() -> bytes:
    """Return an ICC profile of a wider gamut than sRGB, with a plain gamma of 2.2."""
    curve = struct.pack(">4s4xIHxx", b"curv", 1, round(2.2 * 256))
    tags = {
        b"desc": struct.pack(">4s4xI", b"desc", 3) + b"p3".ljust(84, b"\0"),
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
        b"wtpt": _xyz(WHITE),
        **{name: _xyz(colour) for name, colour in zip((b"rXYZ", b"gXYZ", b"bXYZ"), DISPLAY_P3, strict=True)},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for name, content in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(content))
        body += content.ljust(-(-len(content) // 4) * 4, b"\0")
    made = struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    head = struct.pack(">4xI4s4s4s12s4s28x", 0x02200000, b"mntr", b"RGB ", b"XYZ ", made, b"acsp")
    rest = _xyz(WHITE)[8:].ljust(60, b"\0") + struct.pack(">I", len(tags)) + table + body
    return struct.pack(">I", 4 + len(head) + len(rest)) + head + rest


def _xyz(colour: tuple[float, float, float]) -> bytes:
    return struct.pack(">4s4x3i", b"XYZ ", *(round(value * 65536) for value in colour))
