"""When do agreeing patches mean the same photo, how surely, and how is that said to a person?"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import numpy as np
import numpy.typing as npt

from matchers.regions.index import Found, RegionIndex
from matchers.regions.kept import Floats, Regions, distances

LEAST_SCORE = 45
"""From the tail of unrelated pairs: see docs/matching-regions.md."""
FEWEST = 8
"""Agreeing patches. Six agreed between two drawings of the same kind of face: a handful is no evidence."""
FURTHEST_MEAN = 23.5
"""Mean distance of agreeing patches. Two photos of the same wall agree in more bits than strangers, but a
copy agrees in still more: 27 bits apart on the average for the wall, 14 for the copies of the benchmark."""
CALIBRATION = (-6.0, 0.12)
"""Middle and slope over the score: even odds at 50, from the tail of unrelated pairs (1e-8 at 45), for 10,000
enrolled photos and a copy in every hundredth picture. docs/matching-regions.md says what it stands on."""
THINNEST = 0.2
"""Agreeing patches in a band this much thinner than long are taken for a line of text."""
SMALLEST_SPOT = 0.01
"""Agreeing patches must spread over a hundredth of the enrolled photo."""
REPLACED_SHARE = 0.25
GRID = 4
MISSING = 3
SMALLEST_SIGMA = 1.8
"""Patches smaller than this, in pixels of the seen picture, cannot be found again."""

RegionKind = Literal["cropped", "region", "composite"]
Area = tuple[float, float, float, float]
"""Left, top, width and height as shares 0..1 of the picture."""


@dataclass(frozen=True)
class RegionMatch:
    """What agreeing patches say: kind, surety, the words, and where in the enrolled and in the seen picture."""

    kind: RegionKind
    score: int
    distance: int
    confidence: float
    reason: str
    enrolled_area: Area
    seen_area: Area
    mirrored: bool


def matches(index: RegionIndex, seen: Regions) -> list[tuple[UUID, RegionMatch]]:
    """Return the enrolled pictures of which a part agrees with the seen picture, the surest first."""
    judgements = ((found.kept.enrolment, judged(found)) for found in index.search(seen, LEAST_SCORE))
    return [(enrolment, match) for enrolment, match in judgements if match is not None]


def judged(found: Found) -> RegionMatch | None:
    """Return the match, or None where the doubt is too large."""
    mean = mean_distance(found)
    few = len(found.pairs) < FEWEST
    if few or found.score < LEAST_SCORE or mean > FURTHEST_MEAN or could_be_letters(found):
        return None
    enrolled = area_of(found.kept.places[found.pairs[:, 0]], found.kept.width, found.kept.height)
    seen = area_of(found.asked.places[found.pairs[:, 1]], found.asked.width, found.asked.height)
    if found.mirrored:
        seen = (1.0 - seen[0] - seen[2], seen[1], seen[2], seen[3])
    visible = seen_through(found)
    kind = kind_of(found, visible)
    reason = worded(kind, len(found.pairs), int(visible.sum()), enrolled, mirrored=found.mirrored)
    return RegionMatch(kind, found.score, round(mean), confidence(found.score), reason, enrolled, seen, found.mirrored)


def mean_distance(found: Found) -> float:
    """Return by how many of 128 bits the agreeing patches differ, on the average."""
    return float(distances(found.kept.hashes[found.pairs[:, 0]], found.asked.hashes[found.pairs[:, 1]]).mean())


def confidence(score: int) -> float:
    """Return how surely a score means the same photo, 0..1: a logistic curve fitted on the benchmark."""
    middle, slope = CALIBRATION
    return round(float(1 / (1 + np.exp(-(middle + slope * score)))), 4)


def could_be_letters(found: Found) -> bool:
    """Say whether agreeing patches lie along one line or all in a small spot, as a word two captions share does."""
    places = found.kept.places[found.pairs[:, 0], :2]
    middled = places - places.mean(axis=0)
    along = middled @ np.linalg.svd(middled, full_matrices=False)[2].T
    length, breadth = np.ptp(along, axis=0)
    spot = float(length * breadth) / (found.kept.width * found.kept.height)
    return bool(breadth < THINNEST * length or spot < SMALLEST_SPOT)


def area_of(places: Floats, width: int, height: int) -> Area:
    """Return the box around patches, each reaching 3 sigma from its middle."""
    reach = 3 * np.exp(places[:, 2])
    left, top = (places[:, 0] - reach).min() / width, (places[:, 1] - reach).min() / height
    right, bottom = (places[:, 0] + reach).max() / width, (places[:, 1] + reach).max() / height
    left, top, right, bottom = (round(float(np.clip(v, 0, 1)), 3) for v in (left, top, right, bottom))
    return left, top, round(right - left, 3), round(bottom - top, 3)


def seen_through(found: Found) -> npt.NDArray[np.bool_]:
    """Say for each enrolled patch whether the similarity puts it inside the seen picture."""
    a, b, tx, ty = found.move
    x, y = found.kept.places[:, 0], found.kept.places[:, 1]
    across, down = a * x - b * y + tx, b * x + a * y + ty
    inside = (across >= 0) & (across < found.asked.width) & (down >= 0) & (down < found.asked.height)
    return np.asarray(inside, np.bool_)


def kind_of(found: Found, visible: npt.NDArray[np.bool_]) -> RegionKind:
    """Tell a cut-out of the photo, the photo within something larger, and a photo of which a part was replaced.

    Where some cells of the photo agree, as many patches in a hundred should agree in the others; a cell
    from which at least three are missing shows something else.
    """
    places, (a, b, _, _) = found.kept.places, found.move
    scale = float(np.hypot(a, b))
    seen_again = visible & (places[:, 2] + np.log(scale) > np.log(SMALLEST_SIGMA))
    column = np.minimum(places[:, 0] * GRID // found.kept.width, GRID - 1)
    row = np.minimum(places[:, 1] * GRID // found.kept.height, GRID - 1)
    cell = (row * GRID + column).astype(np.intp)
    agreeing = np.bincount(cell[found.pairs[:, 0]], minlength=GRID * GRID)
    there = np.bincount(cell[seen_again], minlength=GRID * GRID)
    usual = agreeing.sum() / max(1, there[agreeing > 0].sum())
    replaced = int(((agreeing == 0) & (there * usual >= MISSING)).sum())
    if replaced / (replaced + (agreeing > 0).sum()) >= REPLACED_SHARE:
        return "composite"
    shown = scale**2 * found.kept.width * found.kept.height / (found.asked.width * found.asked.height)
    return "cropped" if shown > 1 else "region"


SHOWS: dict[RegionKind, str] = {
    "cropped": "a part of the photo",
    "region": "the photo within a larger picture",
    "composite": "a part of the photo joined with something else",
}


def worded(kind: RegionKind, agreeing: int, visible: int, area: Area, *, mirrored: bool) -> str:
    """Return the reason in plain words."""
    words = f"{SHOWS[kind]}: {agreeing} of {max(agreeing, visible)} patches agree, covering {where(area)}"
    return words + "; mirrored" if mirrored else words


def where(area: Area) -> str:
    """Name the part of a photo an area covers."""
    left, top, width, height = area
    if width * height > 0.65:
        return "nearly all of it"
    down, across = ("upper", "lower", "middle"), ("left", "right", "middle")
    vertical = third(top, height, down)
    horizontal = third(left, width, across)
    if vertical == horizontal == "middle":
        return "the middle"
    return "the " + " ".join(word for word in (vertical, horizontal) if word != "middle") + " part"


def third(start: float, length: float, names: tuple[str, str, str]) -> str:
    """Say on which side the middle of a stretch lies."""
    middle = start + length / 2
    return names[0] if middle < 0.42 else names[1] if middle > 0.58 else names[2]
