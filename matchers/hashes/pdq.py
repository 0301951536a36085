"""PDQ: 256 bits from the low frequencies of a picture, in its eight orientations; bit for bit the reference.

Source: Meta's ThreatExchange, `pdq/cpp` (BSD); docs/reference/hashes.md writes every step down. The reference
adds up in single precision, one number after the other, and which bit falls on which side of the median can
hang on that. `numpy.add.accumulate` adds in the same order, so we agree on every bit and not just on most.
"""

import numpy as np
from numpy.typing import NDArray

from matchers.hashes import ImageHash

ALGORITHM = "pdq"
VERSION = "1"
BITS = 256
ORIENTATIONS = (
    "upright",
    "rotated-90",
    "rotated-180",
    "rotated-270",
    "flipped-vertically",
    "flipped-horizontally",
    "flipped-diagonal",
    "flipped-antidiagonal",
)
"""What was done to the upright picture, in the order of `all_orientations`; rotations turn counter-clockwise."""

LUMA = (0.299, 0.587, 0.114)
SMALLEST_SIDE = 5  # the reference gives no hash below

Floats = NDArray[np.float32]

_scale = float(np.float32(np.sqrt(2.0 / 64.0)))
_rows, _columns = np.arange(1, 17)[:, None], 2 * np.arange(64)[None, :] + 1
DCT: Floats = (_scale * np.cos((np.pi / 2.0 / 64.0) * _rows * _columns)).astype(np.float32)
"""16 x 64: the cosine transform's rows 1-16; row 0, the mean brightness, is left out."""


def all_orientations(pixels: NDArray[np.uint8]) -> tuple[tuple[ImageHash, ...], int]:
    """Return the hashes in the order of ORIENTATIONS, and the quality 0..100.

    `pixels` is height x width x 3 (RGB, 8 bit), each side at least 5 pixels.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or min(pixels.shape[:2]) < SMALLEST_SIDE:
        raise ValueError(f"PDQ needs RGB pixels, at least 5 x 5; these are {pixels.shape}")
    small = grid(luma(pixels))
    waves = frequencies(small)
    return tuple(_to_hash(turned) for turned in _turned(waves)), quality(small)


def luma(pixels: NDArray[np.uint8]) -> Floats:
    """Return the brightness 0..255 of RGB pixels; weighed in double precision, then rounded to single."""
    red, green, blue = (pixels[:, :, channel] * LUMA[channel] for channel in range(3))
    return ((red + green) + blue).astype(np.float32)


def grid(brightness: Floats) -> Floats:
    """Return the picture as 64 x 64 points: twice blurred along both axes, then sampled at cell centres."""
    height, width = brightness.shape
    if (height, width) != (64, 64):
        for _ in range(2):
            brightness = _box(brightness.T, window(width)).T
            brightness = _box(brightness, window(height))
    down = ((np.arange(64) + 0.5) * height / 64).astype(np.intp)
    across = ((np.arange(64) + 0.5) * width / 64).astype(np.intp)
    return np.ascontiguousarray(brightness[np.ix_(down, across)])


def window(side: int) -> int:
    """Return the width of the box filter along a side of so many pixels: half a cell, rounded up."""
    return (side + 127) // 128


def _box(values: Floats, size: int) -> Floats:
    """Return the mean of `size` neighbours down each column; at the edges, of those that are there.

    The reference keeps one running sum a line: add the next, take away the last. Laying additions and
    removals out in that order and accumulating them gives its rounding too.
    """
    if size == 1:
        return values
    length = len(values)
    ahead = (size + 2) // 2  # the point itself and those after it: 7 -> 4, 8 -> 5
    steps = np.empty((2 * length - size, values.shape[1]), np.float32)
    steps[:size] = values[:size]
    steps[size::2] = values[size:]
    np.negative(values[: length - size], out=steps[size + 1 :: 2])
    tail = np.negative(values[length - size : length - size + ahead - 1])
    sums = np.add.accumulate(np.concatenate((steps, tail)), axis=0)
    head, body, end = sums[ahead - 1 : size], sums[size + 1 : 2 * length - size : 2], sums[2 * length - size :]
    means = np.concatenate((head, body, end))
    counts = np.full((length, 1), size, np.float32)
    counts[: size - ahead + 1, 0] = np.arange(ahead, size + 1)
    counts[length - ahead + 1 :, 0] = np.arange(size - 1, size - ahead, -1)
    return np.asarray(means / counts, np.float32)


def frequencies(small: Floats) -> Floats:
    """Return the 16 x 16 lowest frequencies (down x across) of a 64 x 64 grid, without the mean."""
    down = np.add.accumulate(DCT[:, :, None] * small[None, :, :], axis=1)[:, -1]
    return np.add.accumulate(down[:, None, :] * DCT[None, :, :], axis=2)[:, :, -1]


def quality(small: Floats) -> int:
    """Return 0 (flat) .. 100: how much brightness steps between neighbours of the grid, small steps not counted."""
    steps = 0
    for axis in (0, 1):
        difference = np.diff(small, axis=axis) * np.float32(-100) / np.float32(255)
        steps += int(np.abs(difference.astype(np.int32)).sum())
    return min(100, steps // 90)


def _turned(waves: Floats) -> tuple[Floats, ...]:
    """Return the frequencies of the turned and mirrored picture: a transposition, and signs that change."""
    odd = np.where(np.arange(16) % 2 == 0, np.float32(-1), np.float32(1))  # index 0 is the odd frequency 1
    across, down = odd[None, :], odd[:, None]
    return (
        waves,
        (waves * across).T,
        waves * across * down,
        (waves * down).T,
        waves * down,
        waves * across,
        waves.T,
        (waves * across * down).T,
    )


def _to_hash(waves: Floats) -> ImageHash:
    """Return one bit a frequency: 1 where it is above the median; the last frequency is the first bit."""
    median = np.partition(waves, 127, axis=None)[127]  # the 128th smallest, as in the reference
    bits = np.packbits((waves > median).ravel()[::-1])
    return ImageHash(ALGORITHM, VERSION, bits.tobytes())


def compute(pixels: NDArray[np.uint8]) -> ImageHash:
    """Return the hash of the picture as it stands."""
    return all_orientations(pixels)[0][0]
