"""One pass over many PDQ hashes for all orientations of many pictures, at the speed the processor counts bits.

Loops without a branch, which the compiler turns into vector instructions. A block of rows stays in the processor's
nearest cache while all pictures of a batch pass over it, four orientations at a time in registers. Only rows of
which some orientation is near are looked at one by one.
"""

import numpy as np
from numpy.typing import NDArray

from matchers.compiled import compiled, ones, with_room

Words = NDArray[np.uint64]
Hits = NDArray[np.int64]
"""(n, 3): row, query, distance in bits."""
BLOCK = 512
"""Rows at a time: 16 kB of words and 4 kB of distances."""
GROUP = 8
"""Queries whose nearest is kept in one number before it is looked at: the orientations of a picture."""


@compiled
def scan(columns: Words, rows: int, queries: Words, radius: int) -> Hits:
    """Return every hash within `radius` bits of a query, in no order that matters.

    `columns` is 4 x at least `rows` words, `queries` n x 4.
    """
    limit, nearest = np.uint64(radius), np.empty(BLOCK, np.uint64)
    asked = in_groups(queries)
    found, count = np.empty((256, 3), np.int64), 0
    for start in range(0, rows, BLOCK):
        many = min(BLOCK, rows - start)
        for first in range(0, len(asked), GROUP):
            if nearest_of(columns, start, many, asked, first, nearest) > limit:
                continue
            for i in range(many):
                if nearest[i] > limit:
                    continue
                for query in range(first, min(first + GROUP, len(queries))):
                    apart = distance(columns, start + i, asked, query)
                    if apart > limit:
                        continue
                    if count == len(found):
                        found = with_room(found)
                    found[count, 0], found[count, 1], found[count, 2] = start + i, query, apart
                    count += 1
    return found[:count]


@compiled
def in_groups(queries: Words) -> Words:
    """Return the queries, the last one repeated until its group is full."""
    asked = np.empty(((len(queries) + GROUP - 1) // GROUP * GROUP, 4), np.uint64)
    for query in range(len(asked)):
        asked[query] = queries[min(query, len(queries) - 1)]
    return asked


@compiled
def nearest_of(columns: Words, start: int, many: int, asked: Words, first: int, nearest: Words) -> np.uint64:
    """Write for each of `many` rows the distance to the nearest query of a group; return the least of all."""
    end = start + many
    one, two, three, four = columns[0, start:end], columns[1, start:end], columns[2, start:end], columns[3, start:end]
    nearest[:many] = np.uint64(256)
    for k in range(first, first + GROUP, 4):
        a, b, c, d = asked[k, 0], asked[k, 1], asked[k, 2], asked[k, 3]
        e, f, g, h = asked[k + 1, 0], asked[k + 1, 1], asked[k + 1, 2], asked[k + 1, 3]
        m, n, o, p = asked[k + 2, 0], asked[k + 2, 1], asked[k + 2, 2], asked[k + 2, 3]
        q, r, s, t = asked[k + 3, 0], asked[k + 3, 1], asked[k + 3, 2], asked[k + 3, 3]
        for i in range(many):
            w, x, y, z = one[i], two[i], three[i], four[i]
            near = ones(w ^ a) + ones(x ^ b) + ones(y ^ c) + ones(z ^ d)
            second = ones(w ^ e) + ones(x ^ f) + ones(y ^ g) + ones(z ^ h)
            third = ones(w ^ m) + ones(x ^ n) + ones(y ^ o) + ones(z ^ p)
            last = ones(w ^ q) + ones(x ^ r) + ones(y ^ s) + ones(z ^ t)
            nearest[i] = min(nearest[i], min(min(near, second), min(third, last)))
    least = np.uint64(256)
    for i in range(many):
        least = min(least, nearest[i])
    return least


@compiled
def distance(columns: Words, row: int, asked: Words, query: int) -> np.uint64:
    """Count the bits in which a row and a query differ."""
    near = ones(columns[0, row] ^ asked[query, 0]) + ones(columns[1, row] ^ asked[query, 1])
    return near + ones(columns[2, row] ^ asked[query, 2]) + ones(columns[3, row] ^ asked[query, 3])  # type: ignore[no-any-return]
