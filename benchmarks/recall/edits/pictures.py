"""What an edit is, and what all of them need: files, sizes, places, letters.

An edit takes the photo (uint8 RGB, height x width x 3), what it may borrow (`Borrowed`) and a random
generator, and gives the file a crawler would download (JPEG, PNG or WebP bytes). Nothing is read from
the clock or the network, so the same seed gives the same file.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageFont

Photo = np.ndarray
Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""


@dataclass(frozen=True)
class Borrowed:
    """What an edit may use besides the photo: other pictures, and where the head is."""

    hosts: tuple[Photo, ...]
    face: Box | None = None


Edit = Callable[[Photo, Borrowed, np.random.Generator], bytes]


def jpeg(photo: Photo, quality: int) -> bytes:
    """Save as JPEG with 4:2:0 colour."""
    out = io.BytesIO()
    Image.fromarray(photo).save(out, "JPEG", quality=int(quality))
    return out.getvalue()


def other_format(photo: Photo, name: str) -> bytes:
    """Save as PNG or WebP."""
    out = io.BytesIO()
    Image.fromarray(photo).save(out, name, **({"quality": 60} if name == "WEBP" else {}))
    return out.getvalue()


def pixels(data: bytes) -> Photo:
    """Decode a file we made ourselves."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def resized(photo: Photo, factor: float) -> Photo:
    """Scale both sides by `factor`; never below 8 px."""
    height, width = photo.shape[:2]
    size = (max(8, round(width * factor)), max(8, round(height * factor)))
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)


def long_side(photo: Photo, length: int) -> Photo:
    """Scale so that the longer side is `length`."""
    return resized(photo, length / max(photo.shape[:2]))


def clipped(values: np.ndarray) -> Photo:
    """Round to bytes."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def place(random: np.random.Generator, outer: tuple[int, int], inner: tuple[int, int]) -> tuple[int, int]:
    """Choose the top left corner (x, y) of an inner box (width, height) within the outer one."""
    return tuple(int(random.integers(0, max(1, o - i + 1))) for o, i in zip(outer, inner, strict=True))  # type: ignore[return-value]


def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own typeface: every machine has it."""
    return ImageFont.load_default(size=max(8, size))


WORDS = [
    "wait",
    "what",
    "is",
    "this",
    "really",
    "true",
    "when",
    "you",
    "see",
    "her",
    "again",
    "nobody",
    "told",
    "me",
    "look",
    "at",
    "that",
    "day",
    "my",
    "friend",
]


def words(random: np.random.Generator, count: int) -> str:
    """Draw a caption."""
    return " ".join(random.choice(WORDS, count))
