"""What is no evidence: patches that many unrelated pictures share, and pictures marked as common.

A pair of patches counts only by how much nearer the two are to each other than to anything in this
bank (Lowe's ratio idea, against drawn common content instead of a second neighbour). Letters, frames,
buttons, charts and plain corners were drawn by code (`python -m benchmarks.recall.common`).
"""

from pathlib import Path

import numpy as np

from matchers.compiled import compiled, ones
from matchers.regions.agreement import Caps
from matchers.regions.kept import MIRROR, Hashes, Regions

DRAWN = Path(__file__).parent / "regions" / "common.bin"


@compiled
def nearest(hashes: Hashes, bank: Hashes) -> Caps:
    """Return for each hash the distance to its nearest one in the bank; 128 where the bank is empty."""
    caps = np.empty(len(hashes), np.uint8)
    for row in range(len(hashes)):
        least = np.uint64(128)
        for other in range(len(bank)):
            apart = ones(hashes[row, 0] ^ bank[other, 0]) + ones(hashes[row, 1] ^ bank[other, 1])
            least = min(least, apart)
        caps[row] = least
    return caps


class NegativeBank:
    """Patches that are no evidence: the drawn ones, and those of pictures marked as common."""

    def __init__(self, drawn: Path | None = DRAWN) -> None:
        words = np.frombuffer(drawn.read_bytes() if drawn else b"", "<u8").astype(np.uint64).reshape(-1, 2)
        self._bank: Hashes = np.concatenate([words, words ^ MIRROR])

    def __len__(self) -> int:
        return len(self._bank) // 2

    def mark_common(self, picture: Regions) -> None:
        """Take all patches of a picture as common: a logo, a meme, a dismissed match."""
        self._bank = np.concatenate([self._bank, picture.hashes, picture.hashes ^ MIRROR])

    def caps(self, hashes: Hashes) -> Caps:
        """Return how near each hash is to common content, in bits."""
        return nearest(hashes, self._bank)
