"""PDQ's grid by the short road, in one pass over the picture's rows: sums of whole numbers, exact in any order."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.compiled import compiled_for
from matchers.pdq_rules import WHOLE_LUMA, Doubles

RED, GREEN, BLUE = WHOLE_LUMA
POINTS = 64


Line = tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int16], Doubles]
"""What the 64 points along a side are the sums of: the pixels from `firsts` on, times `weights`.

Nearly all have the same whole `weights`, 1, 2, ..., size, ..., 2, 1. The windows of those that are `is_cut` lack some
pixels, beyond an end of the side; their weights, in `cut_weights`, are no whole numbers.
"""

_ROWS, _CUT = "Array(uint8, 2, 'C', readonly=True)", "int64[::1], boolean[::1], float64[:, ::1]"
_LINE = "Tuple((int64[::1], boolean[::1], int16[::1], float64[:, ::1]))"


@compiled_for(f"void({_ROWS}, int64, int16[::1], int16[::1])", f"void({_ROWS}, int64, float64[::1], float64[::1])")
def _add_rows(rows: NDArray[np.uint8], first: int, weights: NDArray[Any], sums: NDArray[Any]) -> None:
    """Write the weighted sum of the rows from `first` on, of those that are there."""
    sums[:] = 0
    for k in range(max(0, -first), min(len(weights), len(rows) - first)):
        weight, row = weights[k], rows[first + k]
        for x in range(len(sums)):
            sums[x] += weight * row[x]


@compiled_for("void(int16[::1], int32[::1])", "void(float64[::1], float64[::1])")
def _brightness(sums: NDArray[Any], line: NDArray[Any]) -> None:
    """Write grey levels as they are, three channels as a thousand times their brightness."""
    if len(sums) == len(line):
        for x in range(len(line)):
            line[x] = sums[x]
    else:
        for x in range(len(line)):
            line[x] = RED * sums[3 * x] + GREEN * sums[3 * x + 1] + BLUE * sums[3 * x + 2]


@compiled_for("void(int32[::1], int64[::1], int64, int64[::1], float64[::1])")
def _add_whole(
    line: NDArray[np.int32], firsts: NDArray[np.int64], size: int, twice: NDArray[np.int64], points: Doubles
) -> None:
    """Write the sum at each point whose window is not cut: that of `size` neighbouring sums of `size` pixels.

    `twice` gets the sums up to each place of the sums up to each place, of which three tell the difference.
    """
    once = twice[0] = twice[1] = 0
    for x in range(len(line)):
        once += line[x]
        twice[x + 2] = twice[x + 1] + once
    for point in range(POINTS):
        first = firsts[point]
        if first >= 0 and first + 2 * size <= len(twice) - 1:
            points[point] = twice[first + 2 * size] - 2 * twice[first + size] + twice[first]


@compiled_for(f"void(int32[::1], {_CUT}, float64[::1])", f"void(float64[::1], {_CUT}, float64[::1])")
def _add_weighed(
    line: NDArray[Any], firsts: NDArray[np.int64], wanted: NDArray[np.bool_], weights: Doubles, points: Doubles
) -> None:
    """Write the weighted sum of those pixels that are there, at the points that are wanted."""
    for point in range(POINTS):
        if wanted[point]:
            first, total = firsts[point], 0.0
            for k in range(max(0, -first), min(weights.shape[1], len(line) - first)):
                total += weights[point, k] * line[first + k]
            points[point] = total


@compiled_for(f"float64[:, ::1]({_ROWS}, int64, {_LINE}, {_LINE})")
def sampled(rows: NDArray[np.uint8], channels: int, down: Line, across: Line) -> Doubles:
    """Return the sums of 64 x 64 points of `rows` (height x width * channels); of three channels a thousand times.

    The `weights` of `down` add up to 2**15 / 255 at most.
    """
    width = rows.shape[1] // channels
    sums, cut_sums = np.empty(rows.shape[1], np.int16), np.empty(rows.shape[1])
    line, cut_line, twice = np.empty(width, np.int32), np.empty(width), np.empty(width + 2, np.int64)
    points, every = np.empty((POINTS, POINTS)), np.ones(POINTS, np.bool_)
    down_firsts, down_is_cut, down_weights, down_cut_weights = down
    firsts, is_cut, weights, cut_weights = across
    for y in range(POINTS):
        if down_is_cut[y]:
            _add_rows(rows, down_firsts[y], down_cut_weights[y], cut_sums)
            _brightness(cut_sums, cut_line)
            _add_weighed(cut_line, firsts, every, cut_weights, points[y])
        else:
            _add_rows(rows, down_firsts[y], down_weights, sums)
            _brightness(sums, line)
            _add_whole(line, firsts, (len(weights) + 1) // 2, twice, points[y])
            _add_weighed(line, firsts, is_cut, cut_weights, points[y])
    return points
