"""Scenes drawn by code with as much of their own in every corner as a photo has."""

import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

Scene = np.ndarray


def drawn(seed: int, width: int = 640, height: int = 480) -> Scene:
    """Clouds of four sizes in three colours: no shape of it is in any other."""
    random = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3))
    for sigma, weight in ((3, 25), (7, 30), (18, 40), (50, 60)):
        for channel in range(3):
            clouds = cv2.GaussianBlur(random.normal(0, 1, (height, width)), (0, 0), sigma) * sigma * 3.5
            picture[..., channel] += weight * clouds * (1 if channel else 0.6)
    return np.clip(128 + picture * 0.6, 0, 255).astype(np.uint8)


def jpeg(picture: Scene, quality: int = 80) -> bytes:
    """Save as JPEG."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return file.getvalue()


def captioned(picture: Scene, above: str, below: str) -> Scene:
    """Write two lines across it, outlined like a meme."""
    image = Image.fromarray(picture)
    pen, letters = ImageDraw.Draw(image), ImageFont.load_default(size=52)
    for text, y in ((above, 0.1), (below, 0.9)):
        place = (image.width / 2, image.height * y)
        pen.text(place, text, "white", letters, "mm", stroke_width=3, stroke_fill="black")
    return np.asarray(image)


def in_an_app(picture: Scene, comment: str) -> Scene:
    """Show it in the screen of an app: header, round picture, buttons, a comment."""
    screen = Image.new("RGB", (720, 1280), "white")
    pen = ImageDraw.Draw(screen)
    pen.rectangle((0, 0, 720, 60), fill=(40, 60, 160))
    pen.text((20, 12), "Pictures for you", "white", ImageFont.load_default(size=32))
    pen.ellipse((20, 80, 100, 160), fill=(200, 60, 90))
    for x in (30, 110, 190, 640):
        pen.ellipse((x, 1000, x + 50, 1050), outline="black", width=5)
        pen.rectangle((x + 10, 1010, x + 40, 1040), outline="black", width=4)
    pen.text((30, 1080), comment, "black", ImageFont.load_default(size=30))
    screen.paste(Image.fromarray(picture).resize((720, 540)), (0, 300))
    return np.asarray(screen)


@pytest.fixture
def scene() -> Callable[..., Scene]:
    return drawn


@pytest.fixture
def save() -> Callable[..., bytes]:
    return jpeg


@pytest.fixture
def caption() -> Callable[..., Scene]:
    return captioned


@pytest.fixture
def screenshot() -> Callable[..., Scene]:
    return in_an_app
