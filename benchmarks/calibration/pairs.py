"""The pairs that `python -m benchmarks recall --pairs FILE` weighed, as samples for each kind of match.

Each pair counts as often as it would among crawled pictures: one picture in `COPIES_EACH` shows an enrolled photo, one
in `SAME_PLACE_EACH` somebody else before the wall of an enrolled photo, and each is compared with `ENROLLED` photos.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.calibration.curves import Sample

COPIES_EACH, SAME_PLACE_EACH, ENROLLED = 1_000, 10_000, 10_000
SHARED_FROM = 5
"""Two photos of which so many edits share patches show the same place."""
Row = dict[str, Any]
Names = tuple[str, str]


@dataclass
class Weighed:
    """All pairs of a run, and how many pictures and pairs there were."""

    copies: int
    pairs: int
    parts: list[Row] = field(default_factory=list)
    wholes: list[Row] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "Weighed":
        """Read a file of pairs; its first line says how many there were in all."""
        head, *rows = (json.loads(line) for line in path.read_text().splitlines())
        weighed = cls(head["copies"], head["pairs"])
        for row in rows:
            (weighed.parts if "kind" in row else weighed.wholes).append(row)
        return weighed

    def same_places(self) -> set[Names]:
        """Return the pairs of different photos that share a place: many edits of one share patches with the other."""
        found = Counter(_names(row) for row in self.parts if not row["same"])
        return {names for names, count in found.items() if count >= SHARED_FROM}

    def part_sample(self, *kinds: str) -> Sample:
        """Return the pairs of some kinds that pass all limits but the least bits, by their bits."""
        shared = self.same_places()
        named = {name for names in shared for name in names}
        edits = max(1, len({row["edit"] for row in self.parts}))
        weighted = []
        for row in self.parts:
            if row["kind"] not in kinds or not row["only_few"]:
                continue
            if row["same"]:
                weighted.append((row, 1 / COPIES_EACH / self.copies))
            elif _names(row) in shared:
                weighted.append((row, 1 / SAME_PLACE_EACH / (2 * edits * len(shared))))
            elif row["enrolled"] not in named:
                weighted.append((row, ENROLLED / self.pairs))
        return _sample(weighted, lambda row: [min(row["bits"], 1000.0)])

    def whole_sample(self, *, patches: bool, turned: bool | None = None) -> Sample:
        """Return pairs of whole pictures by the bits they differ by, and the patches' evidence where that is asked."""
        weights = {True: 1 / COPIES_EACH / self.copies, False: ENROLLED / self.pairs}
        rows = [row for row in self.wholes if not row["plain"] and turned in (None, row["turned"])]
        weighted = [(row, weights[bool(row["same"])]) for row in rows]
        return _sample(weighted, features_with_patches if patches else features_alone)


def features_alone(row: Row) -> list[float]:
    """Bits of PDQ and of phash that differ."""
    return [row["distance"], row["second"]]


def features_with_patches(row: Row) -> list[float]:
    """Bits of PDQ that differ, and the bits of evidence of the patches, up to 300; phash adds nothing to them."""
    return [row["distance"], min(row["bits"], 300.0)]


def _names(row: Row) -> Names:
    first, second = sorted((row["asked"], row["enrolled"]))
    return first, second


def _sample(weighted: Iterable[tuple[Row, float]], features: Callable[[Row], list[float]]) -> Sample:
    kept = list(weighted)
    halves = {name: number % 2 for number, name in enumerate(sorted({row["asked"] for row, _ in kept}))}
    return Sample(
        np.array([features(row) for row, _ in kept], float),
        np.array([bool(row["same"]) for row, _ in kept]),
        np.array([halves[row["asked"]] for row, _ in kept], np.int64),
        np.array([weight for _, weight in kept]),
    )
