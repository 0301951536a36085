"""Enrolled region hashes that can be asked: which enrolled photo does a part of this picture come from?"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt

from matchers.negative import NegativeBank
from matchers.regions.agreement import ENOUGH_BITS, MOST_SEEDS, Caps, Pairs, agreement
from matchers.regions.kept import MIRROR, Floats, Hashes, Regions, distances
from matchers.regions.tables import MASKS, Meetings, Tables, meetings_slowly, scanned

SEALED_AT = 4096
"""Patches added since the last build are compared one by one until there are so many."""
COMMON_BITS = 16
"""A patch this near to common content proposes nothing."""

Similarity = tuple[float, float, float, float]


@dataclass(frozen=True)
class Asked:
    """A picture as the search wants it: patches in the order of x, with their worth."""

    places: Floats
    hashes: Hashes
    caps: Caps
    width: int
    height: int

    def mirrored(self) -> "Asked":
        """Return the same picture seen in a mirror."""
        places = self.places[::-1].copy()
        places[:, 0] = self.width - places[:, 0]
        places[:, 3] = np.pi - places[:, 3]
        return Asked(places, self.hashes[::-1] ^ MIRROR, self.caps[::-1].copy(), self.width, self.height)


@dataclass(frozen=True)
class Kept:
    """An enrolled picture: what is compared once a few of its patches have met."""

    enrolment: UUID
    places: Floats
    hashes: Hashes
    caps: Caps
    width: int
    height: int


@dataclass(frozen=True)
class Found:
    """One enrolled picture whose patches lie in the asked one the same way."""

    kept: Kept
    asked: Asked
    score: int
    pairs: Pairs
    move: Similarity
    mirrored: bool


class Segment:
    """Some enrolled pictures whose patches share one set of tables."""

    def __init__(self, pictures: list[Kept]) -> None:
        self.pictures = pictures
        telling = [picture.caps > COMMON_BITS for picture in pictures]
        self.owner = np.concatenate([np.full(int(t.sum()), n, np.uint32) for n, t in enumerate(telling)])
        self.row = np.concatenate([np.nonzero(t)[0].astype(np.int32) for t in telling])
        self.hashes: Hashes = np.concatenate([p.hashes[t] for p, t in zip(pictures, telling, strict=True)])
        self._tables: Tables | None = None

    def __len__(self) -> int:
        return len(self.row)

    def meetings(self, asked: Hashes) -> Meetings:
        """Look up in tables, which are built when first asked and worth it."""
        if len(self) < SEALED_AT:
            return scanned(asked, self.hashes, MASKS)
        if self._tables is None:
            self._tables = Tables(self.hashes)
        return self._tables.meetings(asked)


class RegionIndex:
    """Add, remove and ask at any time; `fast=False` compares everything with everything."""

    def __init__(self, bank: NegativeBank | None = None, *, fast: bool = True) -> None:
        self._bank = bank or NegativeBank()
        self._fast = fast
        self._live: dict[UUID, Kept] = {}
        self._segments: list[Segment] = []
        self._fresh: list[Kept] = []

    def __len__(self) -> int:
        return len(self._live)

    def add(self, enrolment: UUID, regions: Regions) -> None:
        """Keep a picture; adding it again replaces it."""
        caps = self._bank.caps(regions.hashes)
        kept = Kept(enrolment, regions.places, regions.hashes, caps, regions.width, regions.height)
        self._live[enrolment] = kept
        self._fresh.append(kept)

    def remove(self, enrolment: UUID) -> None:
        """Forget a picture; one that is not there is fine."""
        self._live.pop(enrolment, None)

    def search(self, regions: Regions, least_score: int) -> list[Found]:
        """Return the enrolled pictures with at least this score, the best first."""
        order = np.argsort(regions.places[:, 0], kind="stable")
        hashes = regions.hashes[order]
        upright = Asked(regions.places[order], hashes, self._bank.caps(hashes), regions.width, regions.height)
        self._settle()
        best: dict[UUID, Found] = {}
        for asked, mirrored in ((upright, False), (upright.mirrored(), True)):
            for found in self._agreeing(asked, mirrored, least_score):
                before = best.get(found.kept.enrolment)
                if before is None or found.score > before.score:
                    best[found.kept.enrolment] = found
        return sorted(best.values(), key=lambda f: -f.score)

    def _settle(self) -> None:
        """Put fresh pictures into segments; merge segments so that there are few and removed ones go."""
        self._fresh = [k for k in self._fresh if self._live.get(k.enrolment) is k]
        if not self._fresh:
            return
        pictures, self._fresh = self._fresh, []
        while self._segments and len(self._segments[-1].pictures) < 2 * len(pictures):
            pictures = [k for k in self._segments.pop().pictures if self._live.get(k.enrolment) is k] + pictures
        self._segments.append(Segment(pictures))

    def _agreeing(self, asked: Asked, mirrored: bool, least_score: int) -> Iterator[Found]:
        telling = np.nonzero(asked.caps > COMMON_BITS)[0]
        for segment in self._segments:
            if self._fast:
                met = segment.meetings(asked.hashes[telling])
            else:
                met = meetings_slowly(asked.hashes[telling], segment.hashes)
            for picture, pairs in by_picture(segment, met, telling):
                if self._live.get(picture.enrolment) is not picture:
                    continue
                found = compared(picture, asked, pairs, mirrored)
                if found is not None and found.score >= least_score:
                    yield found


def by_picture(segment: Segment, met: Meetings, telling: npt.NDArray[np.intp]) -> Iterator[tuple[Kept, Pairs]]:
    """Group meetings by enrolled picture, those with two or more; pairs are (enrolled row, asked row)."""
    owner = segment.owner[met[:, 1]]
    order = np.lexsort((met[:, 0], met[:, 1], owner))
    owner, met = owner[order], met[order]
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    counts = np.diff(np.r_[starts, len(owner)])
    for start, count in zip(starts[counts > 1], counts[counts > 1], strict=True):
        some = met[start : start + count]
        pairs = np.stack([segment.row[some[:, 1]], telling[some[:, 0]].astype(np.int32)], axis=1)
        yield segment.pictures[owner[start]], pairs


def compared(kept: Kept, asked: Asked, pairs: Pairs, mirrored: bool) -> Found | None:
    """Weigh how the patches of two pictures agree, starting from pairs that met."""
    apart = distances(kept.hashes[pairs[:, 0]], asked.hashes[pairs[:, 1]]).astype(np.int32)
    worth = (
        np.minimum(np.minimum(kept.caps[pairs[:, 0]], asked.caps[pairs[:, 1]]).astype(np.int32), ENOUGH_BITS) - apart
    )
    best = np.argsort(-worth, kind="stable")[:MOST_SEEDS]
    best = best[worth[best] > 0]
    if len(best) < 2:
        return None
    score, agreeing, move = agreement(
        kept.places, kept.hashes, kept.caps, asked.places, asked.hashes, asked.caps, pairs[best], worth[best]
    )
    return Found(kept, asked, int(score), agreeing, move, mirrored) if score else None
