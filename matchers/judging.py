"""When are two fingerprints close enough to tell somebody? The radius, the second opinion, and words for both.

PDQ is very selective on photos: no false pair in 320,000 at a distance of 31 bits, one in a hundred million at 65.
On graphics it is not: 3 false pairs in 10,000 at 31, whatever their quality (docs/matching.md). So a pair of upright
pictures also needs the consent of a second, different hash, and the further apart they are the closer that must be.
"""

from dataclasses import dataclass
from uuid import UUID

from matchers.fingerprint import Fingerprint
from matchers.hashes.pdq import ORIENTATIONS

SURE = 31
"""PDQ's published threshold, in bits of 256."""
RADIUS = 60
"""The furthest an upright pair may be apart, in bits of 256."""
TURNED_RADIUS = 48
"""The furthest a mirrored or turned pair may be apart: there the second hash cannot speak."""
WITNESS_WHEN_SURE = 20
WITNESS_WHEN_FAR = 14
"""The furthest the second hash may be apart, in bits of 64; two strangers are about 32 apart."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An enrolment that a picture may be a copy of.

    `kind` is "whole", "flipped", "rotated", "cropped" or "region"; `distance` counts differing bits; `confidence` is
    between 0 and 1; `reason` says in plain words why.
    """

    enrolment: UUID
    kind: str
    distance: int
    confidence: float
    reason: str


def judge(
    enrolment: UUID, enrolled: Fingerprint, seen: Fingerprint, orientation: int, distance: int
) -> Candidate | None:
    """Return the candidate for a pair whose PDQ `distance` holds in `orientation` of the seen picture, or None."""
    witnessed = _witness_distance(enrolled, seen) if orientation == 0 else None
    if not _close_enough(distance, witnessed, turned=orientation != 0):
        return None
    kind = _kind(orientation)
    return Candidate(enrolment, kind, distance, _confidence(distance, witnessed), _words(kind, distance, witnessed))


def _close_enough(distance: int, witnessed: int | None, *, turned: bool) -> bool:
    if distance > (TURNED_RADIUS if turned else RADIUS):
        return False
    if witnessed is None:
        return turned or distance <= TURNED_RADIUS
    return witnessed <= (WITNESS_WHEN_SURE if distance <= SURE else WITNESS_WHEN_FAR)


def _witness_distance(enrolled: Fingerprint, seen: Fingerprint) -> int | None:
    """Return how far the second hashes are apart; None when one was made where there is none (a browser)."""
    if enrolled.witness is None or seen.witness is None:
        return None
    return enrolled.witness.distance(seen.witness)


def _kind(orientation: int) -> str:
    name = ORIENTATIONS[orientation]
    return "whole" if name == "upright" else name.split("-")[0]


def _confidence(distance: int, witnessed: int | None) -> float:
    """Return a first, cautious figure: near 1 for a plain copy, 0.6 at the edge. Not yet calibrated."""
    nearness = 1 - distance / RADIUS
    doubt = 0.1 if witnessed is None else 0.0
    return round(max(0.5, 0.6 + 0.39 * nearness - doubt), 2)


def _words(kind: str, distance: int, witnessed: int | None) -> str:
    how = {"whole": "the whole picture", "flipped": "the mirrored picture", "rotated": "the turned picture"}[kind]
    second = "" if witnessed is None else f"; a second method agrees ({64 - witnessed} of 64)"
    return f"{256 - distance} of 256 bits of {how} agree{second}"
