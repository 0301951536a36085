"""PDQ's grid, frequencies and quality with every addition in the reference's order, and so rounded as it rounds.

The reference keeps one running sum along each line: add the next value, take away the last, each time rounded to
single precision. What a sum is therefore hangs on all values before it; no two of its steps can be made at once.
Lines do not hang on each other: all lines of a strip are stepped together (`matchers.row_sums`).
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.pdq_rules import DCT, LUMA, Places, Singles, ahead, bounds, centres, window
from matchers.row_sums import Sums

STRIP = 128
"""Lines that are stepped together: what is made on the way stays in the processor's second cache."""


@dataclass(frozen=True)
class Steps:
    """A box filter along lines of some length: the running sums, and by how many values each is divided (n x 1).

    The rows that are added up are the values of the lines and, after them, the sums: each begins with the one before.
    """

    sums: Sums
    counts: Singles


def grid(brightness: NDArray[np.uint8] | Singles) -> Singles:
    """Return the picture as 64 x 64 points: twice blurred along both axes, then sampled at cell centres."""
    height, width = brightness.shape
    if (height, width) == (64, 64):
        return brightness.astype(np.float32)
    rows, columns = window(height), window(width)
    # A little wider: rows that begin 4,096 bytes apart push each other out of the cache.
    blurred = np.empty((height, width + 16), np.float32)[:, :width]
    if brightness.dtype == np.uint8:
        _box_whole(brightness.astype(np.uint8, copy=False), columns, blurred)
    else:
        _box(brightness.T, columns, None, blurred.T)
    _box(blurred, rows, None, blurred)
    # Of the second blur, only what is sampled is kept.
    across = np.empty((64, height), np.float32)
    _box(blurred.T, columns, centres(width), across)
    small = np.empty((64, 64), np.float32)
    _box(across.T, rows, centres(height), small)
    return small


def luma(pixels: NDArray[np.uint8]) -> NDArray[np.uint8] | Singles:
    """Return the brightness 0..255 of pixels; colours are weighed in double precision, then rounded to single."""
    if pixels.ndim == 2:
        return pixels
    brightness = np.empty(pixels.shape[:2], np.float32)
    for start in range(0, len(pixels), STRIP):
        rows = slice(start, start + STRIP)
        red, green, blue = (pixels[rows, :, channel] * LUMA[channel] for channel in range(3))
        brightness[rows] = (red + green) + blue
    return brightness


def _box(lines: NDArray[np.uint8] | Singles, size: int, points: Places | None, out: Singles) -> None:
    """Write the mean of `size` neighbours down each column; at its ends, of those that are there.

    `points` says at which places of a column, None at all of them; `out` may be `lines`.
    """
    if size == 1:
        out[:] = lines if points is None else lines[points]
        return
    steps = _steps(len(lines), size, points is None)
    for start in range(0, lines.shape[1], STRIP):
        strip = slice(start, start + STRIP)
        np.divide(_run(lines[:, strip], steps), steps.counts, out=out[:, strip])


def _box_whole(levels: NDArray[np.uint8], size: int, out: Singles) -> None:
    """Write the mean of `size` neighbours along each row of whole numbers: their sums are exact in any order."""
    width, begin = levels.shape[1], size - ahead(size)
    begins, ends = bounds(width, size)
    counts = (ends - begins).astype(np.float32)
    for start in range(0, len(levels), STRIP):
        strip = levels[start : start + STRIP]
        padded = np.zeros((len(strip), width + size - 1), np.uint16 if size < 2**8 else np.uint32)
        padded[:, begin : begin + width] = strip
        np.divide(_windows(padded, size).astype(np.float32), counts, out=out[start : start + STRIP])


def _windows(values: NDArray[np.unsignedinteger], size: int) -> NDArray[np.unsignedinteger]:
    """Return the sums of every `size` neighbours along each row, from sums of 1, 2, 4, ... of them."""
    many = values.shape[1] - size + 1
    sums, taken, span = np.zeros((len(values), many), values.dtype), 0, 1
    while True:
        if size & span:
            sums += values[:, taken : taken + many]
            taken += span
        if 2 * span > size:
            return sums
        values = values[:, :-span] + values[:, span:]
        span *= 2


def _run(lines: NDArray[np.uint8] | Singles, steps: Steps) -> Singles:
    """Return the running sums (one row each, as wide as `lines`)."""
    length = len(lines)
    shared = np.empty((length + len(steps.sums), lines.shape[1]), np.float32)
    shared[:length] = lines
    shared[length:] = 0
    steps.sums.add(shared, shared[length:])
    return shared[length:]


@functools.lru_cache(maxsize=256)
def _steps(length: int, size: int, everywhere: bool) -> Steps:
    """Return the steps of a box filter, with a sum at every place of a line or at the 64 that are sampled."""
    place, first = np.arange(length), ahead(size)
    arriving, leaving = place + first - 1, place - (size - first) - 1
    points = place if everywhere else centres(length)
    number = np.searchsorted(points, place)  # of the sum that a place is on the way to
    begins = np.append(False, number[1:] != number[:-1])
    columns = np.stack([np.where(begins, length + number - 1, -1), arriving, leaving], axis=1)
    columns[columns[:, 1] >= length, 1] = -1
    signs = np.broadcast_to(np.array([1, 1, -1], np.float32), columns.shape)
    there = (columns >= 0) & (number < len(points))[:, None]
    filling = np.arange(first - 1)  # the first window is filled before the first place
    sums = Sums(
        np.append(0, np.cumsum(there.sum(axis=1))[points] + len(filling)).astype(np.int32),
        np.append(filling, columns[there]).astype(np.int32),
        np.append(np.ones(len(filling), np.float32), signs[there]),
    )
    window_begins, window_ends = bounds(length, size)
    return Steps(sums, (window_ends - window_begins)[points].astype(np.float32)[:, None])


def frequencies(small: Singles) -> Singles:
    """Return the 16 x 16 lowest frequencies (down x across) of a 64 x 64 grid, without the mean."""
    down = _added_in_order(DCT.T[:, :, None] * small[:, None, :])
    return _added_in_order(down.T[:, :, None] * DCT.T[:, None, :])


def _added_in_order(products: Singles) -> Singles:
    """Return the sum over the first of three axes, from its first to its last."""
    sums = np.zeros((1, products[0].size), np.float32)
    _sum_of_64.add(products.reshape(64, -1), sums)
    return sums.reshape(products.shape[1:])


_sum_of_64 = Sums(np.array([0, 64], np.int32), np.arange(64, dtype=np.int32), np.ones(64, np.float32))


def quality(small: Singles) -> int:
    """Return 0 (flat) .. 100: how much brightness steps between neighbours of the grid, small steps not counted."""
    steps = 0
    for axis in (0, 1):
        difference = np.diff(small, axis=axis) * np.float32(-100) / np.float32(255)
        steps += int(np.abs(difference.astype(np.int32)).sum())
    return min(100, steps // 90)
