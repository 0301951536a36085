"""JPEGs drawn by code: surfaces with structure at all sizes and a few shapes, 20 to 200 KB each."""

import io
import random
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SMALLEST, LARGEST = 20_000, 200_000
SHAPES = ((960, 720), (720, 960), (1000, 667), (830, 830))


@cache
def _texture(seed: int) -> NDArray[np.float32]:
    """A large surface with structure at all sizes, as photos have: noise, weaker the finer it is."""
    chance = np.random.default_rng(seed)
    side = 2048
    whole = np.zeros((side, side), np.float32)
    for level in range(1, 10):
        small = chance.standard_normal((2**level + 1,) * 2).astype(np.float32)
        grown = Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC)
        whole += np.asarray(grown) * np.float32(0.62**level)
    scaled: NDArray[np.float32] = whole / whole.std()
    return scaled


def drawn(seed: int, number: int) -> bytes:
    """Return one JPEG of 20 to 200 KB, another for every number."""
    chance = random.Random(f"{seed}/{number}")
    scale = (chance.uniform(SMALLEST, LARGEST) / 110_000) ** 0.5
    width, height = chance.choice(SHAPES)
    size = (int(width * scale), int(height * scale))
    image = Image.fromarray(_surface(chance, seed, size))
    pen = ImageDraw.Draw(image)
    for _ in range(12):
        x, y, r = chance.random() * size[0], chance.random() * size[1], chance.uniform(0.02, 0.15) * size[0]
        pen.ellipse((x - r, y - r, x + r, y + r), fill=tuple(chance.randrange(256) for _ in range(3)))
    for quality in (86, 80, 70, 92, 95):
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality)
        if SMALLEST <= file.tell() <= LARGEST:
            return file.getvalue()
    raise AssertionError("no quality gives a file of the promised size")


def _surface(chance: random.Random, seed: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    texture = _texture(seed)
    planes = []
    for strength in (50, 18, 18):
        x, y = chance.randrange(texture.shape[1] - size[0]), chance.randrange(texture.shape[0] - size[1])
        planes.append(128 + strength * texture[y : y + size[1], x : x + size[0]])
    pixels = np.stack(planes, axis=-1)
    pixels[..., 0] += np.random.default_rng(chance.getrandbits(32)).normal(0, 5, pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels.clip(0, 255).astype(np.uint8), "YCbCr").convert("RGB"))


def draw(seed: int, path: Path, number: int) -> None:
    """Write one to a file."""
    path.write_bytes(drawn(seed, number))
