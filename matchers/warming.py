"""A first search for nobody: the machine code that searches is made or loaded before anybody's photo waits for it.

Where no earlier process left that code, making it takes 10 s of a core, and on a starved machine a minute. A search
that holds a lock meanwhile keeps everything waiting that needs it, a withdrawal too.
"""

from functools import cache
from uuid import UUID

import numpy as np

from matchers.fast_index import Index
from matchers.fingerprint import VERSION, Fingerprint
from matchers.hashes import ImageHash, pdq, phash
from matchers.regions.kept import LONG_SIDE_PX, POSITION_STEPS, ROW, Regions

PICTURES = 5
PATCHES = 400
"""Together more than are compared one by one, so that the tables are built, too."""


@cache
def warm_up() -> None:
    """Search an index of noise once, so that later searches in this process compile nothing."""
    chance = np.random.default_rng(1)
    made_up = [_noise(chance) for _ in range(PICTURES)]
    one, many = Index(), Index()
    one.add(UUID(int=0), made_up[0])
    many.add_many((UUID(int=number), each) for number, each in enumerate(made_up))
    one.considered_many(made_up[:2])
    many.considered_many(made_up[:2])


def _noise(chance: np.random.Generator) -> Fingerprint:
    whole = tuple(ImageHash(pdq.ALGORITHM, pdq.VERSION, chance.bytes(pdq.BITS // 8)) for _ in pdq.ORIENTATIONS)
    witness = ImageHash(phash.ALGORITHM, phash.VERSION, chance.bytes(phash.BITS // 8))
    rows = np.zeros(PATCHES, ROW)
    rows["bits"] = chance.integers(0, 2**64, (PATCHES, 2), np.uint64)
    for place in ("x", "y"):
        rows[place] = chance.integers(0, LONG_SIDE_PX * POSITION_STEPS, PATCHES)
    regions = Regions(LONG_SIDE_PX, LONG_SIDE_PX, rows)
    return Fingerprint(VERSION, LONG_SIDE_PX, LONG_SIDE_PX, 100, whole, witness, regions=regions)
