"""Grey pixels made smaller just as Pillow does it, to the last level, in less than half of its time.

`block_means` is `Image.reduce`, `lanczos` is `Image.resize((side, side), LANCZOS)`. Both are whole-number arithmetic,
so other ways to add give the same levels; tests/matchers/test_shrinking.py asks Pillow.
"""

import functools
import math

import numpy as np
from numpy.typing import NDArray

from matchers.row_sums import Sums

Grey = NDArray[np.uint8]
PRECISION = 22
"""Bits after the point of a weight; Pillow's are 32-bit whole numbers that leave room for the sums."""
LOBES = 3


def block_means(pixels: Grey, across: int, down: int) -> Grey:
    """Return the mean of each block of `across` x `down` pixels, at the lower and right edge of those that are there.

    Blocks have at most 257 pixels, as many as sums of 16 bits hold.
    """
    height, width = pixels.shape
    rows, columns = height // down, width // across
    sums = np.add.reduce(pixels[: rows * down].reshape(rows, down, width), axis=1, dtype=np.uint16)
    if rows * down < height:
        sums = np.concatenate([sums, np.add.reduce(pixels[rows * down :], axis=0, dtype=np.uint16)[None]])
    blocks = sums[:, : columns * across : across].copy()
    for step in range(1, across):
        blocks += sums[:, step : columns * across : across]
    means = np.empty((len(sums), -(-width // across)), np.uint8)
    heights = [(slice(0, rows), down), (slice(rows, None), height - rows * down)]
    for part, high in heights:
        means[part, :columns] = _divided(blocks[part], across * high)
        if columns * across < width:
            rest = np.add.reduce(sums[part, columns * across :], axis=1, dtype=np.uint16)
            means[part, columns] = _divided(rest, (width - columns * across) * high)
    return means


def _divided(sums: NDArray[np.uint16], many: int) -> NDArray[np.uint32]:
    """Return sums of `many` levels divided as Pillow does it: by a multiplication that may fall a level short."""
    if not many:
        return sums.astype(np.uint32)
    return ((sums.astype(np.uint32) + np.uint32(many // 2)) * np.uint32((1 << 24) // many)) >> np.uint32(24)


def lanczos(pixels: Grey, side: int) -> Grey:
    """Return `side` x `side` pixels, fewer than there were each way: along one axis first, rounded to levels, then
    along the other. Pillow begins with the columns where that leaves much less to do.
    """
    height, width = pixels.shape
    if height - side > 2 * (width - side):
        return _resampled(_resampled(pixels, side).T, side).T.astype(np.uint8)
    return _resampled(_resampled(pixels.T, side).T, side).astype(np.uint8)


def _resampled(lines: NDArray[np.generic], side: int) -> NDArray[np.float64]:
    """Return `side` lines of whole levels 0..255. The sums are whole, too, and far below what doubles hold exactly."""
    sums = np.full((side, lines.shape[1]), 1 << (PRECISION - 1), np.float64)
    _weights(len(lines), side).add(lines.astype(np.float64, order="C"), sums)
    sums *= 1 / (1 << PRECISION)
    return np.floor(sums, out=sums).clip(0, 255, out=sums)


@functools.lru_cache(maxsize=512)
def _weights(length: int, side: int) -> Sums:
    """Return what each of `length` pixels weighs in each of `side`, as whole numbers.

    Term for term as Pillow's `precompute_coeffs` and `normalize_coeffs_8bpc` do it.
    """
    scale = length / side
    stretch = max(scale, 1.0)
    support = LOBES * stretch
    starts, columns, weights = [0], list[int](), list[int]()
    for place in range(side):
        centre = (place + 0.5) * scale
        there = range(max(int(centre - support + 0.5), 0), min(int(centre + support + 0.5), length))
        lobe = [_lanczos((pixel - centre + 0.5) * (1.0 / stretch)) for pixel in there]
        total = 0.0
        for weight in lobe:
            total += weight
        columns += there
        weights += [int(weight / total * (1 << PRECISION) + math.copysign(0.5, weight)) for weight in lobe]
        starts.append(len(columns))
    return Sums(np.array(starts, np.int32), np.array(columns, np.int32), np.array(weights, np.float64))


def _lanczos(x: float) -> float:
    return _sinc(x) * _sinc(x / LOBES) if -LOBES <= x < LOBES else 0.0


def _sinc(x: float) -> float:
    return math.sin(x * math.pi) / (x * math.pi) if x else 1.0
