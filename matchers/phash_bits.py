"""imagehash.phash's bits from 32 x 32 levels: the 8 x 8 lowest frequencies, cut at their median."""

import numpy as np
from numpy.typing import NDArray

from matchers.compiled import compiled_for
from matchers.ranking import ranked

SIDE = 32
CERTAIN = 1e-6
"""Further from the median than this, no rounding decides: frequencies are below 3 million and exact to 1e-8."""

_cosines = 2 * np.cos(np.pi / (2 * SIDE) * np.outer(np.arange(8), 2 * np.arange(SIDE) + 1))


@compiled_for("Tuple((boolean[:, ::1], boolean))(uint8[:, ::1])")
def above_median(levels: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], bool]:
    """Say which frequencies (8 x 8) of 32 x 32 levels are above their median, and whether no rounding may decide."""
    columns, waves = np.zeros((8, SIDE)), np.zeros((8, 8))
    for down in range(8):
        for k in range(SIDE):
            for x in range(SIDE):
                columns[down, x] += _cosines[down, k] * levels[k, x]
        for across in range(8):
            for k in range(SIDE):
                waves[down, across] += columns[down, k] * _cosines[across, k]
    numbers = waves.copy().reshape(-1)
    below = ranked(numbers, 31)
    next_one = numbers[32:].min()
    return waves > (below + next_one) / 2, next_one - below >= 2 * CERTAIN
