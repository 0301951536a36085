"""A look at the past: which kept sightings can be a likeness of a few enrolments, found in blocks of hashes.

What cannot be one is passed over by bits alone; the rest is read whole and judged by the index, as everything new
is. So the answers are those of searching every sighting, and only few of them are read.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

import numpy as np

from matchers.archive.files import ArchiveFile
from matchers.blocks import Block
from matchers.fingerprint import Fingerprint
from matchers.negative import NegativeBank
from matchers.sightings import Sighting, SightingLog
from matchers.suspects import Ids, Sieve

MOST_SIEVED = 64
"""Enrolments looked for at once. With more, nearly every sighting would be read whole anyway."""
THREADS = 2
AHEAD = 3
"""Blocks in memory at once: about 6 MB each."""


@dataclass(frozen=True)
class Piece:
    """A stretch of the past: what of it may be a likeness, the last id of it, and how many sightings it was."""

    suspects: list[Sighting]
    last: int
    passed: int


class Past:
    """The kept sightings, as a few enrolments need them; with many, every sighting is a suspect."""

    def __init__(
        self, log: SightingLog, enrolled: Sequence[tuple[UUID, Fingerprint]], bank: NegativeBank | None = None
    ) -> None:
        self._log = log
        few = len(enrolled) <= MOST_SIEVED
        self._sieve = Sieve([fp for _, fp in enrolled], bank) if few else None

    def archived(self, file: ArchiveFile, position: int) -> Iterator[Piece]:
        """Yield what an archive file holds beyond the id `position`, in order."""
        if self._sieve is None:
            for block in file.blocks(position, patches=False):
                ids = np.unique(block.ids).tolist()
                yield Piece(file.named(ids), block.last_id, len(ids))
            return
        for block, suspects in sieved(file.blocks(position, patches=self._sieve.wants_patches), self._sieve):
            seen = file.named(suspects.tolist()) if len(suspects) else []
            yield Piece(seen, block.last_id, len(np.unique(block.ids)))

    def after(self, position: int, batch: int) -> Iterator[Piece]:
        """Yield the past in order: the blocks, then in steps of `batch` what is in none yet."""
        if self._sieve is not None:
            blocks = self._log.blocks.after(position, patches=self._sieve.wants_patches)
            for block, suspects in sieved(blocks, self._sieve):
                position = block.last_id
                yield Piece(self._log.named(suspects.tolist()), position, len(np.unique(block.ids)))
        while seen := self._log.after(position, batch):
            assert seen[-1].id is not None, "a sighting read from the log has its number"
            position = seen[-1].id
            yield Piece(seen if self._sieve is None else _suspects(seen, self._sieve), position, len(seen))


def sieved(blocks: Iterator[Block], sieve: Sieve) -> Iterator[tuple[Block, Ids]]:
    """Yield blocks with their suspects, in order; the next ones are read and sieved meanwhile."""
    with ThreadPoolExecutor(THREADS, thread_name_prefix="past") as threads:
        under_way: list[tuple[Block, Future[Ids]]] = []

        def take(most: int) -> None:
            under_way.extend((block, threads.submit(sieve.suspects, block)) for block in islice(blocks, most))

        take(AHEAD)
        while under_way:
            block, future = under_way.pop(0)
            yield block, future.result()
            take(1)


def stretches(pieces: Iterable[Piece], most: int, pause_s: float) -> Iterator[Piece]:
    """Join pieces until they hold `most` suspects or `pause_s` seconds have passed; a piece is never split."""
    waiting: list[Piece] = []
    began = time.monotonic()
    for piece in pieces:
        waiting.append(piece)
        if sum(len(each.suspects) for each in waiting) >= most or time.monotonic() - began >= pause_s:
            yield _joined(waiting)
            waiting, began = [], time.monotonic()
    if waiting:
        yield _joined(waiting)


def _joined(pieces: list[Piece]) -> Piece:
    suspects = [sighting for piece in pieces for sighting in piece.suspects]
    return Piece(suspects, pieces[-1].last, sum(piece.passed for piece in pieces))


def _suspects(seen: list[Sighting], sieve: Sieve) -> list[Sighting]:
    numbered = [(sighting.id or 0, [frame.fingerprint for frame in sighting.frames]) for sighting in seen]
    wanted = set(sieve.suspects(Block.of(numbered)).tolist())
    return [sighting for sighting in seen if sighting.id in wanted]
