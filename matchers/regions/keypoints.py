"""Where a picture is looked at: blobs that are found again after scaling, turning and recolouring.

Lowe's difference-of-Gaussians detector (IJCV 60, 2004) without the doubled first octave, with our own
choice of the best. docs/reference/regions.md states every step, so that another language can follow.
"""

import numpy as np
import numpy.typing as npt

from matchers.regions.directions import oriented
from matchers.regions.extrema import extrema
from matchers.regions.ground import flatness, ground, off_flat_ground
from matchers.regions.kept import Floats
from matchers.regions.points import Keypoints
from matchers.regions.scale_space import scale_space

CELLS = 6
HEAD_WORTH = 4.0
"""A fake keeps the head: where its box is marked, its points come first."""

Box = tuple[float, float, float, float]
"""Left, top, width and height as shares 0..1 of the picture."""


def best(points: Keypoints, count: int, shape: tuple[int, int], head: Box | None = None) -> Keypoints:
    """Choose the `count` strongest by response x sigma, each further one in the same cell worth a bit less.

    Those within the `head` are worth `HEAD_WORTH` times as much.
    """
    if not len(points):
        return points
    worth = points.response * points.sigma
    if head is not None:
        worth = np.where(within(points, head, shape), HEAD_WORTH * worth, worth)
    order = np.argsort(-worth, kind="stable")
    column = np.minimum((points.x * CELLS / shape[1]).astype(np.intp), CELLS - 1)
    row = np.minimum((points.y * CELLS / shape[0]).astype(np.intp), CELLS - 1)
    cell = (row * CELLS + column)[order]
    by_cell = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[by_cell], np.arange(CELLS * CELLS))
    rank = np.empty(len(order), np.intp)
    rank[by_cell] = np.arange(len(order)) - starts[cell[by_cell]]
    fair = worth[order] / (1 + rank * (CELLS * CELLS / count))
    return points[order[np.argsort(-fair, kind="stable")[:count]]]


def within(points: Keypoints, box: Box, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Say which points lie in a box given in shares of the picture."""
    left, top, width, height = box
    across, down = points.x / shape[1] - left, points.y / shape[0] - top
    return np.asarray((across >= 0) & (across <= width) & (down >= 0) & (down <= height), np.bool_)


def keypoints(luma: Floats, count: int, head: Box | None = None) -> Keypoints:
    """Find about `count` oriented points off flat ground in a working picture (float32 grey levels 0-255)."""
    space = scale_space(luma)
    found = extrema(space)
    telling = found[off_flat_ground(flatness(ground(luma), found.x, found.y, found.sigma))]
    return oriented(best(telling, count, (luma.shape[0], luma.shape[1]), head), space)
