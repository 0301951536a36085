"""What a picture shows more than once is no evidence: letters, tiles, watermarks, bricks, buttons.

A patch is worth only the bits by which a copy is nearer to it than anything else is, and "anything else" begins in
the picture itself (Lowe's ratio idea, with the nearest other place of the same picture as the second neighbour).
"""

import numpy as np

from matchers.compiled import compiled, ones
from matchers.regions.agreement import Caps
from matchers.regions.kept import Floats, Hashes

APART_SIGMAS = 4.0
"""Nearer than so many sigmas two patches show the same place, not the same thing twice."""


@compiled
def repeated(hashes: Hashes, places: Floats) -> Caps:
    """Return for each patch the distance in bits to the most alike one elsewhere in the picture, 128 where none is."""
    caps = np.full(len(hashes), 128, np.uint8)
    for row in range(len(hashes)):
        for other in range(row):
            reach = APART_SIGMAS * np.exp(max(places[row, 2], places[other, 2]))
            dx, dy = places[row, 0] - places[other, 0], places[row, 1] - places[other, 1]
            if dx * dx + dy * dy <= reach * reach:
                continue
            apart = ones(hashes[row, 0] ^ hashes[other, 0]) + ones(hashes[row, 1] ^ hashes[other, 1])
            caps[row] = min(np.uint64(caps[row]), apart)
            caps[other] = min(np.uint64(caps[other]), apart)
    return caps
