"""What agreeing patches weigh: how alike they are, how exactly they lie, and how many that should agree do.

Three sums of bits, each the logarithm of how much likelier the observation is in a copy than by chance:
how near the hashes are (`appearance`, from the search), how exactly each patch lies where the similarity puts it
(`place`), and how well its size and direction fit (`shape`). docs/matching.md shows what they were set from.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matchers.regions.index import Found
from matchers.regions.kept import Floats, distances

SPREAD = 0.12
"""Sigmas by which a patch of a copy lies beside its place, along each axis: half lie within 0.1."""
ROOM = 12.6
"""Square sigmas in which a patch found by chance may lie: the search looks 2 sigmas around."""
SCALE_SPREAD, SCALE_ROOM = 0.05, 1.0
TURN_SPREAD, TURN_ROOM = 0.05, 0.8
"""Natural logarithm of size, and radians: spread in copies, and the width of what the search lets through."""
OUTLIERS = 0.1
"""Share of a copy's patches that lie anywhere."""
TWO_LINES, FEWEST_IN_LINES = 2.5, 6
"""Two lines must be thinner than one to be as suspicious; fewer patches lie on two lines by themselves."""
SMALLEST_SIGMA = 1.8
"""Patches smaller than this, in pixels of the seen picture, cannot be found again."""


@dataclass(frozen=True)
class Evidence:
    """The features a decision is made from; `appearance`, `place` and `shape` in bits, `mean_distance` of 128.

    `share`: of the enrolled patches that the seen picture should show between the agreeing ones, how many agree.
    `thinness`: breadth by length of the band, or the two bands, in which they lie, 0 (a line) to 1. `spot`: the
    diagonal of the box around them, by the longer side of the enrolled photo. `turn`: how far the seen picture is
    turned, in degrees, 0 to 180.
    """

    patches: int
    appearance: float
    place: float
    shape: float
    mean_distance: float
    share: float
    thinness: float
    spot: float
    turn: float

    @property
    def bits(self) -> float:
        """All in all; strangers reach about 30."""
        return self.appearance + self.place + self.shape


def weigh(found: Found) -> Evidence:
    """Return what speaks for the seen picture showing a part of the enrolled one."""
    kept, asked = found.kept, found.asked
    mine, theirs = kept.places[found.pairs[:, 0]], asked.places[found.pairs[:, 1]]
    n = len(mine)
    a, b, _, _ = found.move
    growth, turn = 0.5 * np.log(a * a + b * b), np.arctan2(b, a)
    across, down = moved(mine, found)
    dx, dy = across - theirs[:, 0], down - theirs[:, 1]
    # The similarity was fitted to these very places: n of them leave n - 2 that could have been elsewhere.
    left = max(n - 2, 0) / n
    off = np.hypot(dx, dy) * np.exp(-theirs[:, 2]) / np.sqrt(max(left, 1e-3))
    place = log_ratio(ROOM / (2 * np.pi * SPREAD**2), off / SPREAD) * left
    turned = (theirs[:, 3] - mine[:, 3] - turn + np.pi) % (2 * np.pi) - np.pi
    scaled = theirs[:, 2] - mine[:, 2] - growth
    shape = log_ratio(SCALE_ROOM / (SCALE_SPREAD * np.sqrt(2 * np.pi)), scaled / SCALE_SPREAD)
    shape += log_ratio(TURN_ROOM / (TURN_SPREAD * np.sqrt(2 * np.pi)), turned / TURN_SPREAD)
    apart = distances(kept.hashes[found.pairs[:, 0]], asked.hashes[found.pairs[:, 1]])
    spot = float(np.hypot(*np.ptp(mine[:, :2], axis=0)) / max(kept.width, kept.height))
    among, thinness = surrounded(found)
    return Evidence(
        patches=n,
        appearance=found.score,
        place=place,
        shape=shape * (n - 1) / n,
        mean_distance=float(apart.mean()),
        share=n / max(n, among),
        thinness=thinness,
        spot=spot,
        turn=abs(float(np.degrees(turn))),
    )


def log_ratio(peak: float, off: Floats) -> float:
    """Sum, in bits, how much likelier each deviation (in spreads) is in a copy than evenly spread chance."""
    return float(np.log2((1 - OUTLIERS) * peak * np.exp(-0.5 * off**2) + OUTLIERS).sum())


def surrounded(found: Found) -> tuple[int, float]:
    """Count the enrolled patches that should be seen in the band of the agreeing ones; say how thin the band is."""
    places = found.kept.places[:, :2]
    agreeing = places[found.pairs[:, 0]]
    middle = agreeing.mean(axis=0)
    axes = np.linalg.svd(agreeing - middle, full_matrices=False)[2]
    band, every = (agreeing - middle) @ axes.T, (places - middle) @ axes.T
    low, high = band.min(axis=0) - 1e-3, band.max(axis=0) + 1e-3
    inside = ((every >= low) & (every <= high)).all(axis=1) & seen_again(found)
    length, breadth = (high - low)[:2]
    return int(inside.sum()), min(float(breadth / length), TWO_LINES * two_lines(agreeing))


def two_lines(places: Floats) -> float:
    """Return how thin two lines are that hold all places, as words above and below a photo do; 1 for a few places.

    The places are parted at their largest gap, from above to below and from left to right; thinness is the thicker
    part's extent by the length across.
    """
    if len(places) < FEWEST_IN_LINES:
        return 1.0
    extent = np.ptp(places, axis=0) + 1e-3
    thinnest = 1.0
    for axis in (0, 1):
        values = np.sort(places[:, axis])
        parted = int(np.argmax(np.diff(values))) + 1
        thickest = max(np.ptp(values[:parted]), np.ptp(values[parted:]))
        thinnest = min(thinnest, float(thickest / extent[1 - axis]))
    return thinnest


def moved(places: Floats, found: Found) -> tuple[Floats, Floats]:
    """Return where the similarity puts places of the enrolled picture in the seen one: across and down."""
    a, b, tx, ty = found.move
    x, y = places[:, 0], places[:, 1]
    return np.asarray(a * x - b * y + tx, np.float32), np.asarray(b * x + a * y + ty, np.float32)


def seen_through(found: Found) -> npt.NDArray[np.bool_]:
    """Say for each enrolled patch whether the similarity puts it inside the seen picture."""
    across, down = moved(found.kept.places, found)
    inside = (across >= 0) & (across < found.asked.width) & (down >= 0) & (down < found.asked.height)
    return np.asarray(inside, np.bool_)


def seen_again(found: Found) -> npt.NDArray[np.bool_]:
    """Say for each enrolled patch whether it lies inside the seen picture and is large enough there."""
    a, b, _, _ = found.move
    large = found.kept.places[:, 2] + 0.5 * np.log(a * a + b * b) > np.log(SMALLEST_SIGMA)
    return np.asarray(seen_through(found) & large, np.bool_)
