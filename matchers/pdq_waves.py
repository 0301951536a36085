"""PDQ's frequencies of a grid, with the variance of what the reference's rounding adds to them on its way there."""

import numpy as np

from matchers.compiled import compiled_for
from matchers.pdq_noise import HALF_UNIT
from matchers.pdq_rules import DCT, Doubles

BLOCK = 16
"""Terms of a sum of 64 whose own size is looked at."""
ROUNDING = HALF_UNIT**2 / 3

_dct = DCT.astype(np.float64)
_squares = np.square(_dct.T)


@compiled_for("void(float64[:, ::1], float64[:, ::1], float64[:, ::1])")
def product(right: Doubles, sums: Doubles, variance: Doubles) -> None:
    """Write the transform times `right` (64 x n), and its variance where it is added up in single, row after row.

    A sum on its way is no larger than before a block of terms, and what has come since. Of each block every addition
    is taken to be rounded at that size, and once more for its products, none of which are as large as that.
    """
    since = np.empty(right.shape[1])
    for row in range(16):
        total, spread = sums[row], variance[row]
        total[:] = 0
        spread[:] = 0
        for start in range(0, 64, BLOCK):
            for column in range(len(since)):
                since[column] = abs(total[column])
            for k in range(start, start + BLOCK, 4):  # four at a time: half of the time goes into loads and stores
                for column in range(len(since)):
                    a, b = _dct[row, k] * right[k, column], _dct[row, k + 1] * right[k + 1, column]
                    c, d = _dct[row, k + 2] * right[k + 2, column], _dct[row, k + 3] * right[k + 3, column]
                    total[column] += (a + b) + (c + d)
                    since[column] += (abs(a) + abs(b)) + (abs(c) + abs(d))
            for column in range(len(since)):
                spread[column] += since[column] * since[column] * ((BLOCK + 1) * ROUNDING)


@compiled_for("UniTuple(float64[:, ::1], 2)(float64[:, ::1])")
def transformed(grid: Doubles) -> tuple[Doubles, Doubles]:
    """Return the 16 x 16 lowest frequencies (down x across) of a 64 x 64 grid without the mean, and their variance."""
    columns, spread = np.empty((16, 64)), np.empty((16, 64))
    waves, variance = np.empty((16, 16)), np.empty((16, 16))
    product(grid, columns, spread)
    product(np.ascontiguousarray(columns.T), waves, variance)
    waves, variance = np.ascontiguousarray(waves.T), np.ascontiguousarray(variance.T)
    for down in range(16):
        for k in range(64):
            for across in range(16):
                variance[down, across] += spread[down, k] * _squares[k, across]
    return waves, variance
