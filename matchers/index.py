"""What a likeness is, and the slow obvious index that says so; `fast_index` must agree with it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from matchers.fingerprint import VERSION, Fingerprint
from matchers.hashes import phash
from matchers.hashes.pdq import BITS, ORIENTATIONS

if TYPE_CHECKING:
    from matchers.regions.evidence import Evidence
    from matchers.regions.index import Found, RegionIndex

CERTAIN = 31
"""Bits of PDQ (of 256) that may differ on its own word: the radius its makers publish."""
NEAR, WITNESS_NEAR = 64, 20
FAR, WITNESS_FAR = 72, 14
"""Bits of PDQ and of phash (of 64) that may differ: the further one is, the nearer the other must be."""
ALONE = 56
"""Bits of PDQ that may differ where there is no second opinion: a fingerprint made in a browser has no witness."""
PLAIN, WITNESS_PLAIN = 20, 8
"""Bits of each that may differ between graphics: two charts, forms or logos come near each other by their layout."""

Agreement = Literal["agree", "differ", "unknown"]
"""What region hashes say of two pictures that are alike as a whole."""

Kind = Literal["whole", "flipped", "rotated", "cropped", "region", "composite"]
KINDS: dict[str, Kind] = {
    name: "whole" if name == "upright" else "rotated" if name.startswith("rotated") else "flipped"
    for name in ORIENTATIONS
}


@dataclass(frozen=True)
class Candidate:
    """An enrolment that a picture looks like: how, by how many bits, how surely (0..1), and why in plain words.

    Where only parts agree, `distance` is the mean over the agreeing patches (of 128 bits), and the areas say
    where they lie: left, top, width and height as shares 0..1 of the enrolled and of the seen picture.
    """

    enrolment: UUID
    kind: Kind
    distance: int
    confidence: float
    reason: str
    enrolled_area: tuple[float, float, float, float] | None = None
    seen_area: tuple[float, float, float, float] | None = None


def require_version(fp: Fingerprint) -> None:
    """Raise ValueError for a fingerprint of another version: its bits mean something else."""
    if fp.version != VERSION:
        raise ValueError(f"fingerprint version {fp.version} cannot be compared with version {VERSION}")


def judge(
    enrolment: UUID,
    enrolled: Fingerprint,
    seen: Fingerprint,
    orientation: int,
    distance: int,
    evidence: "Evidence | None" = None,
) -> Candidate | None:
    """Return the candidate for the nearest orientation and its distance, or None where the doubt is too large.

    PDQ is selective on photos, but portraits before one backdrop come near each other, and so do graphics with few
    shapes, whatever their quality. So a second hash with other rules has to agree, and beyond the published radius
    the patches as well (`evidence`, where any agree).
    """
    name = ORIENTATIONS[orientation]
    second = None
    if enrolled.witness is not None and seen.witness is not None:
        second = phash.turned(seen.witness, name).distance(enrolled.witness)
    if not alike(distance, second, agreement(enrolled, seen, evidence), plain=enrolled.is_plain or seen.is_plain):
        return None
    return _candidate(enrolment, name, distance, second)


def agreement(enrolled: Fingerprint, seen: Fingerprint, evidence: "Evidence | None") -> Agreement:
    """Return what the patches say; "unknown" where one of the pictures has none to ask."""
    if enrolled.regions is None or seen.regions is None:
        return "unknown"
    from matchers.regions.judging import SHIPPED

    return "agree" if evidence is not None and evidence.bits >= SHIPPED.support_bits else "differ"


def alike(distance: int, second: int | None, patches: Agreement = "unknown", *, plain: bool = False) -> bool:
    """Say whether so many bits of PDQ and of the second hash (None: there is none) are few enough."""
    if plain:
        return distance <= PLAIN and (second is None or second <= WITNESS_PLAIN)
    if distance > CERTAIN and patches == "differ":
        return False
    if second is None:
        return distance <= (FAR if patches == "agree" else ALONE)
    return (distance <= NEAR and second <= WITNESS_NEAR) or (distance <= FAR and second <= WITNESS_FAR)


def _candidate(enrolment: UUID, orientation: str, distance: int, second: int | None) -> Candidate:
    words = {
        "upright": "the whole picture",
        "flipped-horizontally": "the whole picture, mirrored",
        "flipped-vertically": "the whole picture, upside down and mirrored",
    }.get(orientation, f"the whole picture, {orientation.replace('-', ' ')}")
    agrees = f"{BITS - distance} of {BITS} bits agree"
    if second is not None:
        agrees += f", and {phash.BITS - second} of {phash.BITS} of a second hash"
    return Candidate(enrolment, KINDS[orientation], distance, confidence(distance, second), f"{words}: {agrees}")


def confidence(distance: int, second: int | None) -> float:
    """Return how surely two pictures are one, 0..1. A ranking so far: not yet calibrated on a large set."""
    further = max(0, distance - 31) / (FAR - 31)  # 31 is the radius PDQ's makers publish
    doubt = 0.5 if second is None else max(0, second - 8) / (WITNESS_NEAR - 8)
    return round(0.99 - 0.2 * further - 0.1 * doubt, 3)


class Parts:
    """The region hashes of enrolments. What searches them is brought in with the first: numba takes 1 s to import."""

    def __init__(self, *, fast: bool) -> None:
        self._fast = fast
        self._index: RegionIndex | None = None

    def add(self, enrolment: UUID, fp: Fingerprint) -> None:
        """Put in an enrolment's regions, in the place of what it had before; one may have none."""
        if fp.regions is None:
            self.remove(enrolment)
            return
        if self._index is None:
            from matchers.regions.index import RegionIndex

            self._index = RegionIndex(fast=self._fast)
        self._index.add(enrolment, fp.regions)

    def remove(self, enrolment: UUID) -> None:
        """Take an enrolment's regions out; one that is not there is no error."""
        if self._index is not None:
            self._index.remove(enrolment)

    def weighed(self, fp: Fingerprint) -> "dict[UUID, tuple[Found, Evidence]]":
        """Return every enrolment of which patches agree at all, with what that weighs; the surest first."""
        if self._index is None or fp.regions is None:
            return {}
        from matchers.regions.judging import weighed

        return {found.kept.enrolment: (found, evidence) for found, evidence in weighed(self._index, fp.regions)}


def parts_of(weighed: "dict[UUID, tuple[Found, Evidence]]", known: set[UUID]) -> list[Candidate]:
    """Return the enrolments, but for those already known, of which a part is seen; the surest first."""
    if not weighed:
        return []
    from matchers.regions.judging import is_a_part, told

    parts = [(enrolment, told(*each)) for enrolment, each in weighed.items() if is_a_part(each[1])]
    return [
        Candidate(enrolment, m.kind, m.distance, m.confidence, m.reason, m.enrolled_area, m.seen_area)
        for enrolment, m in parts
        if enrolment not in known
    ]


class SlowIndex:
    """Compares every orientation of the query with every enrolment, one by one: the reference."""

    def __init__(self) -> None:
        self._enrolled: dict[UUID, Fingerprint] = {}
        self._parts = Parts(fast=False)

    def __len__(self) -> int:
        """Return the number of enrolments."""
        return len(self._enrolled)

    def add(self, enrolment: UUID, fp: Fingerprint) -> None:
        """Put in an enrolment, in the place of what it was before; ValueError if the version is another."""
        require_version(fp)
        self._enrolled[enrolment] = fp
        self._parts.add(enrolment, fp)

    def remove(self, enrolment: UUID) -> None:
        """Take an enrolment out; one that is not there is no error."""
        self._enrolled.pop(enrolment, None)
        self._parts.remove(enrolment)

    def search(self, fp: Fingerprint) -> list[Candidate]:
        """Return the enrolments that the picture looks like, nearest first."""
        require_version(fp)
        weighed, found = self._parts.weighed(fp), []
        for enrolment, enrolled in self._enrolled.items():
            distances = [part.distance(enrolled.whole[0]) for part in fp.whole]
            nearest = min(range(len(distances)), key=distances.__getitem__)
            evidence = weighed[enrolment][1] if enrolment in weighed else None
            candidate = judge(enrolment, enrolled, fp, nearest, distances[nearest], evidence)
            if candidate is not None:
                found.append(candidate)
        return in_order(found) + parts_of(weighed, {candidate.enrolment for candidate in found})


def in_order(found: list[Candidate]) -> list[Candidate]:
    """Return candidates nearest first, equals in the order of their enrolments' names."""
    return sorted(found, key=lambda candidate: (candidate.distance, candidate.enrolment))
