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
import numpy.typing as npt

from matchers.archive.files import ArchiveFile
from matchers.blocks import WORDS, Block
from matchers.deciding import RADIUS
from matchers.fingerprint import Fingerprint
from matchers.hashes.pdq import ORIENTATIONS
from matchers.negative import NegativeBank
from matchers.regions.compiled import compiled, ones
from matchers.regions.index import COMMON_BITS
from matchers.regions.kept import MIRROR, Hashes
from matchers.regions.sieve import KeySieve
from matchers.regions.tables import Tables
from matchers.sightings import Sighting, SightingLog

MOST_SIEVED = 64
"""Enrolments looked for at once. With more, nearly every sighting would be read whole anyway."""
THREADS = 2
AHEAD = 3
"""Blocks in memory at once: about 6 MB each."""
Ids = npt.NDArray[np.int64]


@compiled
def near_rows(whole: npt.NDArray[np.uint64], enrolled: npt.NDArray[np.uint64], radius: int) -> npt.NDArray[np.bool_]:
    """Say of each frame (n, 8, 4) whether an orientation is within `radius` bits of an enrolled hash (m, 4)."""
    near = np.zeros(len(whole), np.bool_)
    for row in range(len(whole)):
        for turn in range(whole.shape[1]):
            for each in range(len(enrolled)):
                apart = ones(whole[row, turn, 0] ^ enrolled[each, 0]) + ones(whole[row, turn, 1] ^ enrolled[each, 1])
                if apart > np.uint64(radius):
                    continue
                apart += ones(whole[row, turn, 2] ^ enrolled[each, 2]) + ones(whole[row, turn, 3] ^ enrolled[each, 3])
                if apart <= np.uint64(radius):
                    near[row] = True
    return near


class Sieve:
    """A few enrolments; `suspects(block)` are the sightings that the index could call a likeness of one of them."""

    def __init__(self, enrolled: Sequence[Fingerprint], bank: NegativeBank | None = None) -> None:
        upright = [np.frombuffer(fp.whole[0].bits, "<u8") for fp in enrolled]
        self._upright = np.array(upright, np.uint64).reshape(-1, WORDS)
        hashes, self._owner = _telling(enrolled, bank or NegativeBank())
        self._keys = KeySieve(hashes) if len(hashes) else None
        self._tables = Tables(hashes) if len(hashes) else None

    @property
    def wants_patches(self) -> bool:
        """Say whether any of the enrolments has patches to look for."""
        return self._keys is not None

    def suspects(self, block: Block) -> Ids:
        """Return the ids of the sightings of a block that must be read whole, in order, each once."""
        assert block.whole.shape[1:] == (len(ORIENTATIONS), WORDS)
        near = near_rows(block.whole, self._upright, RADIUS)
        near[self._agreeing(block)] = True
        return np.unique(block.ids[near])

    def _agreeing(self, block: Block) -> Ids:
        """Return the frames of which two patches or more meet patches of one enrolment, mirrored or not."""
        if self._keys is None or self._tables is None or not len(block.patches):
            return np.empty(0, np.int64)
        rows = self._keys.rows(block.patches)
        met = self._tables.meetings(block.patches[rows])
        ends = np.cumsum(block.counts, dtype=np.int64)
        frame = np.searchsorted(ends, rows[met[:, 0]], "right")
        pairs, counts = np.unique(np.stack([frame, self._owner[met[:, 1]]]), axis=1, return_counts=True)
        return np.unique(pairs[0, counts > 1])


def _telling(enrolled: Sequence[Fingerprint], bank: NegativeBank) -> tuple[Hashes, Ids]:
    """Return the enrolled patches that are evidence, upright and mirrored, and a number for whose and which."""
    hashes, owner = [np.empty((0, 2), np.uint64)], [np.empty(0, np.int64)]
    for number, fp in enumerate(enrolled):
        if fp.regions is None:
            continue
        some = fp.regions.hashes[bank.caps(fp.regions.hashes) > COMMON_BITS]
        hashes += [some, some ^ MIRROR]
        owner += [np.full(len(some), 2 * number), np.full(len(some), 2 * number + 1)]
    return np.concatenate(hashes), np.concatenate(owner)


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
        for block, suspects in _sieved(file.blocks(position, patches=self._sieve.wants_patches), self._sieve):
            seen = file.named(suspects.tolist()) if len(suspects) else []
            yield Piece(seen, block.last_id, len(np.unique(block.ids)))

    def after(self, position: int, batch: int) -> Iterator[Piece]:
        """Yield the past in order: the blocks, then in steps of `batch` what is in none yet."""
        if self._sieve is not None:
            blocks = self._log.blocks.after(position, patches=self._sieve.wants_patches)
            for block, suspects in _sieved(blocks, self._sieve):
                position = block.last_id
                yield Piece(self._log.named(suspects.tolist()), position, len(np.unique(block.ids)))
        while seen := self._log.after(position, batch):
            assert seen[-1].id is not None, "a sighting read from the log has its number"
            position = seen[-1].id
            yield Piece(seen if self._sieve is None else _suspects(seen, self._sieve), position, len(seen))


def _sieved(blocks: Iterator[Block], sieve: Sieve) -> Iterator[tuple[Block, Ids]]:
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
