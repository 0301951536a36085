"""PDQ's grid, frequencies and quality with every addition in the reference's order, and so rounded as it rounds."""

import functools

import numpy as np
from numpy.typing import NDArray

from matchers.pdq_rules import DCT, Singles, ahead, bounds, centres, window
from matchers.pdq_running import Box, blurred_across, blurred_down, product

_across = np.ascontiguousarray(DCT.T)


def grid(pixels: NDArray[np.uint8]) -> Singles:
    """Return the picture as 64 x 64 points: twice blurred along both axes, then sampled at cell centres."""
    height, width = pixels.shape[:2]
    down, across = _box(height), _box(width)
    lines = blurred_across(pixels.reshape(height, -1), across, down, centres(width))
    return blurred_down(lines, down, centres(height))


@functools.lru_cache(maxsize=256)
def _box(side: int) -> Box:
    """Return the box filter along a side of so many pixels."""
    size = window(side)
    begins, ends = bounds(side, size)
    return size, ahead(size), (ends - begins).astype(np.float32)


def frequencies(small: Singles) -> Singles:
    """Return the 16 x 16 lowest frequencies (down x across) of a 64 x 64 grid, without the mean."""
    return product(product(DCT, small), _across)


def quality(small: Singles) -> int:
    """Return 0 (flat) .. 100: how much brightness steps between neighbours of the grid, small steps not counted."""
    steps = 0
    for axis in (0, 1):
        difference = np.diff(small, axis=axis) * np.float32(-100) / np.float32(255)
        steps += int(np.abs(difference.astype(np.int32)).sum())
    return min(100, steps // 90)
