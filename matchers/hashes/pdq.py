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
    brightness = np.empty(pixels.shape[:2], np.float32)
    for rows in _blocks(len(pixels)):
        red, green, blue = (pixels[rows, :, channel] * LUMA[channel] for channel in range(3))
        brightness[rows] = (red + green) + blue
    return brightness


def grid(brightness: Floats) -> Floats:
    """Return the picture as 64 x 64 points: twice blurred along both axes, then sampled at cell centres."""
    height, width = brightness.shape
    down = ((np.arange(64) + 0.5) * height / 64).astype(np.intp)
    across = ((np.arange(64) + 0.5) * width / 64).astype(np.intp)
    if (height, width) == (64, 64):
        return brightness
    once = _box(np.ascontiguousarray(_box(brightness, window(width)).T), window(height))
    # Of the second blur, only what is sampled is kept.
    twice = np.ascontiguousarray(_box(np.ascontiguousarray(once.T), window(width))[:, across].T)
    return np.ascontiguousarray(_box(twice, window(height))[:, down].T)


def window(side: int) -> int:
    """Return the width of the box filter along a side of so many pixels: half a cell, rounded up."""
    return (side + 127) // 128


def _blocks(rows: int) -> list[slice]:
    """Return slices of 32 rows: what is made on the way then stays in the processor's cache."""
    return [slice(start, start + 32) for start in range(0, rows, 32)]


def _box(values: Floats, size: int) -> Floats:
    """Return the mean of `size` neighbours along each row; at its ends, of those that are there.

    The reference keeps one running sum a row: add the next, take away the last. Laying additions and
    removals out in that order and accumulating them gives its rounding too.
    """
    if size == 1:
        return values
    length = values.shape[1]
    ahead = (size + 2) // 2  # the point itself and those after it: 7 -> 4, 8 -> 5
    first, full = size - ahead + 1, length - size  # points before the window is full, and removals after it
    counts = np.full(length, size, np.float32)
    counts[:first] = np.arange(ahead, size + 1)
    counts[length - ahead + 1 :] = np.arange(size - 1, size - ahead, -1)
    means = np.empty_like(values)
    steps = np.empty((32, 2 * length - size + ahead - 1), np.float32)
    for rows in _blocks(len(values)):
        block = values[rows]
        room = steps[: len(block)]
        room[:, :size] = block[:, :size]
        room[:, size : size + 2 * full : 2] = block[:, size:]
        np.negative(block[:, :full], out=room[:, size + 1 : size + 2 * full : 2])
        np.negative(block[:, full : full + ahead - 1], out=room[:, size + 2 * full :])
        np.add.accumulate(room, axis=1, out=room)
        means[rows, :first] = room[:, ahead - 1 : size]
        means[rows, first : first + full] = room[:, size + 1 : size + 2 * full : 2]
        means[rows, first + full :] = room[:, size + 2 * full :]
        means[rows] /= counts
    return means


def frequencies(small: Floats) -> Floats:
    """Return the 16 x 16 lowest frequencies (down x across) of a 64 x 64 grid, without the mean."""
    down = np.add.accumulate(DCT[:, None, :] * small.T[None, :, :], axis=2)[:, :, -1]
    across: Floats = np.add.accumulate(down[:, None, :] * DCT[None, :, :], axis=2)[:, :, -1]
    return across


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
