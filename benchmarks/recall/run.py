"""Measure: each edit of each photo against all enrolled photos, and unrelated pictures against them too."""

import json
import math
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import UUID

import numpy as np

from benchmarks.recall import edits, photos
from matchers import Fingerprint, Index, Unhashable, fingerprint
from matchers.regions.judging import SHIPPED, is_a_part

LOWEST_BITS = 20.0
"""Evidence for pairs of different photos is looked at from here, to see how its tail falls."""


@dataclass(frozen=True)
class Plan:
    """What to measure: how many photos are edited, which edits, which seed."""

    folder: Path
    edited: int
    seed: int
    names: tuple[str, ...]
    processes: int = 2


@dataclass
class Tally:
    """Counts of one edit for photos with or without people."""

    asked: int = 0
    found: int = 0
    whole: int = 0


@dataclass(frozen=True)
class Pair:
    """What speaks for one pair of pictures with agreeing patches."""

    edit: str
    asked: str
    enrolled: str
    same: bool
    bits: float
    mean_distance: float
    patches: int
    accepted: bool


@dataclass
class Report:
    """All counts of one run."""

    plan: Plan
    tallies: dict[tuple[str, bool], Tally] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    strangers: int = 0
    false_alarms: list[tuple[str, str, str]] = field(default_factory=list)
    region_bytes: list[int] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """Count the pictures that were searched."""
        return self.strangers + sum(tally.asked for tally in self.tallies.values())


def hashed(data: bytes) -> bytes | None:
    """Return the fingerprint of a file as bytes, or None where it has none."""
    try:
        return fingerprint(data).to_bytes()
    except Unhashable:
        return None


def file_hashed(path: Path) -> bytes | None:
    """Return the fingerprint of a file of the set."""
    return hashed(path.read_bytes())


def edited(job: tuple[Plan, int]) -> list[tuple[str, bytes | None]]:
    """Make every edit of one photo; each file goes the same road as a crawled one."""
    plan, number = job
    item = photos.items(plan.folder, "enrolled")[number]
    hosts = photos.items(plan.folder, "others")
    photo = photos.load(item)
    made = []
    for name in plan.names:
        random = np.random.default_rng([plan.seed, number, list(edits.EDITS).index(name)])
        borrowed = photos.borrowed_for(item, photo, hosts, random)
        made.append((name, hashed(edits.EDITS[name](photo, borrowed, random))))
    return made


def chosen(count: int, wanted: int) -> list[int]:
    """Return `wanted` numbers below `count`, evenly spread."""
    return sorted({int(n * count / wanted) for n in range(min(wanted, count))})


class Bench:
    """The enrolled photos, and what asking for others gave."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.report = Report(plan)
        self.enrolled = photos.items(plan.folder, "enrolled")
        self._index = Index()

    def run(self) -> Report:
        """Enrol all photos, then ask with every unrelated picture and with the edits of some photos."""
        others = photos.items(self.plan.folder, "others")
        with ProcessPoolExecutor(self.plan.processes) as pool:
            for number, stored in enumerate(pool.map(file_hashed, [e.path for e in self.enrolled], chunksize=8)):
                self._enrol(number, stored)
            strangers = pool.map(file_hashed, [o.path for o in others], chunksize=8)
            for other, stored in zip(others, strangers, strict=True):
                self._ask("unrelated", other.name, None, stored)
            numbers = chosen(len(self.enrolled), self.plan.edited)
            made = pool.map(edited, [(self.plan, number) for number in numbers])
            for number, files in zip(numbers, made, strict=True):
                for name, stored in files:
                    self._ask(name, self.enrolled[number].name, number, stored)
        return self.report

    def _enrol(self, number: int, stored: bytes | None) -> None:
        if stored is None:
            return
        fp = Fingerprint.from_bytes(stored)
        self.report.region_bytes.append(len(stored))
        self._index.add(UUID(int=number), fp)

    def _ask(self, edit: str, name: str, true: int | None, stored: bytes | None) -> None:
        """Search one picture and count what was found rightly, wrongly, or not."""
        report, fp = self.report, Fingerprint.from_bytes(stored) if stored else None
        candidates = self._index.search(fp) if fp else []
        right = [c for c in candidates if c.enrolment.int == true]
        if true is None:
            report.strangers += 1
        else:
            tally = report.tallies.setdefault((edit, self.enrolled[true].has_people), Tally())
            tally.asked += 1
            tally.found += bool(right)
            tally.whole += any(c.enrolled_area is None for c in right)
        for wrong in (c for c in candidates if c.enrolment.int != true):
            report.false_alarms.append((f"{edit} {name}", self.enrolled[wrong.enrolment.int].name, wrong.reason))
        self._weigh(edit, name, true, fp)

    def _weigh(self, edit: str, name: str, true: int | None, fp: Fingerprint | None) -> None:
        """Keep the evidence for every enrolled photo of which a few patches agree."""
        for enrolment, (_, it) in (self._index.weighed(fp) if fp else {}).items():
            other, same = self.enrolled[enrolment.int].name, enrolment.int == true
            if it.bits >= LOWEST_BITS:
                mean = round(it.mean_distance, 2)
                self.report.pairs.append(
                    Pair(edit, name, other, same, round(it.bits, 1), mean, it.patches, is_a_part(it))
                )


def share(tally: Tally | None) -> str:
    """Return recall with the count it stands on."""
    return f"{tally.found / tally.asked:.3f} ({tally.found}/{tally.asked})" if tally else "-"


def table(report: Report) -> Iterator[str]:
    """One line an edit: recall with people, without, all, and what whole-image hashes alone find."""
    yield "| edit | with people | without | all | whole image alone |"
    yield "|---|---|---|---|---|"
    for name in report.plan.names:
        people, rest = report.tallies.get((name, True)), report.tallies.get((name, False))
        both = [t for t in (people, rest) if t]
        asked, found, whole = (sum(getattr(t, key) for t in both) for key in ("asked", "found", "whole"))
        yield f"| {name} | {share(people)} | {share(rest)} | {found / asked:.3f} | {whole / asked:.3f} |"


def tail(report: Report) -> Iterator[str]:
    """Say how much speaks for pairs of different photos, and how that tail falls."""
    wrong = sorted((p.bits for p in report.pairs if not p.same), reverse=True)
    refused = [p.bits for p in report.pairs if not p.same and not p.accepted and p.bits >= SHIPPED.least_bits]
    pairs = report.asked * len(report.region_bytes)
    yield f"{pairs} pairs; evidence of {LOWEST_BITS:.0f} bits and more where the photo is another: {wrong[:20]}"
    limit = SHIPPED.least_bits
    yield f"{len(wrong)} in all; {len(refused)} of them reach {limit:.0f} bits and are refused by the other limits"
    strangers = [p.bits for p in report.pairs if not p.same and p.edit == "unrelated" and p.bits < SHIPPED.least_bits]
    if len(strangers) < 3:
        return
    asked = report.strangers * len(report.region_bytes)
    fall = len(strangers) / sum(s - LOWEST_BITS + 0.5 for s in strangers)  # exponential tail, by maximum likelihood
    at = len(strangers) / asked * math.exp(-fall * (SHIPPED.least_bits - LOWEST_BITS))
    yield f"strangers' tail falls tenfold every {math.log(10) / fall:.1f} bits: {at:.1e} a pair at {limit:.0f}"
    yield f"so {at * 10_000:.1e} a picture against 10,000 enrolled photos"


def calibrated(report: Report, prior: float = 0.01, enrolled: int = 10_000) -> tuple[float, float]:
    """Fit the logistic curve of confidence over bits: 1 picture in 100 a copy, 10,000 enrolled photos."""
    kept = [p for p in report.pairs if p.accepted or p.bits < SHIPPED.least_bits]
    same = np.array([p.same for p in kept], float)
    copies = sum(tally.asked for tally in report.tallies.values())
    weight = np.where(same > 0, prior / copies, (1 - prior) * enrolled / (report.asked * len(report.region_bytes)))
    weight /= weight.max()
    curve, design = np.zeros(2), np.array([[1.0, p.bits / 100] for p in kept])
    for _ in range(200):  # Newton's steps, kept short
        chance = 1 / (1 + np.exp(-np.clip(design @ curve, -30, 30)))
        slope = design.T @ (weight * (same - chance)) - 1e-6 * curve
        bend = (design.T * (weight * chance * (1 - chance))) @ design + 1e-6 * np.eye(2)
        curve += np.clip(np.linalg.solve(bend, slope), -1, 1)
    return round(float(curve[0]), 3), round(float(curve[1] / 100), 4)


def main(plan: Plan, out: Path | None) -> None:
    """Run, print, and keep the pairs where asked to."""
    started = time.monotonic()
    report = Bench(plan).run()
    print(
        f"seed {plan.seed}, {plan.edited} photos edited, {len(report.region_bytes)} enrolled, {SHIPPED}, "
        f"{time.monotonic() - started:.0f} s"
    )
    print("\n".join(table(report)))
    print(f"false alarms among {report.strangers} unrelated pictures and all edits: {len(report.false_alarms)}")
    print("\n".join(" ".join(alarm) for alarm in report.false_alarms))
    print("\n".join(tail(report)))
    print(f"bytes an enrolled photo: mean {np.mean(report.region_bytes):.0f}, most {max(report.region_bytes)}")
    if report.tallies:
        print(f"confidence: {calibrated(report)}")
    if out:
        out.write_text("\n".join(json.dumps(asdict(pair)) for pair in report.pairs))
