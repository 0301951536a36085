"""One pass over many PDQ hashes for all eight orientations of a picture, at the speed the memory gives.

Two loops without a branch, which the compiler turns into vector instructions: each takes a block of rows that
stays in the processor's cache through all orientations. Only rows of which some orientation is near are looked
at one by one.
"""

import numpy as np
from numpy.typing import NDArray

from matchers.regions.compiled import compiled, ones, with_room

Words = NDArray[np.uint64]
Hits = NDArray[np.int64]
"""(n, 3): row, orientation, distance in bits."""
BLOCK = 4096
"""Rows at a time: 128 kB of hashes and 32 kB of distances."""


@compiled
def scan(columns: Words, rows: int, queries: Words, radius: int) -> Hits:
    """Return every hash within `radius` bits of a query, in the order of rows, then of queries.

    `columns` is 4 x at least `rows` words, `queries` orientations x 4.
    """
    limit, nearest = np.uint64(radius), np.empty(BLOCK, np.uint64)
    found, count = np.empty((256, 3), np.int64), 0
    for start in range(0, rows, BLOCK):
        many = min(BLOCK, rows - start)
        one, two = columns[0, start : start + many], columns[1, start : start + many]
        three, four = columns[2, start : start + many], columns[3, start : start + many]
        nearest[:many] = np.uint64(256)
        for query in range(len(queries)):
            a, b, c, d = queries[query, 0], queries[query, 1], queries[query, 2], queries[query, 3]
            for i in range(many):
                apart = ones(one[i] ^ a) + ones(two[i] ^ b) + ones(three[i] ^ c) + ones(four[i] ^ d)
                nearest[i] = min(nearest[i], apart)
        for i in range(many):
            if nearest[i] > limit:
                continue
            for query in range(len(queries)):
                a, b, c, d = queries[query, 0], queries[query, 1], queries[query, 2], queries[query, 3]
                apart = ones(one[i] ^ a) + ones(two[i] ^ b) + ones(three[i] ^ c) + ones(four[i] ^ d)
                if apart > limit:
                    continue
                if count == len(found):
                    found = with_room(found)
                found[count, 0], found[count, 1], found[count, 2] = start + i, query, apart
                count += 1
    return found[:count]
