"""PDQ's own numbers, as docs/reference/hashes.md words them: windows, sampled points, the cosine transform."""

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]
Places = NDArray[np.intp]

WHOLE_LUMA = (299, 587, 114)
LUMA = (0.299, 0.587, 0.114)

_scale = float(np.float32(np.sqrt(2.0 / 64.0)))
_rows, _columns = np.arange(1, 17)[:, None], 2 * np.arange(64)[None, :] + 1
DCT: Singles = (_scale * np.cos((np.pi / 2.0 / 64.0) * _rows * _columns)).astype(np.float32)
"""16 x 64: the cosine transform's rows 1-16; row 0, the mean brightness, is left out."""


def window(side: int) -> int:
    """Return the width of the box filter along a side of so many pixels: half a cell, rounded up."""
    return (side + 127) // 128


def ahead(size: int) -> int:
    """Return how much of a window is the point itself and those after it: of 7 points 4, of 8 points 5."""
    return (size + 2) // 2 if size > 1 else 1


def centres(side: int) -> Places:
    """Return which 64 points of a side are sampled."""
    return ((np.arange(64) + 0.5) * side / 64).astype(np.intp)


def bounds(side: int, size: int) -> tuple[Places, Places]:
    """Return where the window of each point begins and ends; a side's ends cut it."""
    points = np.arange(side)
    return np.maximum(points - (size - ahead(size)), 0), np.minimum(points + ahead(size), side)
