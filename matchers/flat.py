"""Enrolments in columns, nothing else: 57 bytes each, 40 of them hash bits; added, replaced, removed at any time.

Whose a row is stands beside its bits, and is looked for by a pass over those columns: a table from names to rows would
take more memory than the hashes, and people come and go far more seldom than pictures are compared.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from matchers.hashes import ImageHash, phash
from matchers.hashes.pdq import BITS

if TYPE_CHECKING:
    from matchers.fingerprint import Fingerprint

WORDS = BITS // 64
CHUNK = 65_536
"""Rows that are given memory at once: growing copies nothing, and at most one chunk stands half empty."""
AT_ONCE = 2_048
MANY = 2_000
"""Rows for which numba is worth its import (1 s)."""
SHORT_BITS = 20
Words = NDArray[np.uint64]
WITNESSED, PATCHED, PLAIN, BARE = 1, 2, 4, 8


@dataclass(frozen=True)
class Enrolled:
    """What a decision needs of an enrolled picture besides its distance: the second hash, and three facts."""

    witness: ImageHash | None
    patched: bool
    is_plain: bool
    is_bare: bool = False

    @classmethod
    def of(cls, fp: "Fingerprint") -> Self:
        """Return it for a fingerprint."""
        return cls(fp.witness, fp.regions is not None, fp.is_plain, fp.is_bare)


class Chunk:
    """Some rows: names (2, n), PDQ words (4, n), phash words (n) and facts (n)."""

    def __init__(self) -> None:
        self.names: Words = np.zeros((2, CHUNK), np.uint64)
        self.words: Words = np.zeros((WORDS, CHUNK), np.uint64)
        self.witness: Words = np.zeros(CHUNK, np.uint64)
        self.facts: NDArray[np.uint8] = np.zeros(CHUNK, np.uint8)

    @property
    def columns(self) -> tuple[NDArray[np.generic], ...]:
        """Return everything a row consists of; rows are the last axis."""
        return self.names, self.words, self.witness, self.facts


@dataclass(frozen=True)
class Rows:
    """Rows on their way in: names (n, 2), words (n, 4), witness (n) and facts (n)."""

    names: Words
    words: Words
    witness: Words
    facts: NDArray[np.uint8]

    @property
    def columns(self) -> tuple[NDArray[np.generic], ...]:
        """Return them as a chunk has them: rows are the last axis."""
        return self.names.T, self.words.T, self.witness, self.facts

    @classmethod
    def of(cls, some: "Sequence[tuple[UUID, Fingerprint]]") -> Self:
        """Return the rows of enrolments, some at a time: what is read of each then still lies in the cache."""
        parts = [_columns(some[start : start + AT_ONCE]) for start in range(0, len(some), AT_ONCE)]
        names, words, witness, facts = (b"".join(column) for column in zip(*parts, strict=True))
        return cls(
            names=np.frombuffer(names, np.uint64).reshape(-1, 2),
            words=np.frombuffer(words, np.uint64).reshape(-1, WORDS),
            witness=np.frombuffer(witness, np.uint64),
            facts=np.frombuffer(facts, np.uint8),
        )


def _columns(some: "Sequence[tuple[UUID, Fingerprint]]") -> tuple[bytes, bytes, bytes, bytes]:
    """Return names, PDQ hashes, phashes and facts of enrolments, each end to end."""
    fps, none = [fp for _, fp in some], bytes(phash.BITS // 8)
    witnesses = [fp.witness for fp in fps]
    flagged = {flags: PLAIN * ("plain" in flags) | BARE * ("bare" in flags) for flags in {fp.flags for fp in fps}}
    return (
        b"".join([enrolment.bytes for enrolment, _ in some]),
        b"".join([fp.whole[0].bits for fp in fps]),
        b"".join([none if witness is None else witness.bits for witness in witnesses]),
        bytes(
            [
                flagged[fp.flags] | (witness is not None) | PATCHED * (fp.regions is not None)
                for fp, witness in zip(fps, witnesses, strict=True)
            ]
        ),
    )


Near = Callable[[Words], NDArray[np.intp]]
"""Gives the rows of names (2, n) that are probably looked for: all that are, and next to none besides."""


def _this(name: Words) -> Near:
    """Look for one name (1, 2)."""
    return lambda taken: np.flatnonzero(taken[0] == name[0, 0])


def _one_of(names: Words) -> Near:
    """Look for many names (n, 2) at once: most others are told by a few of their bits, the rest by all mixed."""
    marked = np.zeros(1 << SHORT_BITS, np.bool_)
    marked[_short(names.T)] = True
    wanted = np.sort(_mixed(names.T))

    def near(taken: Words) -> NDArray[np.intp]:
        rows = np.flatnonzero(marked[_short(taken)])
        mixed = _mixed(taken[:, rows])
        found: NDArray[np.intp] = rows[wanted[np.searchsorted(wanted, mixed).clip(max=len(wanted) - 1)] == mixed]
        return found

    return near


def _short(names: Words) -> NDArray[np.intp]:
    """Return a few bits of names (2, n)."""
    short: NDArray[np.intp] = ((names[0] ^ names[1]) & np.uint64((1 << SHORT_BITS) - 1)).astype(np.intp)
    return short


def _mixed(names: Words) -> Words:
    """Return names (2, n) as one word each; two names have the same by chance only."""
    mixed: Words = names[0] * np.uint64(0x9E3779B97F4A7C15) + names[1]
    return mixed


def names_of(some: Sequence[UUID]) -> Words:
    """Return (n, 2) words of enrolments' names."""
    return np.frombuffer(b"".join([each.bytes for each in some]), np.uint64).reshape(-1, 2)


class FlatRows:
    """Rows in chunks; the last one moves into a gap, so they have no order that lasts."""

    def __init__(self) -> None:
        self._chunks: list[Chunk] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, row: int) -> tuple[UUID, Enrolled]:
        """Return whose row this is, and what a decision needs of it."""
        chunk, at = self._chunks[row // CHUNK], row % CHUNK
        facts = int(chunk.facts[at])
        witness = ImageHash(phash.ALGORITHM, phash.VERSION, chunk.witness[at].tobytes()) if facts & WITNESSED else None
        told = Enrolled(witness, bool(facts & PATCHED), bool(facts & PLAIN), bool(facts & BARE))
        return UUID(bytes=chunk.names[:, at].tobytes()), told

    def _filled(self) -> Iterator[tuple[int, Chunk, int]]:
        """Yield the first row of every chunk, the chunk, and how many rows of it are taken."""
        for number, chunk in enumerate(self._chunks):
            yield number * CHUNK, chunk, min(CHUNK, self._count - number * CHUNK)

    def append(self, rows: Rows) -> None:
        """Put in rows whose names are not there yet."""
        start = 0
        while start < len(rows.facts):
            at = self._count % CHUNK
            if at == 0:
                self._chunks.append(Chunk())
            many = min(CHUNK - at, len(rows.facts) - start)
            for column, new in zip(self._chunks[-1].columns, rows.columns, strict=True):
                column[..., at : at + many] = new[..., start : start + many]
            start, self._count = start + many, self._count + many

    def remove(self, names: Words) -> int:
        """Take rows out by their names (n, 2) and return how many there were; nothing of their bits stays."""
        gone = self._rows_of(names) if len(names) and self._count else []
        for row in reversed(gone):  # from behind: the last row is then always one that stays
            self._count -= 1
            last = self._chunks[-1]
            for column, moved in zip(self._chunks[row // CHUNK].columns, last.columns, strict=True):
                column[..., row % CHUNK] = moved[..., self._count % CHUNK]
                moved[..., self._count % CHUNK] = 0
            if self._count % CHUNK == 0:
                self._chunks.pop()
        return len(gone)

    def _rows_of(self, names: Words) -> list[int]:
        """Return the rows of these names, in order."""
        found, near, wanted = list[int](), _one_of(names) if len(names) > 1 else _this(names), set[tuple[int, ...]]()
        for first, chunk, count in self._filled():
            taken = chunk.names[:, :count]
            rows = near(taken)
            if len(rows):
                wanted = wanted or set(map(tuple, names.tolist()))
                found += [first + row for row in rows.tolist() if tuple(taken[:, row].tolist()) in wanted]
        return found

    def near(self, queries: Words, radius: int, *, at_once: bool) -> list[tuple[int, int, int]]:
        """Return (row, query, distance) of every hash within `radius` bits of a query (n, 4); `at_once`: by numba."""
        found: list[tuple[int, int, int]] = []
        for first, chunk, count in self._filled():
            hits = (
                _scanned(chunk.words, count, queries, radius)
                if at_once
                else _compared(chunk.words[:, :count], queries, radius)
            )
            found += [(first + row, query, distance) for row, query, distance in hits]
        return found

    @property
    def nbytes(self) -> int:
        """Return the bytes of the columns, the half-empty chunk's too."""
        return sum(column.nbytes for chunk in self._chunks for column in chunk.columns)


def _scanned(words: Words, count: int, queries: Words, radius: int) -> list[tuple[int, int, int]]:
    from matchers.whole_scan import scan

    return list(map(tuple, scan(words, count, queries, radius).tolist()))


def _compared(words: Words, queries: Words, radius: int) -> list[tuple[int, int, int]]:
    """Do without numba what `scan` does: quick enough for a few rows."""
    found = []
    for number, query in enumerate(queries):
        distances = np.bitwise_count(words ^ query[:, None]).sum(axis=0, dtype=np.intp)
        rows = np.flatnonzero(distances <= radius)
        found += [
            (row, number, distance) for row, distance in zip(rows.tolist(), distances[rows].tolist(), strict=True)
        ]
    return found
