"""What a likeness is, and the slow obvious index that says so; `fast_index` must agree with it."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from matchers import confidence
from matchers.deciding import RADIUS, WHOLE, Weighed, Whole
from matchers.fingerprint import VERSION, Fingerprint
from matchers.flat import Enrolled
from matchers.hashes import phash
from matchers.hashes.pdq import BITS, ORIENTATIONS

if TYPE_CHECKING:
    from matchers.regions.evidence import Evidence
    from matchers.regions.index import Found, RegionIndex

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


@dataclass(frozen=True)
class Considered:
    """An enrolment that came near a picture: what was weighed, and the candidate where it is a likeness."""

    enrolment: UUID
    weighed: Weighed
    candidate: Candidate | None


def consider(
    seen: Fingerprint,
    near: Iterable[tuple[UUID, Enrolled, int, int]],
    parts: "Mapping[UUID, tuple[Found, Evidence]]",
) -> list[Considered]:
    """Decide about every enrolment of which the whole (nearest orientation, distance) or patches came near.

    PDQ is selective on photos, but portraits before one backdrop come near each other, and so do graphics with few
    shapes, whatever their quality. So a second hash with other rules has to agree, and beyond the published radius
    the patches as well; a bare hash has neither, so beyond it none is looked at. Likenesses come first: whole
    pictures, nearest first, then parts, the surest first.
    """
    wholes = {
        enrolment: whole_pair(enrolled, seen, turn, distance)
        for enrolment, enrolled, turn, distance in near
        if distance <= WHOLE.certain or not enrolled.is_bare
    }
    decided = []
    for enrolment in {**parts, **wholes}:
        found, evidence = parts.get(enrolment, (None, None))
        weighed = Weighed(wholes.get(enrolment), evidence)
        decided.append(Considered(enrolment, weighed, _told(enrolment, weighed, found)))
    by_whole = [each for each in decided if each.candidate and each.candidate.enrolled_area is None]
    by_whole.sort(key=lambda each: (each.candidate.distance if each.candidate else 0, each.enrolment))
    by_part = [each for each in decided if each.candidate and each.candidate.enrolled_area is not None]
    return by_whole + by_part + [each for each in decided if each.candidate is None]


def whole_pair(enrolled: Enrolled, seen: Fingerprint, orientation: int, distance: int) -> Whole:
    """Return how near two whole pictures are that differ by `distance` bits in their nearest orientation."""
    second = None
    if enrolled.witness is not None and seen.witness is not None:
        second = phash.turned(seen.witness, ORIENTATIONS[orientation]).distance(enrolled.witness)
    patched = enrolled.patched and seen.regions is not None
    return Whole(orientation, distance, second, patched, enrolled.is_plain or seen.is_plain)


def _told(enrolment: UUID, weighed: Weighed, found: "Found | None") -> Candidate | None:
    likeness = weighed.likeness()
    if likeness == "whole" and weighed.whole is not None:
        return _whole_candidate(enrolment, weighed.whole, weighed.parts)
    if likeness is None or found is None or weighed.parts is None:
        return None
    from matchers.regions.judging import told

    m = told(found, weighed.parts)
    return Candidate(enrolment, m.kind, m.distance, m.confidence, m.reason, m.enrolled_area, m.seen_area)


def _whole_candidate(enrolment: UUID, whole: Whole, evidence: "Evidence | None") -> Candidate:
    orientation = ORIENTATIONS[whole.orientation]
    words = {
        "upright": "the whole picture",
        "flipped-horizontally": "the whole picture, mirrored",
        "flipped-vertically": "the whole picture, upside down and mirrored",
    }.get(orientation, f"the whole picture, {orientation.replace('-', ' ')}")
    agrees = f"{BITS - whole.distance} of {BITS} bits agree"
    if whole.second is not None:
        agrees += f", and {phash.BITS - whole.second} of {phash.BITS} of a second hash"
    sure = confidence.of_whole(whole, evidence)
    return Candidate(enrolment, KINDS[orientation], whole.distance, sure, f"{words}: {agrees}")


class Parts:
    """The region hashes of enrolments. What searches them is brought in with the first: numba takes 1 s to import."""

    def __init__(self, *, fast: bool) -> None:
        self._fast = fast
        self._index: RegionIndex | None = None

    @property
    def any(self) -> bool:
        """Whether any enrolment brought regions yet."""
        return self._index is not None

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

    def put_in_order(self, lock: AbstractContextManager[object]) -> None:
        """See `matchers.regions.index.RegionIndex.put_in_order`."""
        if self._index is not None:
            self._index.put_in_order(lock)

    def weighed(self, fp: Fingerprint) -> "dict[UUID, tuple[Found, Evidence]]":
        """Return every enrolment of which patches agree at all, with what that weighs; the surest first."""
        if self._index is None or fp.regions is None:
            return {}
        from matchers.regions.judging import weighed

        return {found.kept.enrolment: (found, evidence) for found, evidence in weighed(self._index, fp.regions)}


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
        return [each.candidate for each in self.considered(fp) if each.candidate is not None]

    def considered(self, fp: Fingerprint) -> list[Considered]:
        """Return every enrolment that came near the picture, likenesses first."""
        require_version(fp)
        near = []
        for enrolment, enrolled in self._enrolled.items():
            distances = [part.distance(enrolled.whole[0]) for part in fp.whole]
            nearest = min(range(len(distances)), key=distances.__getitem__)
            if distances[nearest] <= RADIUS:
                near.append((enrolment, Enrolled.of(enrolled), nearest, distances[nearest]))
        return consider(fp, near, self._parts.weighed(fp))
