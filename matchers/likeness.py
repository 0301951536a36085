"""Are two files the same picture, or near copies of one? For what somebody said they need not be told of again."""

from collections.abc import Sequence
from uuid import UUID

from matchers.fast_index import Index
from matchers.fingerprint import VERSION
from matchers.frames import Frame
from matchers.index import Candidate

WHOLE = ("whole", "flipped", "rotated")
MOST = 0.5
"""Where only parts agree, they must cover half of both pictures: a small part of one is another picture."""


class Known:
    """Some pictures; `has(frames)` says whether a file is one of them or a near copy."""

    def __init__(self, pictures: Sequence[Sequence[Frame]]) -> None:
        self._index = Index()
        ours = [frame.fingerprint for picture in pictures for frame in picture if frame.fingerprint.version == VERSION]
        for number, fingerprint in enumerate(ours):
            self._index.add(UUID(int=number), fingerprint)

    def has(self, frames: Sequence[Frame]) -> bool:
        """Say whether every frame of a file is a near copy of one of these; a frame more may show somebody else."""
        comparable = [frame.fingerprint for frame in frames if frame.fingerprint.version == VERSION]
        if not comparable or len(comparable) < len(frames):
            return False
        return all(any(map(is_near_copy, self._index.search(fingerprint))) for fingerprint in comparable)


def is_near_copy(candidate: Candidate) -> bool:
    """Say whether a likeness means nearly the whole of both pictures."""
    if candidate.kind in WHOLE:
        return True
    if candidate.kind == "composite" or candidate.enrolled_area is None or candidate.seen_area is None:
        return False
    return all(area[2] * area[3] >= MOST for area in (candidate.enrolled_area, candidate.seen_area))


def families(pictures: Sequence[Sequence[Frame]]) -> list[list[int]]:
    """Return the numbers of the pictures in groups: those that are near copies, directly or through others."""
    index, leader = Index(), list(range(len(pictures)))
    numbered = [(number, frame.fingerprint) for number, picture in enumerate(pictures) for frame in picture]
    comparable = [(number, fingerprint) for number, fingerprint in numbered if fingerprint.version == VERSION]
    for place, (_, fingerprint) in enumerate(comparable):
        index.add(UUID(int=place), fingerprint)

    def led(number: int) -> int:
        while leader[number] != number:
            number = leader[number]
        return number

    for number, fingerprint in comparable:
        for candidate in filter(is_near_copy, index.search(fingerprint)):
            one, other = led(number), led(comparable[candidate.enrolment.int][0])
            leader[max(one, other)] = min(one, other)
    groups: dict[int, list[int]] = {}
    for number in range(len(pictures)):
        groups.setdefault(led(number), []).append(number)
    return list(groups.values())
