"""Measure: each edit of each photo against all enrolled photos, and unrelated pictures against them too."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from uuid import UUID

import numpy as np

from benchmarks.recall import edits, photos
from matchers import Fingerprint, Index
from matchers.deciding import Weighed
from matchers.flat import Enrolled
from matchers.index import whole_pair
from matchers.regions.evidence import Evidence
from matchers.regions.judging import SHIPPED, is_a_part, kind_of

LOWEST_BITS = 20.0
"""Evidence for pairs of different photos is looked at from here, to see how its tail falls."""
FURTHEST_WHOLE = 96
"""Pairs of whole pictures further apart, in bits of PDQ, are not looked at."""
WITHOUT_LEAST = replace(SHIPPED, least_bits=0.0)
"""Asks whether too little evidence is all that speaks against a pair."""


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
    kind: str
    only_few: bool


@dataclass(frozen=True)
class Likeness:
    """How near two pictures are as a whole: bits of PDQ in the nearest orientation, bits of phash there."""

    edit: str
    asked: str
    same: bool
    turned: bool
    distance: int
    second: int | None
    bits: float
    plain: bool
    accepted: bool


@dataclass
class Report:
    """All counts of one run."""

    plan: Plan
    tallies: dict[tuple[str, bool], Tally] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    wholes: list[Likeness] = field(default_factory=list)
    strangers: int = 0
    false_alarms: list[tuple[str, str, str]] = field(default_factory=list)
    region_bytes: list[int] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """Count the pictures that were searched."""
        return self.strangers + sum(tally.asked for tally in self.tallies.values())


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
        made.append((name, photos.hashed(edits.EDITS[name](photo, borrowed, random))))
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
        self._whole: list[tuple[int, Fingerprint]] = []

    def run(self) -> Report:
        """Enrol all photos, then ask with every unrelated picture and with the edits of some photos."""
        others = photos.items(self.plan.folder, "others")
        with ProcessPoolExecutor(self.plan.processes) as pool:
            for number, stored in enumerate(pool.map(photos.file_hashed, [e.path for e in self.enrolled], chunksize=8)):
                self._enrol(number, stored)
            self._words = np.stack([np.frombuffer(fp.whole[0].bits, np.uint64) for _, fp in self._whole])
            strangers = pool.map(photos.file_hashed, [o.path for o in others], chunksize=8)
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
        self._whole.append((number, fp))

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
        """Keep the evidence for every enrolled photo of which a few patches agree, or that is alike as a whole."""
        weighed = self._index.weighed(fp) if fp else {}
        for enrolment, (found, it) in weighed.items():
            other, same = self.enrolled[enrolment.int].name, enrolment.int == true
            if it.bits >= LOWEST_BITS:
                bits, mean, rest = round(it.bits, 1), round(it.mean_distance, 2), bool(is_a_part(it, WITHOUT_LEAST))
                self.report.pairs.append(
                    Pair(edit, name, other, same, bits, mean, it.patches, bool(is_a_part(it)), kind_of(found), rest)
                )
        if fp is not None:
            self._likenesses(edit, name, true, fp, {number: it for number, (_, it) in weighed.items()})

    def _likenesses(
        self, edit: str, name: str, true: int | None, fp: Fingerprint, weighed: dict[UUID, Evidence]
    ) -> None:
        asked = np.stack([np.frombuffer(part.bits, np.uint64) for part in fp.whole])
        apart = np.bitwise_count(asked[:, None] ^ self._words[None]).sum(2)
        nearest = apart.argmin(0)
        for row in np.flatnonzero(apart.min(0) <= FURTHEST_WHOLE):
            number, enrolled = self._whole[row]
            turn, distance = int(nearest[row]), int(apart[nearest[row], row])
            evidence = weighed.get(UUID(int=number))
            bits = round(evidence.bits, 1) if evidence else 0.0
            pair = whole_pair(Enrolled.of(enrolled), fp, turn, distance)
            accepted = Weighed(pair, evidence).likeness() == "whole"
            likeness = Likeness(edit, name, number == true, turn > 0, distance, pair.second, bits, pair.plain, accepted)
            self.report.wholes.append(likeness)


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
    """Say how much speaks for pairs of different photos; `benchmarks strangers` follows that tail down."""
    wrong = sorted((p.bits for p in report.pairs if not p.same), reverse=True)
    refused = [p.bits for p in report.pairs if not p.same and not p.accepted and p.bits >= SHIPPED.least_bits]
    pairs = report.asked * len(report.region_bytes)
    yield f"{pairs} pairs; evidence of {LOWEST_BITS:.0f} bits and more where the photo is another: {wrong[:20]}"
    limit = SHIPPED.least_bits
    yield f"{len(wrong)} in all; {len(refused)} of them reach {limit:.0f} bits and are refused by the other limits"


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
    if out:
        pairs = report.asked * len(report.region_bytes)
        rows = [{"copies": report.asked - report.strangers, "pairs": pairs}]
        rows += [asdict(pair) for pair in (*report.pairs, *report.wholes)]
        out.write_text("\n".join(json.dumps(row, default=float) for row in rows))
