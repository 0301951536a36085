"""The index in use: exact like the reference, a flat scan over columns of 64 bits, changed while it runs.

One million photos are 32 MB here, and one pass looks at all of them (`whole_scan`). Within the 72 bits that may
differ no shortcut is exact and quicker: half of a hash says next to nothing about the rest.
Not safe for threads that add and search at once: give it to one.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from matchers.deciding import RADIUS
from matchers.fingerprint import Fingerprint
from matchers.hashes.pdq import BITS
from matchers.index import Candidate, Considered, Parts, consider, require_version

if TYPE_CHECKING:
    from matchers.regions.evidence import Evidence
    from matchers.regions.index import Found

WORDS = BITS // 64
MANY = 2_000
"""Whole-picture enrolments for which numba is worth its import (1 s); with region hashes it is there already."""
Words = NDArray[np.uint64]


class Index:
    """Enrolments by the PDQ hash of their upright picture."""

    def __init__(self) -> None:
        self._columns: Words = np.zeros((WORDS, 1024), np.uint64)
        self._rows: list[tuple[UUID, Fingerprint]] = []
        self._row_of: dict[UUID, int] = {}
        self._parts = Parts(fast=True)

    def __len__(self) -> int:
        """Return the number of enrolments."""
        return len(self._rows)

    def add(self, enrolment: UUID, fp: Fingerprint) -> None:
        """Put in an enrolment, in the place of what it was before; ValueError if the version is another."""
        require_version(fp)
        row = self._row_of.get(enrolment)
        if row is None:
            row = self._row_of[enrolment] = len(self._rows)
            self._rows.append((enrolment, fp))
            if row == self._columns.shape[1]:
                self._columns = np.concatenate((self._columns, np.zeros_like(self._columns)), axis=1)
        self._rows[row] = (enrolment, fp)
        self._columns[:, row] = np.frombuffer(fp.whole[0].bits, np.uint64)
        self._parts.add(enrolment, fp)

    def remove(self, enrolment: UUID) -> None:
        """Take an enrolment out; one that is not there is no error. The last row moves into the gap."""
        self._parts.remove(enrolment)
        row = self._row_of.pop(enrolment, None)
        if row is None:
            return
        last = self._rows.pop()
        if row < len(self._rows):
            self._rows[row] = last
            self._row_of[last[0]] = row
            self._columns[:, row] = self._columns[:, len(self._rows)]
        self._columns[:, len(self._rows)] = 0  # nothing of a withdrawn hash stays

    def search(self, fp: Fingerprint) -> list[Candidate]:
        """Return the enrolments that the picture looks like, nearest first, then those it shows a part of."""
        return [each.candidate for each in self.considered(fp) if each.candidate is not None]

    def considered(self, fp: Fingerprint) -> list[Considered]:
        """Return every enrolment that came near the picture with what was weighed, likenesses first."""
        require_version(fp)
        nearest: dict[int, tuple[int, int]] = {}
        for row, orientation, distance in self._near(fp):
            nearest[row] = min(nearest.get(row, (distance, orientation)), (distance, orientation))
        near = [(*self._rows[row], orientation, distance) for row, (distance, orientation) in nearest.items()]
        return consider(fp, near, self._parts.weighed(fp))

    def weighed(self, fp: Fingerprint) -> "dict[UUID, tuple[Found, Evidence]]":
        """Return every enrolment of which patches agree at all, with what that weighs: for benchmarks."""
        return self._parts.weighed(fp)

    def _near(self, fp: Fingerprint) -> Iterator[tuple[int, int, int]]:
        """Yield (row, orientation, distance) of every hash within RADIUS bits of an orientation of the picture."""
        queries = np.stack([np.frombuffer(part.bits, np.uint64) for part in fp.whole])
        if len(self._rows) >= MANY or self._parts.any:
            from matchers.whole_scan import scan

            yield from map(tuple, scan(self._columns, len(self._rows), queries, RADIUS).tolist())
            return
        for orientation, query in enumerate(queries):
            for row, distance in self._near_one(query):
                yield row, orientation, distance

    def _near_one(self, query: Words) -> list[tuple[int, int]]:
        """Return (row, distance) of every hash within RADIUS bits of the query (WORDS x 64 bits)."""
        columns = self._columns[:, : len(self._rows)]
        distances = np.bitwise_count(columns ^ query[:, None]).sum(axis=0, dtype=np.intp)
        rows = np.flatnonzero(distances <= RADIUS)
        return list(zip(rows.tolist(), distances[rows].tolist(), strict=True))
