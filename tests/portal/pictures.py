"""Harmless pictures drawn by numbers: smooth enough to compress, busy enough to be told apart."""

import io
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
