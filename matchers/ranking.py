"""Which number stands at a rank, without sorting all of them; for compiled functions."""

import numpy as np
from numpy.typing import NDArray

from matchers.compiled import compiled_for


@compiled_for("float64(float64[::1], int64)")
def ranked(numbers: NDArray[np.float64], rank: int) -> float:
    """Return the number at a rank, 0 for the smallest; all before that place are then no larger, all after no smaller.

    Hoare's FIND: partition by the number in the middle, and go on in the part where the rank is.
    """
    low, high = 0, len(numbers) - 1
    while low < high:
        pivot = numbers[(low + high) // 2]
        left, right = low, high
        while left <= right:
            while numbers[left] < pivot:
                left += 1
            while pivot < numbers[right]:
                right -= 1
            if left <= right:
                numbers[left], numbers[right] = numbers[right], numbers[left]
                left += 1
                right -= 1
        if right < rank:
            low = left
        if rank < left:
            high = right
    return float(numbers[rank])
