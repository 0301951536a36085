"""Grey pixels made smaller just as Pillow does it, to the last level, in a small part of its time.

`block_means` is `Image.reduce`, `lanczos` is `Image.resize((side, side), LANCZOS)`. Both are whole-number arithmetic,
so other ways to add give the same levels; tests/matchers/test_shrinking.py asks Pillow.
"""

import functools
import math

import numpy as np
from numpy.typing import NDArray

from matchers.compiled import compiled_for

Grey = NDArray[np.uint8]
PRECISION = 22
"""Bits after the point of a weight; Pillow's are 32-bit whole numbers that leave room for the sums."""
LOBES = 3
HALF = 1 << (PRECISION - 1)


@compiled_for("UniTuple(int64, 2)(int64)")
def _divisor(many: int) -> tuple[int, int]:
    """Return what Pillow divides a sum of `many` levels by: add the first, multiply by the second / 2**24.

    That may fall a level short of the quotient.
    """
    return many // 2, (1 << 24) // many


@compiled_for("uint8[:, ::1](Array(uint8, 2, 'C', readonly=True), int64, int64)")
def block_means(pixels: Grey, across: int, down: int) -> Grey:
    """Return the mean of each block of `across` x `down` pixels, at the lower and right edge of those that are there.

    Blocks are at most 257 pixels high, as many as sums of 16 bits hold.
    """
    height, width = pixels.shape
    means = np.empty(((height + down - 1) // down, (width + across - 1) // across), np.uint8)
    sums = np.empty(width, np.uint16)
    blocks = np.empty(width // across, np.uint32)
    for row in range(len(means)):
        high = min(down, height - row * down)
        sums[:] = 0
        for y in range(row * down, row * down + high):
            line = pixels[y]
            for x in range(width):
                sums[x] += line[x]
        blocks[:] = 0
        for step in range(across):
            for column in range(len(blocks)):
                blocks[column] += sums[column * across + step]
        half, share = _divisor(high * across)
        for column in range(len(blocks)):
            means[row, column] = ((blocks[column] + half) * share) >> 24
        if width % across:
            half, share = _divisor(high * (width % across))
            means[row, -1] = ((sums[-(width % across) :].sum() + half) * share) >> 24
    return means


Weights = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]
"""What pixels weigh in each of the fewer ones: from which pixel on, how many do, and the weights, a row for each."""

_WEIGHTS = "Tuple((int64[::1], int64[::1], int32[:, ::1]))"


def lanczos(pixels: Grey, side: int) -> Grey:
    """Return `side` x `side` pixels, fewer than there were each way: along one axis first, rounded to levels, then
    along the other. Pillow begins with the columns where that leaves much less to do.
    """
    height, width = pixels.shape
    return _resized(pixels, weights(height, side), weights(width, side), height - side > 2 * (width - side))


@compiled_for(f"uint8[:, ::1](Array(uint8, 2, 'C', readonly=True), {_WEIGHTS})")
def _resampled(lines: Grey, many: Weights) -> Grey:
    """Return fewer lines, each the weighted sum of some of `lines`, rounded to whole levels 0..255."""
    firsts, counts, weights = many
    fewer = np.empty((len(firsts), lines.shape[1]), np.uint8)
    sums = np.empty(lines.shape[1], np.int32)
    for number in range(len(firsts)):
        sums[:] = HALF
        for k in range(counts[number]):
            weight, line = weights[number, k], lines[firsts[number] + k]
            for x in range(len(sums)):
                sums[x] += weight * line[x]
        for x in range(len(sums)):
            fewer[number, x] = min(max(sums[x] >> PRECISION, 0), 255)
    return fewer


@compiled_for(f"uint8[:, ::1](Array(uint8, 2, 'C', readonly=True), {_WEIGHTS}, {_WEIGHTS}, boolean)")
def _resized(pixels: Grey, down: Weights, across: Weights, down_first: bool) -> Grey:
    if down_first:
        fewer_rows = _resampled(pixels, down)
        return np.ascontiguousarray(_resampled(np.ascontiguousarray(fewer_rows.T), across).T)
    fewer_columns = _resampled(np.ascontiguousarray(pixels.T), across)
    return _resampled(np.ascontiguousarray(fewer_columns.T), down)


@functools.lru_cache(maxsize=512)
def weights(length: int, side: int) -> Weights:
    """Return what each of `length` pixels weighs in each of `side`, as whole numbers.

    Term for term as Pillow's `precompute_coeffs` and `normalize_coeffs_8bpc` do it.
    """
    scale = length / side
    stretch = max(scale, 1.0)
    support = LOBES * stretch
    firsts, lobes = list[int](), list[list[int]]()
    for place in range(side):
        centre = (place + 0.5) * scale
        there = range(max(int(centre - support + 0.5), 0), min(int(centre + support + 0.5), length))
        lobe = [_lanczos((pixel - centre + 0.5) * (1.0 / stretch)) for pixel in there]
        total = 0.0
        for weight in lobe:
            total += weight
        firsts.append(there.start)
        lobes.append([int(weight / total * (1 << PRECISION) + math.copysign(0.5, weight)) for weight in lobe])
    counts = [len(lobe) for lobe in lobes]
    padded = [lobe + [0] * (max(counts) - len(lobe)) for lobe in lobes]
    return np.array(firsts, np.int64), np.array(counts, np.int64), np.array(padded, np.int32)


def _lanczos(x: float) -> float:
    return _sinc(x) * _sinc(x / LOBES) if -LOBES <= x < LOBES else 0.0


def _sinc(x: float) -> float:
    return math.sin(x * math.pi) / (x * math.pi) if x else 1.0
