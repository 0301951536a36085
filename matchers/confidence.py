"""How surely a likeness is the photo itself, 0..1: logistic curves fitted by `python -m benchmarks calibration`.

They hold for one crawled picture in 1,000 that shows an enrolled photo and one in 10,000 that shows somebody else
before the same wall, against 10,000 enrolled photos. docs/matching-confidence.md has the reliability plot.
"""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matchers.deciding import Whole
    from matchers.regions.evidence import Evidence

WITH_PATCHES = (14.43, -0.367, 0.0886)
"""Constant, a bit of PDQ that differs, a bit of evidence of the patches (up to `MOST_BITS`)."""
ALONE = (19.72, -0.320, -0.158)
"""Constant, a bit of PDQ, a bit of phash that differs: where one of the pictures has no patches."""
CUT_OUT = (-12.87, 0.1228)
"""Constant, a bit of evidence: the photo cut, or within something larger."""
JOINED = (-1.65, 0.0220)
"""The same for a part of the photo joined with something else: two people before one wall look like that."""
MOST_BITS = 300.0
USUAL_SECOND = 12
"""Bits of phash that differ, where there is none to ask: what a strongly edited copy has."""
MOST, MOST_PLAIN = 0.999, 0.9
"""No run was large enough to say more; and two graphics come near each other by their layout alone."""


def of_whole(whole: "Whole", evidence: "Evidence | None") -> float:
    """Return the confidence for two pictures that are alike as a whole."""
    if whole.patched and not whole.plain:
        constant, by_bit, by_evidence = WITH_PATCHES
        bits = min(evidence.bits, MOST_BITS) if evidence else 0.0
        return _chance(constant + by_bit * whole.distance + by_evidence * bits)
    constant, by_bit, by_second = ALONE
    second = USUAL_SECOND if whole.second is None else whole.second
    return min(_chance(constant + by_bit * whole.distance + by_second * second), MOST_PLAIN if whole.plain else MOST)


def of_part(kind: str, bits: float) -> float:
    """Return the confidence for agreeing patches of so much evidence, by the kind of match."""
    constant, by_bit = JOINED if kind == "composite" else CUT_OUT
    return _chance(constant + by_bit * bits)


def _chance(log_odds: float) -> float:
    return round(min(MOST, 1 / (1 + math.exp(-max(-40.0, min(40.0, log_odds))))), 4)
