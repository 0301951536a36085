"""From PDQ's frequencies to its bits, and whether rounding could have changed one, or the quality."""

import numpy as np
from numpy.typing import NDArray

from matchers.compiled import compiled_for
from matchers.pdq_rules import Doubles
from matchers.ranking import ranked

HALF = 128

Bits = NDArray[np.bool_]

_odd = np.where(np.arange(16) % 2 == 0, -1.0, 1.0)  # index 0 is the odd frequency 1
_signs = np.stack([np.ones((16, 16)), *np.broadcast_arrays(_odd, _odd[:, None] * _odd, _odd[:, None])]).reshape(4, 256)
"""What a mirror does to the frequencies: nothing, left and right swapped, both, up and down swapped."""


@compiled_for("boolean[:, ::1](float64[:, ::1])")
def above_median(waves: Doubles) -> Bits:
    """Say which frequencies (16 x 16) are above the median, in the picture and its mirror images (4 x 256).

    The images are the picture, left and right swapped, both, up and down swapped. The median is the 128th smallest,
    as in the reference.
    """
    above, numbers = np.empty(_signs.shape, np.bool_), waves.reshape(-1)
    for mirror in range(len(_signs)):
        mirrored = numbers * _signs[mirror]
        median = ranked(mirrored.copy(), HALF - 1)
        for place in range(len(mirrored)):
            above[mirror, place] = mirrored[place] > median
    return above


@compiled_for("boolean(float64[:, ::1], boolean[:, ::1], float64[:, ::1])")
def are_certain(waves: Doubles, above: Bits, margin: Doubles) -> bool:
    """Say whether in every mirror image the 128 smallest frequencies stay the smallest, each moved by its margin."""
    numbers, margins = waves.reshape(-1), margin.reshape(-1)
    for mirror in range(len(_signs)):
        many, lowest, highest = 0, np.inf, -np.inf
        for place in range(len(numbers)):
            wave = numbers[place] * _signs[mirror, place]
            if above[mirror, place]:
                many += 1
                lowest = min(lowest, wave - margins[place])
            else:
                highest = max(highest, wave + margins[place])
        if many != HALF or lowest <= highest:
            return False
    return True


@compiled_for("UniTuple(int64, 2)(float64[:, ::1], float64)")
def steps_of(grid: Doubles, margin: float) -> tuple[int, int]:
    """Return the steps between neighbours of a grid in hundredths of white, cut to whole: least and most of them.

    Each step is smaller or larger by up to `margin`, which is below 1; both are cut towards zero.
    """
    least, most = 0, 0
    for y in range(64):
        for x in range(64):
            if y < 63:
                step = abs(grid[y + 1, x] - grid[y, x]) * (100 / 255)
                least, most = least + int(step - margin), most + int(step + margin)
            if x < 63:
                step = abs(grid[y, x + 1] - grid[y, x]) * (100 / 255)
                least, most = least + int(step - margin), most + int(step + margin)
    return least, most
