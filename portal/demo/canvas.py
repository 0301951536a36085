"""Brush and paint of the demo's pictures: numpy pixels, soft shapes, fractal texture, film grain.

Coordinates are fractions of the picture: x of its width, y of its height; radii are fractions of its
height. Colours are (red, green, blue) in 0..1. All chance comes from the canvas's own seed.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[float, float, float]
Floats = NDArray[np.float32]


class Canvas:
    """A picture being painted: float32 pixels of shape (height, width, 3), 0 dark to 1 bright."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        """Start black; the same size and seed always lead to the same picture."""
        self.width, self.height = width, height
        self.chance = np.random.default_rng(seed)
        self.pixels: Floats = np.zeros((height, width, 3), np.float32)

    def gradient(self, top: Colour, bottom: Colour, *, start: float = 0.0, end: float = 1.0) -> None:
        """Fill the rows from `start` to `end` (fractions of the height) with a vertical gradient."""
        first, last = round(start * self.height), round(end * self.height)
        share = np.linspace(0, 1, max(last - first, 1), dtype=np.float32)[:, None, None]
        self.pixels[first:last] = (1 - share) * _rgb(top) + share * _rgb(bottom)

    def texture(self, cells: int, octaves: int = 4, *, stretch: float = 1.0) -> Floats:
        """Return fractal noise of the canvas's size, mean 0, deviation 1; `stretch` draws it out sideways."""
        half = (self.width // 2, self.height // 2)  # film grain is added later; half the size is fine enough
        total = np.zeros(half[::-1], np.float32)
        for octave in range(octaves):
            rows = max(2, round(cells * 2**octave))
            columns = max(2, round(rows * self.width / self.height / stretch))
            grid = self.chance.standard_normal((rows, columns)).astype(np.float32)
            layer = Image.fromarray(grid).resize(half, Image.Resampling.BICUBIC)
            total += np.asarray(layer, np.float32) * np.float32(0.55**octave)
        total -= total.mean()
        total /= max(float(total.std()), 1e-6)
        whole = Image.fromarray(total).resize((self.width, self.height), Image.Resampling.BILINEAR)
        return np.asarray(whole, np.float32)

    def wash(self, amount: Floats, colour: Colour, mask: Floats | None = None) -> None:
        """Move the pixels towards `colour` by `amount` (0..1 a pixel), inside `mask` only if one is given."""
        share = np.clip(amount if mask is None else amount * mask, 0, 1)
        rows, columns = (np.flatnonzero(share.any(axis=axis)) for axis in (1, 0))
        if not rows.size:
            return
        window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        for channel, value in enumerate(colour):
            plane = self.pixels[..., channel][window]
            plane += share[window] * (np.float32(value) - plane)

    def polygon(self, points: Sequence[tuple[float, float]]) -> Floats:
        """Return the soft-edged mask of a polygon."""
        big = Image.new("L", (self.width * 2, self.height * 2))
        outline = [(x * self.width * 2, y * self.height * 2) for x, y in points]
        ImageDraw.Draw(big).polygon(outline, fill=255)
        return np.asarray(big.reduce(2), np.float32) / np.float32(255)

    def ellipse(
        self,
        centre: tuple[float, float],
        radii: tuple[float, float],
        colour: Colour,
        *,
        angle: float = 0.0,
        light: float = 0.0,
        soft: float = 1.5,
        strength: float = 1.0,
    ) -> None:
        """Paint an ellipse; `light` shades it like a ball lit from the left, `soft` is the edge in pixels."""
        (x, y), (across, down) = centre, radii
        reach = max(across, down) * self.height + soft + 1
        left, right = _within(x * self.width, reach, self.width)
        top, bottom = _within(y * self.height, reach, self.height)
        if left >= right or top >= bottom:
            return
        rows = (np.arange(top, bottom, dtype=np.float32)[:, None] - y * self.height) / self.height
        columns = (np.arange(left, right, dtype=np.float32)[None, :] - x * self.width) / self.height
        cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        u = (columns * cosine + rows * sine) / across
        v = (-columns * sine + rows * cosine) / down
        far = np.sqrt(u * u + v * v)
        edge = np.float32(soft / (min(across, down) * self.height))
        mask = strength * np.clip((1 + edge / 2 - far) / edge, 0, 1)[..., None]
        shade = 1 + light * np.clip(-(u + v) * 0.5 + 0.15, -0.8, 0.8)[..., None]
        patch = self.pixels[top:bottom, left:right]
        patch += mask * (np.clip(_rgb(colour) * shade, 0, 1) - patch)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """Paint an upright rectangle with hard edges."""
        rows = slice(max(0, round(top * self.height)), max(0, round(bottom * self.height)))
        columns = slice(max(0, round(left * self.width)), max(0, round(right * self.width)))
        self.pixels[rows, columns] = _rgb(colour)

    def blur(self, radius: float) -> None:
        """Put everything painted so far out of focus, as behind a person (radius: share of the height)."""
        self.pixels = _pixels(_image(self.pixels).filter(ImageFilter.GaussianBlur(radius * self.height)))

    def finish(self, *, grain: float = 0.02, vignette: float = 0.25) -> Image.Image:
        """Develop the photo: darker corners, film grain, 8 bits a channel."""
        rows = np.linspace(-1, 1, self.height, dtype=np.float32)[:, None]
        columns = np.linspace(-1, 1, self.width, dtype=np.float32)[None, :]
        fall = 1 - vignette * (rows**2 + columns**2) / 2
        noise = self.chance.standard_normal((self.height, self.width), np.float32) * np.float32(grain)
        return _image(self.pixels * fall[..., None] + noise[..., None])


def _rgb(colour: Colour) -> Floats:
    return np.array(colour, np.float32)


def _within(middle: float, reach: float, limit: int) -> tuple[int, int]:
    return max(0, int(middle - reach)), min(limit, int(middle + reach) + 1)


def _image(pixels: Floats) -> Image.Image:
    return Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8))


def _pixels(image: Image.Image) -> Floats:
    return np.asarray(image, np.float32) / np.float32(255)
