"""PDQ's grid and frequencies by a short cut, and how far the reference's rounding can be from it.

Blurring twice and sampling is linear along each axis: `grid = down @ luma @ across.T` with two sparse matrices of
64 rows. That takes a small part of the time of the reference's running sums, but it rounds otherwise. So every
value here comes with the spread of the reference's rounding error; where a bit or a step of the quality hangs on
less than `CERTAIN` spreads, the caller takes the exact road.

**The spread.** Each addition of the reference is off by at most half a unit in the last place. Modelled as
independent and uniform (as in Higham and Mary, "A new approach to probabilistic rounding error analysis", SIAM J.
Sci. Comput. 41, 2019), the errors' variances add up, each weighed by the square of what a change there does to
the value in question; and as each is bounded, their sum has tails no heavier than a normal distribution's
(Hoeffding). A running sum hands each error on to all points after it, so the weights are sums of what is still to
come (`_made`). The sums are taken to be as large as a window of pure white makes them.

**CERTAIN.** Where neighbouring lines are alike, so are their roundings, and they do not average out: if runs of
64 lines all round alike, the spread is eight times this one. 40 spreads are five of those. The largest error seen
is 8 spreads on photos and 21 on drawn checks (tests/matchers/test_pdq_estimate.py goes through the like). It is
no worst case: thousands of roundings that all conspire could exceed it, and would change a bit or two of 256.
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

CERTAIN = 40.0
LARGEST_SIDE = 8192
BRIGHTEST = 255.0
HALF_UNIT = 2.0**-24  # of single precision, for a value of 1

Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]
Places = NDArray[np.intp]

LUMA = (0.299, 0.587, 0.114)

_scale = float(np.float32(np.sqrt(2.0 / 64.0)))
_rows, _columns = np.arange(1, 17)[:, None], 2 * np.arange(64)[None, :] + 1
DCT: Singles = (_scale * np.cos((np.pi / 2.0 / 64.0) * _rows * _columns)).astype(np.float32)
"""16 x 64: the cosine transform's rows 1-16; row 0, the mean brightness, is left out."""

_dct = DCT.astype(np.float64)


def window(side: int) -> int:
    """Return the width of the box filter along a side of so many pixels: half a cell, rounded up."""
    return (side + 127) // 128


def centres(side: int) -> Places:
    """Return which 64 points of a side are sampled."""
    return ((np.arange(64) + 0.5) * side / 64).astype(np.intp)


@dataclass(frozen=True)
class Noise:
    """What the roundings along one axis do to some values: sums of squared weights, one number a value.

    `kept[n]`: of an error of variance 1 at every pixel, with the last `n` box filters still to come.
    `made[n]`: of the errors that a box filter itself makes, with `n` more to come.
    """

    kept: tuple[Doubles, Doubles, Doubles]
    made: tuple[Doubles, Doubles]


@dataclass(frozen=True)
class Axis:
    """One side's part of the linear map: 64 x side, times `scale`.

    Nearly all weights are whole, so that sums of 16 bits stay exact (`whole`); the few grid points `frayed`,
    whose window is cut by the picture's edge, have the weights `edge`, which begin at pixel `edge_starts`.
    """

    whole: sparse.csr_array
    frayed: Places
    edge: Doubles
    edge_starts: int
    scale: float
    grid: Noise
    frequencies: Noise

    def sums(self, lines: NDArray[np.uint8]) -> Doubles:
        """Return `scale` times 64 blurred and sampled lines of `lines` (side x anything)."""
        sums: Doubles = (self.whole @ lines.astype(self.whole.dtype)).astype(np.float64)
        sums[self.frayed] = self.edge @ lines[self.edge_starts :]
        return sums

    def means(self, lines: Doubles) -> Doubles:
        """Return 64 blurred and sampled lines of `lines` (side x 64)."""
        sums: Doubles = self.whole.astype(np.float64) @ lines
        sums[self.frayed] = self.edge @ lines[self.edge_starts :]
        return sums / self.scale


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
    down, across = axis(height), axis(width)
    sums = down.sums(pixels.reshape(height, -1))
    brightness = (sums.reshape(64, width, 3) @ np.array(LUMA) if pixels.ndim == 3 else sums) / down.scale
    grid = np.ascontiguousarray(across.means(np.ascontiguousarray(brightness.T)).T)
    columns = _dct @ grid
    variance = _blur_variance(down.frequencies, across.frequencies) + _transform_variance(grid, columns)
    grid_spread = float(np.sqrt(_blur_variance(down.grid, across.grid).max()))
    return Estimate(grid, grid_spread, columns @ _dct.T, np.sqrt(variance))


@functools.lru_cache(maxsize=1024)  # pictures that were made smaller have sides below 1024
def axis(side: int) -> Axis:
    """Return the map and the noise along a side of so many pixels; about 10 kB each."""
    size = window(side)
    weights = _weights(side, size)
    torn = np.unique(weights.row[weights.data != np.rint(weights.data)])
    in_torn = np.isin(weights.row, torn)
    starts = int(weights.col[in_torn].min(initial=side))
    edge = np.zeros((64, side - starts))
    edge[weights.row[in_torn], weights.col[in_torn] - starts] = weights.data[in_torn]
    kept = weights.data[~in_torn], (weights.row[~in_torn], weights.col[~in_torn])
    exact = np.int16 if size**2 * BRIGHTEST < 2**15 else np.float64
    whole = sparse.csr_array(kept, shape=(64, side)).astype(exact)
    ends = np.zeros((2, side))
    ends[[0, 1], centres(side)[[0, 63]]] = 1  # all points between are less uncertain than the last, or the first
    waves = np.zeros((16, side))
    np.add.at(waves.T, centres(side), _dct.T)
    return Axis(whole, torn.astype(np.intp), edge[torn], starts, size**2, _noise(ends, size), _noise(waves, size))


def _bounds(side: int, size: int) -> tuple[Places, Places]:
    """Return where the window of each point begins and ends."""
    ahead = (size + 2) // 2 if size > 1 else 1  # the point itself and those after it: 7 -> 4, 8 -> 5
    points = np.arange(side)
    return np.maximum(points - (size - ahead), 0), np.minimum(points + ahead, side)


def _weights(side: int, size: int) -> sparse.coo_array:
    """Return two box filters and the sampling as one matrix, 64 x side, times the square of the window."""
    begins, ends = _bounds(side, size)
    share = size / (ends - begins)
    points, reach = centres(side), np.arange(size)
    first = begins[points][:, None] + reach
    second = begins[np.minimum(first, side - 1)][:, :, None] + reach
    there = (first < ends[points][:, None])[:, :, None] & (second < ends[np.minimum(first, side - 1)][:, :, None])
    values = share[points][:, None, None] * share[np.minimum(first, side - 1)][:, :, None] * np.ones(size)
    row = np.broadcast_to(np.arange(64)[:, None, None], there.shape)
    weights = sparse.coo_array((values[there], (row[there], second[there])), shape=(64, side))
    weights.sum_duplicates()
    return weights


def _boxed(rows: Doubles, size: int) -> Doubles:
    """Return `rows @ box`: what a change of each value before the box filter does after it."""
    if size == 1:
        return rows
    side = rows.shape[1]
    begins, ends = _bounds(side, size)
    sums = np.zeros((len(rows), side + 1))
    np.cumsum(rows / (ends - begins), axis=1, out=sums[:, 1:])
    points = np.arange(side)
    boxed: Doubles = sums[:, np.searchsorted(begins, points, "right")] - sums[:, np.searchsorted(ends, points, "right")]
    return boxed


def _noise(rows: Doubles, size: int) -> Noise:
    """Return the noise of values that are `rows @ line` after both box filters of an axis."""
    last = _boxed(rows, size)
    kept = tuple(np.square(part).sum(axis=1) for part in (rows, last, _boxed(last, size)))
    return Noise((kept[0], kept[1], kept[2]), (_made(rows, size), _made(last, size)))


def _made(rows: Doubles, size: int) -> Doubles:
    """Return the variance that one box filter's own roundings bring: its sums', and its divisions'."""
    if size == 1:
        return np.zeros(len(rows))
    begins, ends = _bounds(rows.shape[1], size)
    onwards = np.cumsum((rows / (ends - begins))[:, ::-1], axis=1)[:, ::-1]  # an error stays in the running sum
    started = size * np.square(onwards[:, 0])  # the first window is filled before the first point
    sums = (2 * np.square(onwards).sum(axis=1) + started) * _rounding(BRIGHTEST * (size + 1))
    variance: Doubles = sums + np.square(rows).sum(axis=1) * _rounding(BRIGHTEST)
    return variance


def _rounding(largest: float) -> float:
    """Return the variance of rounding a value up to `largest` to single: uniform within half a unit."""
    return float((HALF_UNIT * 2.0 ** np.floor(np.log2(largest))) ** 2 / 3)


def _blur_variance(down: Noise, across: Noise) -> Doubles:
    """Return the variance of values (down x across) that luma and the four box filters bring, in their order."""
    return (
        np.outer(down.kept[2], across.kept[2]) * _rounding(BRIGHTEST)
        + np.outer(down.kept[2], across.made[1])
        + np.outer(down.made[1], across.kept[1])
        + np.outer(down.kept[1], across.made[0])
        + np.outer(down.made[0], across.kept[0])
    )


def _transform_variance(grid: Doubles, columns: Doubles) -> Doubles:
    """Return the variance that the two products with the transform bring (16 x 16)."""
    variance: Doubles = _product_variance(_dct, grid) @ np.square(_dct).T + _product_variance(columns, _dct.T)
    return variance


def _product_variance(left: Doubles, right: Doubles) -> Doubles:
    """Return the variance of `left @ right` added up in single: 64 products, 64 sums, none above the largest."""
    largest = np.abs(left) @ np.abs(right)
    variance: Doubles = np.square(largest * HALF_UNIT) * (65 / 3)
    return variance
