"""The index in use: exact like the reference, a flat scan over columns of 64 bits, changed while it runs.

One million photos are 32 MB of whole-picture hashes (`flat`), and one pass looks at all of them for a whole batch of
pictures (`whole_scan`). Within the 72 bits that may differ no shortcut is exact and quicker: half of a hash says next
to nothing about the rest. Threads that add and search at once need a lock.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from matchers.deciding import RADIUS
from matchers.fingerprint import VERSION, Fingerprint
from matchers.flat import CHUNK, MANY, FlatRows, Rows, names_of
from matchers.hashes.pdq import ORIENTATIONS
from matchers.index import Candidate, Considered, Parts, consider, require_version

if TYPE_CHECKING:
    from matchers.regions.evidence import Evidence
    from matchers.regions.index import Found


class Index:
    """Enrolments by the PDQ hash of their upright picture, and by their region hashes."""

    def __init__(self) -> None:
        self._flat = FlatRows()
        self._parts = Parts(fast=True)

    def __len__(self) -> int:
        """Return the number of enrolments."""
        return len(self._flat)

    def add(self, enrolment: UUID, fp: Fingerprint) -> None:
        """Put in an enrolment, in the place of what it was before; ValueError if the version is another."""
        self.add_many([(enrolment, fp)])

    def add_many(self, some: Iterable[tuple[UUID, Fingerprint]]) -> None:
        """Put in many at once, as `add` would one by one: a million whole-picture hashes in about 1.3 s."""
        coming = iter(some)
        while slice_ := dict(islice(coming, CHUNK)):
            if {fp.version for fp in slice_.values()} != {VERSION}:
                for fp in slice_.values():
                    require_version(fp)
            if len(self._flat):
                self._flat.remove(names_of(list(slice_)))
            self._flat.append(Rows.of(list(slice_.items())))
            if self._parts.any or any(fp.regions is not None for fp in slice_.values()):
                for enrolment, fp in slice_.items():
                    self._parts.add(enrolment, fp)

    def remove(self, enrolment: UUID) -> None:
        """Take an enrolment out; one that is not there is no error. The next search finds it no more."""
        self.remove_many([enrolment])

    def remove_many(self, some: Sequence[UUID]) -> None:
        """Take many out at once."""
        self._flat.remove(names_of(some))
        for enrolment in some:
            self._parts.remove(enrolment)

    def put_in_order(self, lock: AbstractContextManager[object]) -> None:
        """Spare the next search what it would do first for new enrolments; the lock is held for moments only.

        10,000 photos take 3 s, and so do, each time their number has doubled, all that there are.
        """
        self._parts.put_in_order(lock)

    def search(self, fp: Fingerprint) -> list[Candidate]:
        """Return the enrolments that the picture looks like, nearest first, then those it shows a part of."""
        return [each.candidate for each in self.considered(fp) if each.candidate is not None]

    def considered(self, fp: Fingerprint) -> list[Considered]:
        """Return every enrolment that came near the picture with what was weighed, likenesses first."""
        return self.considered_many([fp])[0]

    def considered_many(self, some: Sequence[Fingerprint]) -> list[list[Considered]]:
        """Return what `considered` returns for each picture: the whole ones are compared in one pass for all."""
        for fp in some:
            require_version(fp)
        return [
            consider(
                fp, [(*self._flat[row], turn, apart) for row, (apart, turn) in near.items()], self._parts.weighed(fp)
            )
            for fp, near in zip(some, self._nearest(some), strict=True)
        ]

    def weighed(self, fp: Fingerprint) -> "dict[UUID, tuple[Found, Evidence]]":
        """Return every enrolment of which patches agree at all, with what that weighs: for benchmarks."""
        return self._parts.weighed(fp)

    def _nearest(self, some: Sequence[Fingerprint]) -> list[dict[int, tuple[int, int]]]:
        """Return for each picture the rows within RADIUS bits: the distance of its nearest orientation, and which."""
        nearest: list[dict[int, tuple[int, int]]] = [{} for _ in some]
        if not len(self._flat):
            return nearest
        queries = np.frombuffer(b"".join([part.bits for fp in some for part in fp.whole]), np.uint64).reshape(-1, 4)
        at_once = len(self._flat) >= MANY or self._parts.any  # with region hashes numba is there already
        for row, query, distance in self._flat.near(queries, RADIUS, at_once=at_once):
            number, orientation = divmod(query, len(ORIENTATIONS))
            found = nearest[number]
            found[row] = min(found.get(row, (distance, orientation)), (distance, orientation))
        return nearest
