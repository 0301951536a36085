"""Which places of a picture lie on flat ground, as letters, icons and charts do: such a place is no evidence.

Two screenshots of one app, two letters on one form, two captions in one typeface share patches that are truly
alike, without showing the same thing. What sets them apart from photos is the ground around them: most of it has
one and the same grey, and does not change from pixel to pixel. docs/reference/regions.md states every step.
"""

import math

import cv2
import numpy as np
import numpy.typing as npt

from matchers.regions.kept import Floats

BLOCK_PX = 8
GREYS = 64
"""Grey levels are counted in steps of four."""
STILL = 2
"""Grey levels by which the nine pixels of a 3 x 3 square may differ on ground that does not change."""
REACH = 12.0
"""The square looked at reaches so many sigmas to each side."""
MOST_FLAT = 0.6
"""Share of the commonest grey (8 levels wide) plus half the share of still ground. Of letters on paper, in chats
and charts 1 % are below, of photos 92 % (docs/matching.md)."""

FEW, FLATTER = 120, 0.7
"""Photos before a plain backdrop have few places off it: where there are not so many, a little flatter ones count."""


class Ground:
    """Counts of grey levels and of still pixels, summed up so that any square is four look-ups."""

    def __init__(self, luma: Floats) -> None:
        grey: npt.NDArray[np.uint8] = cv2.convertScaleAbs(luma)  # type: ignore[assignment]  # whole levels 0..255
        square = np.ones((3, 3), np.uint8)
        still = cv2.subtract(cv2.dilate(grey, square), cv2.erode(grey, square)) <= STILL
        self.rows, self.columns = -(-grey.shape[0] // BLOCK_PX), -(-grey.shape[1] // BLOCK_PX)
        down, across = np.arange(grey.shape[0]), np.arange(grey.shape[1])
        kind = (down // BLOCK_PX * (self.columns * GREYS))[:, None] + across // BLOCK_PX * GREYS  # 64 bits: bincount's
        kind += grey >> 2
        shape = self.rows, self.columns, GREYS
        self._sums = np.zeros((self.rows + 1, self.columns + 1, GREYS + 1), np.int32)
        self._sums[1:, 1:, :GREYS] = np.bincount(kind.ravel(), minlength=math.prod(shape)).reshape(shape)
        strips = np.add.reduceat(still, down[::BLOCK_PX], axis=0, dtype=np.uint8)
        self._sums[1:, 1:, GREYS] = np.add.reduceat(strips, across[::BLOCK_PX], axis=1)
        # Row by row, and column by column: numpy's cumsum goes down single numbers, which takes ten times as long.
        for row in range(1, self.rows):
            self._sums[row + 1] += self._sums[row]
        for column in range(1, self.columns):
            self._sums[:, column + 1] += self._sums[:, column]

    def flatness(self, x: Floats, y: Floats, sigma: Floats) -> Floats:
        """Return for each place 0 (all greys, all changing) to 1.5 (one grey, all still)."""
        reach = REACH * sigma / BLOCK_PX
        left, top = self._edge(x / BLOCK_PX - reach, self.columns), self._edge(y / BLOCK_PX - reach, self.rows)
        right = np.maximum(self._edge(x / BLOCK_PX + reach, self.columns), left + 1)
        bottom = np.maximum(self._edge(y / BLOCK_PX + reach, self.rows), top + 1)
        left, top = np.minimum(left, self.columns - 1), np.minimum(top, self.rows - 1)
        right, bottom = np.minimum(right, self.columns), np.minimum(bottom, self.rows)
        counts = self._sums[bottom, right] - self._sums[top, right] - self._sums[bottom, left] + self._sums[top, left]
        pixels = counts[:, :GREYS].sum(axis=1)
        commonest = (counts[:, : GREYS - 1] + counts[:, 1:GREYS]).max(axis=1)
        return np.asarray((commonest + 0.5 * counts[:, GREYS]) / np.maximum(pixels, 1), np.float32)

    @staticmethod
    def _edge(place: npt.NDArray[np.floating], last: int) -> npt.NDArray[np.intp]:
        """Return the block edge nearest to a place, within the picture."""
        return np.asarray(np.clip(np.rint(place), 0, last), np.intp)


def off_flat_ground(flatness: Floats) -> npt.NDArray[np.intp]:
    """Return which places count: those below MOST_FLAT; if these are few, the least flat ones up to FLATTER."""
    limit = MOST_FLAT
    if (flatness <= MOST_FLAT).sum() < FEW < len(flatness):
        limit = float(np.clip(np.partition(flatness, FEW - 1)[FEW - 1], MOST_FLAT, FLATTER))
    elif len(flatness) <= FEW:
        limit = FLATTER
    return np.flatnonzero(flatness <= limit)
