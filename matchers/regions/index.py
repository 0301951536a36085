"""Enrolled region hashes that can be asked: which enrolled photo does a part of this picture come from?"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from matchers.negative import NegativeBank
from matchers.regions.agreement import Caps, Pairs
from matchers.regions.kept import MIRROR, Floats, Hashes, Regions
from matchers.regions.repeats import repeated
from matchers.regions.tables import MASKS, Meetings, Tables, meetings_slowly, scanned
from matchers.regions.weighing import weighed_all

SEALED_AT = 1024
"""Patches added since the last build are compared one by one until there are so many."""
COMMON_BITS = 16
"""A patch this near to common content proposes nothing."""
FREQUENT, FREQUENT_SHARE = 200, 0.02
"""A patch that meets more enrolled photos than this number, and than this share of all, proposes nothing. Far above
a class photo that every pupil enrols."""

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
        self.starts = np.cumsum([0, *(len(p.caps) for p in pictures)]).astype(np.int64)
        self.places: Floats = np.concatenate([p.places for p in pictures])
        self.all_hashes: Hashes = np.concatenate([p.hashes for p in pictures])
        self.caps: Caps = np.concatenate([p.caps for p in pictures])
        self.telling = np.flatnonzero(self.caps > COMMON_BITS).astype(np.uint32)
        self.owner = np.repeat(np.arange(len(pictures), dtype=np.uint32), np.diff(self.starts))
        self.hashes: Hashes = self.all_hashes[self.telling]
        self._tables: Tables | None = None

    def __len__(self) -> int:
        return len(self.telling)

    def meetings(self, asked: Hashes) -> Meetings:
        """Look up in tables, which are built when first asked and worth it."""
        self.build()
        return scanned(asked, self.hashes, MASKS) if self._tables is None else self._tables.meetings(asked)

    def build(self) -> None:
        """Build the tables, where they are worth it: 0.3 ms a picture."""
        if self._tables is None and len(self) >= SEALED_AT:
            self._tables = Tables(self.hashes)


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
        caps = np.minimum(self._bank.caps(regions.hashes), repeated(regions.hashes, regions.places))
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

    def put_in_order(self, lock: AbstractContextManager[object]) -> None:
        """Do now what the next search would do first; `lock`, which its owner searches under, is held for moments only.

        Who is removed meanwhile is found by no search all the same; where somebody else searches or puts in order
        first, this was in vain.
        """
        with lock:
            pictures, stay = self._fresh_ones()
            before = list(self._segments)
        if not pictures:
            return
        made = Segment(pictures)
        made.build()
        with lock:
            if self._segments == before:
                self._segments = [*stay, made]
                there = set(map(id, pictures))
                self._fresh = [kept for kept in self._fresh if id(kept) not in there]

    def _settle(self) -> None:
        pictures, stay = self._fresh_ones()
        self._fresh = []
        if pictures:
            self._segments = [*stay, Segment(pictures)]

    def _fresh_ones(self) -> tuple[list[Kept], list[Segment]]:
        """Return what makes up the next segment, and the segments that stay.

        A smaller one than twice the fresh pictures is merged with them: so there are few, and removed pictures go.
        """
        self._fresh = [k for k in self._fresh if self._live.get(k.enrolment) is k]
        pictures, stay = list(self._fresh), list(self._segments)
        while pictures and stay and len(stay[-1].pictures) < 2 * len(pictures):
            pictures = [k for k in stay.pop().pictures if self._live.get(k.enrolment) is k] + pictures
        return pictures, stay

    def _agreeing(self, asked: Asked, mirrored: bool, least_score: int) -> Iterator[Found]:
        telling = np.flatnonzero(asked.caps > COMMON_BITS)
        most = max(FREQUENT, int(FREQUENT_SHARE * len(self._live)))
        for segment in self._segments:
            met = self._met(segment, asked.hashes[telling])
            met = np.stack([telling[met[:, 0]].astype(np.uint32), segment.telling[met[:, 1]]], axis=1)
            owners, scores, moves, ends, pairs = weighed_all(
                met, segment.owner, segment.starts, segment.places, segment.all_hashes, segment.caps,
                asked.places, asked.hashes, asked.caps, most, least_score,
            )  # fmt: skip
            for n, owner in enumerate(owners):
                picture: Kept = segment.pictures[owner]
                if self._live.get(picture.enrolment) is not picture:
                    continue
                a, b, tx, ty = (float(v) for v in moves[n])
                yield Found(picture, asked, int(scores[n]), pairs[ends[n] : ends[n + 1]], (a, b, tx, ty), mirrored)

    def _met(self, segment: Segment, asked: Hashes) -> Meetings:
        return segment.meetings(asked) if self._fast else meetings_slowly(asked, segment.hashes)
