"""PDQ's grid and frequencies by a short cut, and how far the reference's rounding can be from it.

Blurring twice and sampling is linear along each axis: `grid = down @ luma @ across.T` with two sparse matrices of
64 rows. That takes a small part of the time of the reference's running sums, but it rounds otherwise. So every
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

from matchers.pdq_noise import BRIGHTEST, Noise, blur_variance, noise, transform_variance
from matchers.pdq_rules import DCT, LUMA, Doubles, Places, ahead, bounds, centres, window
from matchers.row_sums import Sums

CERTAIN = 40.0
LARGEST_SIDE = 8192

_dct = DCT.astype(np.float64)


@dataclass(frozen=True)
class Axis:
    """One side's part of the linear map: 64 x side, times `scale`, as weighted sums of lines.

    Nearly all weights are whole, so that sums of 16 bits stay exact (`whole`). Those of the grid points `frayed`,
    whose window is cut by the picture's edge, are not, and only in `exact`.
    """

    whole: Sums
    exact: Sums
    frayed: Places
    scale: float
    grid: Noise
    frequencies: Noise

    def sums(self, lines: NDArray[np.uint8]) -> Doubles:
        """Return `scale` times 64 blurred and sampled lines of `lines` (side x anything)."""
        added = np.zeros((64, lines.shape[1]), self.whole.weights.dtype)
        self.whole.add(lines.astype(added.dtype), added)
        sums = added.astype(np.float64)
        for point in self.frayed:
            part = slice(self.exact.starts[point], self.exact.starts[point + 1])
            sums[point] = self.exact.weights[part] @ lines[self.exact.columns[part]]
        return sums

    def more_sums(self, lines: Doubles) -> Doubles:
        """Return `scale` times 64 blurred and sampled lines of `lines` (side x anything)."""
        sums = np.zeros((64, lines.shape[1]))
        self.exact.add(lines, sums)
        return sums


@dataclass(frozen=True)
class Estimate:
    """The grid (64 x 64) and the frequencies (16 x 16, without the mean), with the spread of the exact ones."""

    grid: Doubles
    grid_spread: float
    columns: Doubles
    frequencies: Doubles
    blur_variance: Doubles

    def spread(self, *, closely: bool = True) -> Doubles:
        """Return the frequencies' spread; looked at less closely it is larger, and sooner made."""
        return np.sqrt(self.blur_variance + transform_variance(self.grid, self.columns, closely=closely))


def estimate(pixels: NDArray[np.uint8]) -> Estimate:
    """Return grid and frequencies of pixels (height x width x 3 or height x width, sides up to LARGEST_SIDE)."""
    height, width = pixels.shape[:2]
    down, across, is_grey = axis(height), axis(width), pixels.ndim == 2
    sums = down.sums(pixels.reshape(height, -1))
    brightness = sums if is_grey else sums.reshape(64, width, 3) @ np.array(LUMA)
    grid = across.more_sums(np.ascontiguousarray(brightness.T)).T / (down.scale * across.scale)
    columns = _dct @ grid
    grid_spread = math.sqrt(blur_variance(down.grid, across.grid, whole=is_grey).max())
    variance = blur_variance(down.frequencies, across.frequencies, whole=is_grey)
    return Estimate(grid, grid_spread, columns, columns @ _dct.T, variance)


@functools.lru_cache(maxsize=1024)  # pictures that were made smaller have sides below 1280; about 20 kB each
def axis(side: int) -> Axis:
    """Return the map and the noise along a side of so many pixels."""
    size = window(side)
    reach = size - ahead(size)
    columns = (centres(side) - 2 * reach)[:, None] + np.arange(2 * size - 1)
    weights = np.tile(np.convolve(np.ones(size), np.ones(size)), (64, 1))
    frayed = np.flatnonzero((columns[:, 0] < 0) | (columns[:, -1] >= side))
    for point in frayed:
        weights[point] = _cut(side, size, int(centres(side)[point]))
    fits = size**2 * BRIGHTEST < 2**15
    there = ~np.isin(np.arange(64), frayed)[:, None] & np.ones_like(columns, np.bool_)
    whole = _sums(columns, there, weights.astype(np.int16 if fits else np.float64))
    exact = _sums(columns, (columns >= 0) & (columns < side), weights)
    return Axis(whole, exact, frayed, size**2, *noise(side, size))


def _sums(columns: Places, there: NDArray[np.bool_], weights: NDArray[np.generic]) -> Sums:
    starts = np.append(0, np.cumsum(there.sum(axis=1)))
    return Sums(starts.astype(np.int32), columns[there].astype(np.int32), weights[there])


def _cut(side: int, size: int, point: int) -> Doubles:
    """Return the weights around a point whose window, or that of a point within it, is cut by an end of the side."""
    begins, ends = bounds(side, size)
    first = point - 2 * (size - ahead(size))
    weights = np.zeros(2 * size - 1)
    for within in range(begins[point], ends[point]):
        share = size**2 / ((ends[point] - begins[point]) * (ends[within] - begins[within]))
        weights[begins[within] - first : ends[within] - first] += share
    return weights
