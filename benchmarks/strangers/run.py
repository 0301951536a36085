"""Enrol many photos, ask with edited pictures of others, and follow the tail of the evidence down.

Enrolled are all photos of the set's first part and every second one of the others. Asked are edits (every kind of
the recall table, in turn) of the rest, whose borrowed pictures come from the rest too. Photos of one scene, taken
twice, are no strangers: where an enrolled photo shares `SCENE_BITS` with one of the rest, it is named and left out.
"""

import math
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import numpy as np

from benchmarks.recall import edits, photos
from benchmarks.recall.photos import Item
from benchmarks.recall.run import LOWEST_BITS, WITHOUT_LEAST
from matchers import Fingerprint, Index
from matchers.regions.judging import SHIPPED, is_a_part

SCENE_BITS = 100.0
"""Evidence between two unedited photos, whatever else speaks against it, from which they show one scene."""
ENROLLED = 10_000


@dataclass(frozen=True)
class Plan:
    """Which photos, how many pictures are asked, which seed."""

    folder: Path
    asked: int
    seed: int


@dataclass
class Report:
    """What was found though nothing was there."""

    enrolled: int = 0
    asked: int = 0
    scenes: set[tuple[str, str]] = field(default_factory=set)
    wrong: Counter[tuple[str, str]] = field(default_factory=Counter)
    bits: list[tuple[float, str, str]] = field(default_factory=list)
    nearest: list[tuple[int, int | None]] = field(default_factory=list)

    @property
    def pairs(self) -> int:
        """Count the comparisons."""
        return self.enrolled * self.asked


def parts_of(plan: Plan) -> tuple[list[Item], list[Item]]:
    """Return the photos that are enrolled, and those that are asked."""
    others = photos.items(plan.folder, "others")
    return [*photos.items(plan.folder, "enrolled"), *others[::2]], others[1::2]


def stranger(job: tuple[Plan, int]) -> tuple[str, bytes | None]:
    """Make the n-th picture: one edit of one photo that is not enrolled."""
    plan, number = job
    random = np.random.default_rng([plan.seed, number])
    others = parts_of(plan)[1]
    item = others[int(random.integers(len(others)))]
    name = list(edits.EDITS)[number % len(edits.EDITS)]
    photo = photos.load(item)
    return item.name, photos.hashed(edits.EDITS[name](photo, photos.borrowed_for(item, photo, others, random), random))


def run(plan: Plan) -> Report:
    """Make, ask and count."""
    report, index, names = Report(), Index(), {}
    with ProcessPoolExecutor(2) as pool:
        for number, (item, stored) in enumerate(_kept(pool, parts_of(plan)[0])):
            index.add(UUID(int=number), Fingerprint.from_bytes(stored))
            names[UUID(int=number)] = item.name
        _leave_out_scenes(report, index, names, _kept(pool, parts_of(plan)[1]))
        report.enrolled = len(index)
        for name, made in pool.map(stranger, [(plan, n) for n in range(plan.asked)], chunksize=8):
            if made is not None:
                _ask(report, index, names, name, Fingerprint.from_bytes(made))
    return report


def _kept(pool: ProcessPoolExecutor, enrolled: list[Item]) -> Iterator[tuple[Item, bytes]]:
    found = pool.map(photos.file_hashed, [item.path for item in enrolled], chunksize=8)
    yield from ((item, stored) for item, stored in zip(enrolled, found, strict=True) if stored)


def _leave_out_scenes(
    report: Report, index: Index, names: dict[UUID, str], asked: Iterator[tuple[Item, bytes]]
) -> None:
    for item, stored in asked:
        for enrolment, (_, evidence) in index.weighed(Fingerprint.from_bytes(stored)).items():
            if evidence.bits >= SCENE_BITS:
                report.scenes.add((item.name, names[enrolment]))
    shared = {enrolled for _, enrolled in report.scenes}
    for enrolment, name in names.items():
        if name in shared:
            index.remove(enrolment)


def _ask(report: Report, index: Index, names: dict[UUID, str], name: str, fp: Fingerprint) -> None:
    report.asked += 1
    for each in index.considered(fp):
        whole, parts = each.weighed.whole, each.weighed.parts
        if each.candidate:
            report.wrong[name, names[each.enrolment]] += 1
        if whole is not None:
            report.nearest.append((whole.distance, whole.second))
        if parts is not None and parts.bits >= LOWEST_BITS and is_a_part(parts, WITHOUT_LEAST):
            report.bits.append((parts.bits, name, names[each.enrolment]))


def tail(report: Report) -> Iterator[str]:
    """Say how the evidence falls, and what that means for one picture against 10,000 photos."""
    yield f"left out, for they show a scene that is asked: {sorted(report.scenes)}"
    yield f"{report.enrolled} photos enrolled, {report.asked} strangers asked: {report.pairs} pairs"
    yield f"matches: {report.wrong.total()}, of {len(report.wrong)} pairs of photos {sorted(report.wrong)}"
    yield f"whole pictures within 72 bits (PDQ, phash): {sorted(report.nearest)[:10]}"
    bits = sorted((b for b, *_ in report.bits), reverse=True)
    yield f"evidence of {LOWEST_BITS:.0f} bits and more that passes the other limits: {_round(bits[:20])}"
    if len(bits) < 2:
        return
    fall = len(bits) / sum(b - LOWEST_BITS + 0.5 for b in bits)  # an exponential tail, by maximum likelihood
    at = len(bits) / report.pairs * math.exp(-fall * (SHIPPED.least_bits - LOWEST_BITS))
    yield f"falls tenfold every {math.log(10) / fall:.1f} bits: {at:.1e} a pair at {SHIPPED.least_bits:.0f} bits"
    yield f"so {at * ENROLLED:.1e} a picture against {ENROLLED} photos"
    yield f"counted: at most {3 / report.pairs * ENROLLED:.1e} a picture (95 %), were there none at all"


def _round(bits: list[float]) -> list[int]:
    return [round(b) for b in bits]
