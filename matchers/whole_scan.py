"""One pass over many PDQ hashes for all eight orientations of a picture: for indexes too large for NumPy."""

import numpy as np
from numpy.typing import NDArray

from matchers.regions.compiled import compiled, ones

Words = NDArray[np.uint64]
Hits = NDArray[np.int64]
"""(n, 3): row, orientation, distance in bits."""


@compiled
def scan(columns: Words, rows: int, queries: Words, radius: int) -> Hits:
    """Return every hash within `radius` bits of a query, in the order of rows.

    `columns` is 4 x at least `rows` words, `queries` orientations x 4. The first 128 bits rule out nearly all.
    """
    found = np.empty((256, 3), np.int64)
    count = 0
    for row in range(rows):
        first, second = columns[0, row], columns[1, row]
        for query in range(len(queries)):
            apart = ones(first ^ queries[query, 0]) + ones(second ^ queries[query, 1])
            if apart > np.uint64(radius):
                continue
            apart += ones(columns[2, row] ^ queries[query, 2]) + ones(columns[3, row] ^ queries[query, 3])
            if apart > np.uint64(radius):
                continue
            if count == len(found):
                grown = np.empty((2 * count, 3), np.int64)
                grown[:count] = found
                found = grown
            found[count, 0], found[count, 1], found[count, 2] = row, query, apart
            count += 1
    return found[:count]
