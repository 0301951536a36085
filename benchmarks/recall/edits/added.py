"""Edits that add something: bars, frames, captions, stickers, watermarks."""

import cv2
import numpy as np
from PIL import Image, ImageDraw

from benchmarks.recall.edits.pictures import Borrowed, Edit, Photo, clipped, font, jpeg, place, words


def bordered(photo: Photo, x: int, y: int, colour: tuple[int, int, int]) -> Photo:
    """Add bars of `x` pixels left and right and `y` above and below."""
    return cv2.copyMakeBorder(photo, y, y, x, x, cv2.BORDER_CONSTANT, value=colour)


def letterboxed(percent: float) -> Edit:
    """Black bars above and below, or left and right."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        height, width = photo.shape[:2]
        wide = random.random() < 0.5
        x, y = (0, round(height * percent / 100)) if wide else (round(width * percent / 100), 0)
        return jpeg(bordered(photo, x, y, (0, 0, 0)), 85)

    return edit


def framed(percent: float) -> Edit:
    """A frame of one colour all round."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        width = round(max(photo.shape[:2]) * percent / 100)
        return jpeg(bordered(photo, width, width, tuple(int(c) for c in random.integers(0, 256, 3))), 85)  # type: ignore[arg-type]

    return edit


def with_text(photo: Photo, text: str, y: float, size: float = 0.07) -> Photo:
    """Write outlined text across the picture at relative height `y`."""
    canvas = Image.fromarray(photo)
    pen, letters = ImageDraw.Draw(canvas), font(round(photo.shape[0] * size))
    centre = (photo.shape[1] / 2, photo.shape[0] * y)
    pen.text(centre, text, font=letters, fill="white", anchor="mm", stroke_width=2, stroke_fill="black")
    return np.asarray(canvas)


def caption_over(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """Meme text above and below, written on the photo."""
    lined = with_text(photo, words(random, 4).upper(), 0.08)
    return jpeg(with_text(lined, words(random, 3).upper(), 0.92), 85)


def caption_bar(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """A white bar with black text above the photo."""
    height, width = photo.shape[:2]
    bar = Image.new("RGB", (width, max(30, height // 6)), "white")
    ImageDraw.Draw(bar).text(
        (10, bar.height / 2), words(random, 6), fill="black", anchor="lm", font=font(bar.height // 3)
    )
    return jpeg(np.vstack([np.asarray(bar), photo]), 85)


def stickered(percent: float) -> Edit:
    """Round and square stickers that hide `percent` of the photo."""

    def edit(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
        canvas = Image.fromarray(photo)
        pen, count = ImageDraw.Draw(canvas), int(random.integers(1, 4))
        side = int((photo.shape[0] * photo.shape[1] * percent / 100 / count) ** 0.5)
        for _ in range(count):
            x, y = place(random, (photo.shape[1], photo.shape[0]), (side, side))
            colour = tuple(int(c) for c in random.integers(0, 256, 3))
            shape = pen.ellipse if random.random() < 0.5 else pen.rectangle
            shape((x, y, x + side, y + side), fill=colour, outline="black", width=3)
            pen.arc((x + side // 4, y + side // 4, x + 3 * side // 4, y + 3 * side // 4), 20, 160, "black", 4)
        return jpeg(np.asarray(canvas), 85)

    return edit


def watermarked(photo: Photo, borrowed: Borrowed, random: np.random.Generator) -> bytes:
    """Half-transparent text again and again."""
    layer = Image.new("L", (photo.shape[1], photo.shape[0]), 0)
    pen, size = ImageDraw.Draw(layer), max(12, photo.shape[0] // 14)
    for y in range(size, photo.shape[0], size * 4):
        for x in range(-size, photo.shape[1], size * 8):
            pen.text((x, y), "SAMPLE.NET", fill=110, font=font(size))
    alpha = np.asarray(layer)[..., None] / 255
    return jpeg(clipped(photo * (1 - alpha) + 255 * alpha), 85)
