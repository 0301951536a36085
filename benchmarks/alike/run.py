"""Pictures of different content that share a caption, an app or a letterhead: whatever is found is wrong.

For each kind, one picture of each photo is enrolled and one of each other photo is asked. "same" pictures carry the
very same words and marks, "other" ones other words in the same make.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import numpy as np

from benchmarks.alike import drawn
from benchmarks.recall import photos
from benchmarks.recall.edits import EDITS
from benchmarks.recall.edits.pictures import Borrowed, Photo, jpeg
from benchmarks.recall.edits.screens import chained
from matchers import Fingerprint, Index

SHARED = (
    "phone screenshot",
    "desktop screenshot",
    "caption over",
    "caption bar",
    "watermark",
    "sticker 15 %",
    "frame 10 %",
    "letterbox 10 %",
    "messenger chain",
)
MADE = {"document": drawn.document, "chart": drawn.chart, "chat": drawn.chat}
Pair = tuple[bytes | None, bytes | None]


@dataclass(frozen=True)
class Plan:
    """Which photos, how many of them, which seed."""

    folder: Path
    count: int
    seed: int


def pairs(job: tuple[Plan, int]) -> dict[str, Pair]:
    """Return, for each kind, a picture to enrol and a picture of other content to ask with."""
    plan, number = job
    enrolled, others = photos.items(plan.folder, "enrolled"), photos.items(plan.folder, "others")
    one = photos.load(enrolled[number * len(enrolled) // plan.count])
    two = photos.load(others[(number * 7 + plan.seed) % len(others)])
    made = {f"{name}, {words}": shared(plan, number, name, (one, two), words) for name in SHARED for words in WORDS}
    return made | drawings(plan, number)


WORDS = {"same": 5, "other": 6}


def shared(plan: Plan, number: int, name: str, both: tuple[Photo, Photo], words: str) -> Pair:
    """Give two photos the same frame, app or caption; with the same words or with others."""
    borrowed, edit = Borrowed(()), EDITS[name]
    first, second = (np.random.default_rng([plan.seed, number, mine]) for mine in (WORDS["same"], WORDS[words]))
    return photos.hashed(edit(both[0], borrowed, first)), photos.hashed(edit(both[1], borrowed, second))


def drawings(plan: Plan, number: int) -> dict[str, Pair]:
    """Draw two pictures of one make, plainly and through the messenger chain."""
    made: dict[str, Pair] = {}
    for name, draw in MADE.items():
        one, two, through = (np.random.default_rng([plan.seed, number, part]) for part in (7, 8, 9))
        first, second = draw(one), draw(two)
        made[name] = photos.hashed(jpeg(first, 85)), photos.hashed(jpeg(second, 85))
        made[f"{name} + chain"] = made[name][0], photos.hashed(jpeg(chained(second, through), 70))
    return made


def row(kind: str, made: list[Pair]) -> str:
    """Return one line of the table: wrong matches by kind, and the three that came nearest to being parts."""
    index, wrong, nearest = Index(), Counter[str](), [0.0]
    for number, (enrolled, _) in enumerate(made):
        if enrolled:
            index.add(UUID(int=number), Fingerprint.from_bytes(enrolled))
    asked = [Fingerprint.from_bytes(seen) for _, seen in made if seen]
    for fp in asked:
        wrong.update(candidate.kind for candidate in index.search(fp))
        nearest += [evidence.bits for _, evidence in index.weighed(fp).values()]
    told = ", ".join(f"{count} {name}" for name, count in sorted(wrong.items())) or "0"
    top = ", ".join(f"{bits:.0f}" for bits in sorted(nearest, reverse=True)[:3])
    return f"| {kind} | {len(index) * len(asked)} | {told} | {top} |"


def table(plan: Plan) -> Iterator[str]:
    """Make all pictures, and say for each kind what was found."""
    with ProcessPoolExecutor(2) as pool:
        made = list(pool.map(pairs, [(plan, number) for number in range(plan.count)]))
    yield "| what they share | pairs | wrong matches | nearest, bits |\n|---|---|---|---|"
    for kind in made[0]:
        yield row(kind, [each[kind] for each in made])
