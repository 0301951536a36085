"""Pictures drawn by code: the same pixels on every machine, photo-like enough to be hashed."""

import functools
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from matchers import Fingerprint, fingerprint

OCTAVES = ((3, 16), (5, 8), (9, 4), (17, 2), (33, 1))  # points a side, weight


def drawn(seed: int, width: int, height: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return height x width x 3 pixels of smooth noise, in whole numbers only (vectors/README.md)."""
    state, pixels = seed, np.zeros((height, width, 3), np.int64)
    for channel in range(3):
        for points, weight in OCTAVES:
            values = np.empty(points * points, np.int64)
            for place in range(points * points):
                state = (state * 1664525 + 1013904223) % 2**32
                values[place] = state >> 24
            pixels[:, :, channel] += weight * _stretched(values.reshape(points, points), width, height)
    return (pixels // 31).astype(np.uint8)


def _stretched(values: np.ndarray[Any, Any], width: int, height: int) -> np.ndarray[Any, Any]:
    points = len(values)
    across, down = (np.arange(side) * (points - 1) * 256 // side for side in (width, height))
    column, right, row, below = across >> 8, across & 255, (down >> 8)[:, None], (down & 255)[:, None]
    upper = values[row, column] * (256 - right) + values[row, column + 1] * right
    lower = values[row + 1, column] * (256 - right) + values[row + 1, column + 1] * right
    return (upper * (256 - below) + lower * below) >> 16


def photo(seed: int, width: int = 800, height: int = 600) -> Image.Image:
    """Return a picture with large and small shapes of its own."""
    image = Image.fromarray(drawn(seed, width, height))
    pen, rng = ImageDraw.Draw(image), np.random.default_rng(seed)
    for _ in range(14):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        across, down = (int(side) for side in rng.integers(width // 20, width // 3, 2))
        colour = tuple(int(level) for level in rng.integers(0, 256, 3))
        (pen.ellipse if rng.random() < 0.6 else pen.rectangle)((x, y, x + across, y + down), fill=colour)
    return textured(image, rng)


def textured(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return it with small clouds of light and shade all over, as skin, cloth and leaves have them."""
    shade = sum(
        weight * np.asarray(Image.fromarray(rng.integers(0, 256, (side * 3 // 4, side), np.uint8)).resize(image.size))
        for side, weight in ((200, 0.12), (60, 0.15))
    )
    return Image.fromarray(np.clip(np.asarray(image) + (shade - 0.27 * 128)[..., None], 0, 255).astype(np.uint8))


def saved(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    """Return the file's bytes."""
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


@functools.cache
def _made(seed: int, width: int = 800, height: int = 600) -> Fingerprint:
    return fingerprint(saved(photo(seed, width, height), "PNG"))


@pytest.fixture
def draw() -> Callable[..., Image.Image]:
    return photo


@pytest.fixture
def draw_pixels() -> Callable[..., np.ndarray[Any, np.dtype[np.uint8]]]:
    return drawn


@pytest.fixture
def save() -> Callable[..., bytes]:
    return saved


@pytest.fixture
def fp() -> Callable[..., Fingerprint]:
    """Return the fingerprint of drawn picture `seed`."""
    return _made
