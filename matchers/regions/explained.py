"""Which patches of a crawled picture does a common picture explain: a logo in its corner, a meme under a head?

Where a common picture is recognised as a part, the patches that lie where it is shown untouched are its own. They
are taken out before anybody's photo is weighed. Where something was pasted over it, the patches that should be seen
are missing: what lies there stays.
"""

from collections.abc import Sequence
from uuid import UUID

import numpy as np
import numpy.typing as npt

from matchers.regions.evidence import moved, seen_again
from matchers.regions.index import Found, RegionIndex
from matchers.regions.judging import is_a_part, weighed
from matchers.regions.kept import Floats, Regions

REACH = 0.15
"""How far around a patch is looked, as a share of the common picture's diagonal where it is shown."""
LEAST_REACH_PX = 20.0
LEAST_AGREEING = 2
LEAST_SHARE = 0.5
"""Of the share that agrees in the common picture as a whole, what must agree around a patch to explain it."""


class CommonParts:
    """Common pictures by their region hashes."""

    def __init__(self, pictures: Sequence[Regions]) -> None:
        self._index = RegionIndex()
        for number, picture in enumerate(pictures):
            self._index.add(UUID(int=number), picture)

    def unexplained(self, seen: Regions) -> Regions:
        """Return a picture's patches without those that common pictures explain; itself where there is none."""
        if not len(self._index) or not len(seen):
            return seen
        theirs = np.zeros(len(seen), np.bool_)
        for found, evidence in weighed(self._index, seen):
            if is_a_part(evidence):
                theirs |= explained(found, seen)
        return Regions(seen.width, seen.height, seen.rows[~theirs], seen.version) if theirs.any() else seen


def explained(found: Found, seen: Regions) -> npt.NDArray[np.bool_]:
    """Say for each patch of the crawled picture whether it lies where the common one is shown untouched."""
    shown = np.stack(moved(found.kept.places, found), axis=1)
    expected, agreeing = np.zeros(len(shown), np.bool_), np.zeros(len(shown), np.bool_)
    expected[seen_again(found)] = True
    agreeing[found.pairs[:, 0]] = True
    expected |= agreeing
    usual = agreeing.sum() / expected.sum()
    places, scale = found.asked.places[:, :2], float(np.hypot(*found.move[:2]))
    reach = max(LEAST_REACH_PX, REACH * scale * float(np.hypot(found.kept.width, found.kept.height)))
    near = np.hypot(*(places[:, None] - shown[None]).transpose(2, 0, 1)) <= reach
    agree, expect = (near & agreeing).sum(axis=1), (near & expected).sum(axis=1)
    theirs = inside(places, found) & (agree >= LEAST_AGREEING) & (agree >= LEAST_SHARE * usual * expect)
    theirs[found.pairs[:, 1]] = True
    order = np.argsort(seen.places[:, 0], kind="stable")
    in_seen = np.zeros(len(seen), np.bool_)
    in_seen[order[::-1] if found.mirrored else order] = theirs
    return in_seen


def inside(places: Floats, found: Found) -> npt.NDArray[np.bool_]:
    """Say for each place of the crawled picture whether it lies within the frame of the common one."""
    a, b, tx, ty = found.move
    x, y, square = places[:, 0] - tx, places[:, 1] - ty, a * a + b * b
    across, down = (a * x + b * y) / square, (a * y - b * x) / square
    within = (across >= 0) & (across <= found.kept.width) & (down >= 0) & (down <= found.kept.height)
    return np.asarray(within, np.bool_)
