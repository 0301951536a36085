"""Which places of a picture lie on flat ground, as letters, icons and charts do: such a place is no evidence.

Two screenshots of one app, two letters on one form, two captions in one typeface share patches that are truly
alike, without showing the same thing. What sets them apart from photos is the ground around them: most of it has
one and the same grey, and does not change from pixel to pixel. docs/reference/regions.md states every step.
"""

import cv2
import numpy as np
import numpy.typing as npt

from matchers.compiled import compiled, compiled_for
from matchers.regions.kept import Floats

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int32]
"""(rows + 1, columns + 1, greys + 1): over all blocks above and to the left; the last count is of still pixels."""

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


@compiled_for("int32[:, :, ::1](uint8[:, ::1], uint8[:, ::1])")
def summed(grey: Bytes, differing: Bytes) -> Counts:
    """Count the grey levels of each block and its still pixels, and sum up over all blocks above and to the left."""
    rows, columns = -(-grey.shape[0] // BLOCK_PX), -(-grey.shape[1] // BLOCK_PX)
    sums = np.zeros((rows + 1, columns + 1, GREYS + 1), np.int32)
    counts, running = np.empty((columns, GREYS + 1), np.int32), np.empty(GREYS + 1, np.int32)
    for row in range(rows):
        counts[:] = 0
        for y in range(row * BLOCK_PX, min((row + 1) * BLOCK_PX, grey.shape[0])):
            for x in range(grey.shape[1]):
                counts[x // BLOCK_PX, grey[y, x] // (256 // GREYS)] += 1
            for x in range(grey.shape[1]):
                counts[x // BLOCK_PX, GREYS] += differing[y, x] <= STILL
        running[:] = 0
        for column in range(columns):
            for kind in range(GREYS + 1):
                running[kind] += counts[column, kind]
                sums[row + 1, column + 1, kind] = sums[row, column + 1, kind] + running[kind]
    return sums


@compiled
def edge(place: np.float32, last: int) -> int:
    """Return the block edge nearest to a place, within the picture."""
    return int(min(max(np.rint(place), np.float32(0)), np.float32(last)))


@compiled_for("float32[::1](int32[:, :, ::1], float32[::1], float32[::1], float32[::1])")
def flatness(sums: Counts, x: Floats, y: Floats, sigma: Floats) -> Floats:
    """Return for each place 0 (all greys, all changing) to 1.5 (one grey, all still), from a picture's sums."""
    rows, columns = sums.shape[0] - 1, sums.shape[1] - 1
    block, flat = np.float32(BLOCK_PX), np.empty(len(x), np.float32)
    counts = np.empty(GREYS + 1, np.int32)
    for n in range(len(x)):
        reach = np.float32(REACH) * sigma[n] / block
        left, top = edge(x[n] / block - reach, columns), edge(y[n] / block - reach, rows)
        right = min(max(edge(x[n] / block + reach, columns), left + 1), columns)
        bottom = min(max(edge(y[n] / block + reach, rows), top + 1), rows)
        left, top = min(left, columns - 1), min(top, rows - 1)
        for kind in range(GREYS + 1):
            counts[kind] = (
                sums[bottom, right, kind] - sums[top, right, kind] - sums[bottom, left, kind] + sums[top, left, kind]
            )
        pixels, commonest = np.int64(counts[0]), np.int64(0)
        for kind in range(1, GREYS):
            pixels += counts[kind]
            commonest = max(commonest, np.int64(counts[kind - 1] + counts[kind]))
        flat[n] = (commonest + 0.5 * counts[GREYS]) / max(pixels, 1)
    return flat


def ground(luma: Floats) -> Counts:
    """Return what `flatness` looks up: counts of grey levels and still pixels, so that any square is four look-ups."""
    grey: Bytes = cv2.convertScaleAbs(luma)  # type: ignore[assignment]  # whole levels 0..255
    square = np.ones((3, 3), np.uint8)
    return summed(grey, cv2.subtract(cv2.dilate(grey, square), cv2.erode(grey, square)))  # type: ignore[arg-type]


def off_flat_ground(flatness: Floats) -> npt.NDArray[np.intp]:
    """Return which places count: those below MOST_FLAT; if these are few, the least flat ones up to FLATTER."""
    limit = MOST_FLAT
    if (flatness <= MOST_FLAT).sum() < FEW < len(flatness):
        limit = float(np.clip(np.partition(flatness, FEW - 1)[FEW - 1], MOST_FLAT, FLATTER))
    elif len(flatness) <= FEW:
        limit = FLATTER
    return np.flatnonzero(flatness <= limit)
