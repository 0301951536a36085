"""When do agreeing patches mean the same photo, how surely, and how is that said to a person?"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from matchers.confidence import of_part
from matchers.regions.evidence import Evidence, seen_again, seen_through, weigh
from matchers.regions.index import Found, RegionIndex
from matchers.regions.kept import Floats, Regions

LEAST_SCORE = 18
"""Appearance alone, in bits, below which a pair is not looked at."""


@dataclass(frozen=True)
class Limits:
    """What evidence must reach, in bits; docs/matching.md shows what each was set from.

    `least_bits`: strangers among photos reach 60. `support_bits` suffices where the whole pictures are alike already.
    Below `certain_bits` the agreeing patches may lie `furthest_mean` bits apart on the average when all agree that
    should, less by `share_bits` for every e-fold fewer: two people before the same wall share patches, but few of
    those that should agree do, and not well. Where fewer than `few_share` do, there must be `few_bits`: that also
    tells two drawings by one hand apart. Patches in a band `thin` times as broad as long, as a line of text or a
    strip of wall, need `thin_bits` and must not be further than `thin_mean` apart; those on a `line`, or from
    `word_patches` on nearly on one (`word`), need `line_bits`. The same letters in other words lie elsewhere: each
    patch beyond two must bring `least_place` bits by where it lies. A few letters of a caption, a watermark or an app
    come again unturned: patches within a `spot` of the photo, not turned by more than `unturned` degrees, need
    `spot_bits`; a head cut out and pasted is hardly ever both.
    """

    least_bits: float = 100.0
    support_bits: float = 30.0
    certain_bits: float = 450.0
    furthest_mean: float = 30.3
    share_bits: float = 6.0
    few_share: float = 0.2
    few_bits: float = 170.0
    thin: float = 0.3
    thin_mean: float = 19.0
    thin_bits: float = 150.0
    line: float = 0.12
    word: float = 0.2
    word_patches: int = 8
    line_bits: float = 300.0
    least_place: float = 1.0
    unturned: float = 1.5
    spot: float = 0.25
    spot_bits: float = 265.0


SHIPPED = Limits()
REPLACED_SHARE = 0.25
GRID = 4
MISSING = 3

RegionKind = Literal["cropped", "region", "composite"]
Area = tuple[float, float, float, float]
"""Left, top, width and height as shares 0..1 of the picture."""


@dataclass(frozen=True)
class RegionMatch:
    """What agreeing patches say: kind, surety, the words, and where in the enrolled and in the seen picture."""

    kind: RegionKind
    evidence: Evidence
    confidence: float
    reason: str
    enrolled_area: Area
    seen_area: Area
    mirrored: bool

    @property
    def distance(self) -> int:
        """Bits of 128 by which the agreeing patches differ, on the average."""
        return round(self.evidence.mean_distance)


def weighed(index: RegionIndex, seen: Regions) -> list[tuple[Found, Evidence]]:
    """Return every enrolled picture of which patches agree at all, with what that weighs, the surest first."""
    looked_at = [(found, weigh(found)) for found in index.search(seen, LEAST_SCORE)]
    return sorted(looked_at, key=lambda each: (-each[1].bits, each[0].kept.enrolment))


def is_a_part(evidence: Evidence, limits: Limits = SHIPPED) -> bool:
    """Say whether agreeing patches can only be a part of the enrolled photo itself."""
    if evidence.bits < limits.least_bits or evidence.bits >= limits.certain_bits:
        return evidence.bits >= limits.certain_bits
    if evidence.share < limits.few_share and evidence.bits < limits.few_bits:
        return False
    furthest = limits.furthest_mean + limits.share_bits * np.log(evidence.share)
    return evidence.mean_distance <= furthest and (evidence.patches < 3 or not could_be_words(evidence, limits))


def could_be_words(evidence: Evidence, limits: Limits) -> bool:
    """Say whether patches lie as those of a line of text do, or of a strip of wall."""
    if evidence.place < limits.least_place * (evidence.patches - 2):
        return True
    if evidence.turn < limits.unturned and evidence.spot < limits.spot and evidence.bits < limits.spot_bits:
        return True
    line = limits.line if evidence.patches < limits.word_patches else limits.word
    if evidence.thinness < line and evidence.bits < limits.line_bits:
        return True
    far = evidence.mean_distance > limits.thin_mean and evidence.patches > 3
    return evidence.thinness < limits.thin and (evidence.bits < limits.thin_bits or far)


def told(found: Found, evidence: Evidence) -> RegionMatch:
    """Return a match as it is told: what kind it is, how sure, why, and where."""
    enrolled = area_of(found.kept.places[found.pairs[:, 0]], found.kept.width, found.kept.height)
    seen = area_of(found.asked.places[found.pairs[:, 1]], found.asked.width, found.asked.height)
    if found.mirrored:
        seen = (round(1.0 - seen[0] - seen[2], 3), *seen[1:])
    kind = kind_of(found)
    reason = worded(kind, len(found.pairs), int(seen_through(found).sum()), enrolled, mirrored=found.mirrored)
    return RegionMatch(kind, evidence, of_part(kind, evidence.bits), reason, enrolled, seen, found.mirrored)


def area_of(places: Floats, width: int, height: int) -> Area:
    """Return the box around patches, each reaching 3 sigma from its middle."""
    reach = 3 * np.exp(places[:, 2])
    left, top = (places[:, 0] - reach).min() / width, (places[:, 1] - reach).min() / height
    right, bottom = (places[:, 0] + reach).max() / width, (places[:, 1] + reach).max() / height
    left, top, right, bottom = (round(float(np.clip(v, 0, 1)), 3) for v in (left, top, right, bottom))
    return left, top, round(right - left, 3), round(bottom - top, 3)


def kind_of(found: Found) -> RegionKind:
    """Tell a cut-out of the photo, the photo within something larger, and a photo of which a part was replaced.

    Where some cells of the photo agree, as many patches in a hundred should agree in the others; a cell
    from which at least three are missing shows something else.
    """
    places, (a, b, _, _) = found.kept.places, found.move
    scale = float(np.hypot(a, b))
    column = np.minimum(places[:, 0] * GRID // found.kept.width, GRID - 1)
    row = np.minimum(places[:, 1] * GRID // found.kept.height, GRID - 1)
    cell = (row * GRID + column).astype(np.intp)
    agreeing = np.bincount(cell[found.pairs[:, 0]], minlength=GRID * GRID)
    there = np.bincount(cell[seen_again(found)], minlength=GRID * GRID)
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
