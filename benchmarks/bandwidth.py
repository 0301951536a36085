"""What reading some bits from memory and counting them costs at the least: the limit that searches stand beside."""

import numpy as np

from matchers.compiled import compiled, ones


@compiled
def counted(words: np.ndarray) -> np.uint64:
    """Count all bits of some words once."""
    total = np.uint64(0)
    for i in range(len(words)):
        total += ones(words[i])
    return total
