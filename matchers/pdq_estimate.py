"""PDQ's grid and frequencies by a short cut, and how far the reference's rounding can be from it.

Blurring twice and sampling is linear along each axis: a point is a weighted sum of the pixels around it. Those sums
are whole numbers (`matchers.pdq_sampling`), made in a small part of the time of the reference's running sums. So every
value here comes with the spread of the reference's rounding error (`matchers.pdq_noise`); where a bit or a step of the
quality hangs on less than `CERTAIN` spreads, the caller takes the exact road.

**CERTAIN.** Where neighbouring lines are alike, so are their roundings, and they do not average out: if runs of
64 lines all round alike, the spread is eight times this one. 40 spreads are five of those. The largest error seen
is 8 spreads on photos and 22 on drawn stripes (tests/matchers/test_pdq_estimate.py goes through the like). It is
no worst case: thousands of roundings that all conspire could exceed it, and would change a bit or two of 256.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.pdq_bits import steps_of
from matchers.pdq_noise import Noise, blur_variance, noise
from matchers.pdq_rules import WHOLE_LUMA, Doubles, ahead, bounds, centres, window
from matchers.pdq_sampling import Line, sampled
from matchers.pdq_waves import transformed

CERTAIN = 40.0
LARGEST_SIDE = 11 * 128
"""Sums of white rows fit 16 bits up to here: 11**2 * 255. Pictures to be hashed were made smaller than 1,280."""


@dataclass(frozen=True)
class Axis:
    """One side's part of the linear map: the 64 points' sums of pixels, which are `scale` times the points."""

    line: Line
    scale: float
    grid: Noise
    frequencies: Noise


@dataclass(frozen=True)
class Estimate:
    """The grid (64 x 64) and the frequencies (16 x 16, without the mean), with the spread of the exact ones."""

    grid: Doubles
    grid_spread: float
    frequencies: Doubles
    spread: Doubles


def estimate(pixels: NDArray[np.uint8]) -> Estimate:
    """Return grid and frequencies of pixels (height x width x 3 or height x width, sides up to LARGEST_SIDE)."""
    height, width = pixels.shape[:2]
    down, across, is_grey = axis(height), axis(width), pixels.ndim == 2
    grid = sampled(pixels.reshape(height, -1), 1 if is_grey else 3, down.line, across.line)
    grid /= down.scale * across.scale * (1 if is_grey else sum(WHOLE_LUMA))
    frequencies, variance = transformed(grid)
    grid_spread, blur = _blur(height, width, is_grey)
    return Estimate(grid, grid_spread, frequencies, np.sqrt(blur + variance))


@functools.lru_cache(maxsize=512)
def _blur(height: int, width: int, is_grey: bool) -> tuple[float, Doubles]:
    """Return the spread of the grid's points, and the frequencies' variance that luma and box filters bring."""
    down, across = axis(height), axis(width)
    grid = blur_variance(down.grid, across.grid, whole=is_grey)
    return math.sqrt(grid.max()), blur_variance(down.frequencies, across.frequencies, whole=is_grey)


@functools.lru_cache(maxsize=1024)  # pictures that were made smaller have sides below 1280; about 20 kB each
def axis(side: int) -> Axis:
    """Return the map and the noise along a side of so many pixels."""
    size = window(side)
    reach = size - ahead(size)
    firsts = (centres(side) - 2 * reach).astype(np.int64)
    whole = np.convolve(np.ones(size), np.ones(size))
    weights = np.tile(whole, (64, 1))
    is_cut = (firsts < 0) | (firsts + len(whole) > side)
    for point in np.flatnonzero(is_cut):
        weights[point] = _cut(side, size, int(centres(side)[point]))
    return Axis((firsts, is_cut, whole.astype(np.int16), weights), size**2, *noise(side, size))


def _cut(side: int, size: int, point: int) -> Doubles:
    """Return the weights around a point whose window, or that of a point within it, is cut by an end of the side."""
    begins, ends = bounds(side, size)
    first = point - 2 * (size - ahead(size))
    weights = np.zeros(2 * size - 1)
    for within in range(begins[point], ends[point]):
        share = size**2 / ((ends[point] - begins[point]) * (ends[within] - begins[within]))
        weights[begins[within] - first : ends[within] - first] += share
    return weights


def certain_quality(guess: Estimate) -> int | None:
    """Return the quality, None where it is another when all steps round up than when they round down."""
    margin = 2 * CERTAIN * guess.grid_spread * 100 / 255
    if margin >= 1:
        return None
    least, most = (min(100, steps // 90) for steps in steps_of(guess.grid, margin))
    return least if least == most else None
