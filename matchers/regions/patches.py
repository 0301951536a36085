"""What a picture shows at a place: 128 signs of the low frequencies of an upright square."""

import cv2
import numpy as np
import numpy.typing as npt

from matchers.regions.kept import FREQUENCIES, SIDE, Floats, Hashes, packed
from matchers.regions.keypoints import Keypoints, grid, sampled

REACH = 6.5
LEAST_CONTRAST = 4.0
"""Grey levels of standard deviation below which a patch shows nothing."""

ROWS = int(FREQUENCIES.max()) + 1
COSINES = np.cos(np.pi * np.arange(ROWS)[:, None] * (2 * np.arange(SIDE) + 1) / (2 * SIDE)).astype(np.float32)


def pyramid(luma: Floats, smallest: int = 24) -> list[Floats]:
    """Return the picture at 1, 1/sqrt 2, 1/2, ... of its size, area-averaged from the full one."""
    levels = [luma]
    while min(levels[-1].shape) > smallest:
        factor = 2 ** (-len(levels) / 2)
        size = (round(luma.shape[1] * factor), round(luma.shape[0] * factor))
        source = levels[-2] if len(levels) > 1 else luma
        levels.append(cv2.resize(source, size, interpolation=cv2.INTER_AREA))  # type: ignore[arg-type]
    return levels


def upright_patches(luma: Floats, points: Keypoints) -> Floats:
    """Return (n, 32, 32): the square 13 sigma wide around each point, its direction turned to the right."""
    levels = pyramid(luma)
    gx, gy = grid(SIDE, REACH)
    square = np.stack([gx.ravel(), gy.ravel(), np.ones(SIDE * SIDE, np.float32)])
    spacing = points.sigma * (2 * REACH / SIDE)
    level_of = np.clip(np.floor(2 * np.log2(spacing)), 0, len(levels) - 1).astype(np.intp)
    patches = np.empty((len(points), SIDE, SIDE), np.float32)
    for level in np.unique(level_of):
        here = np.nonzero(level_of == level)[0]
        sx, sy = levels[level].shape[1] / luma.shape[1], levels[level].shape[0] / luma.shape[0]
        cosine, sine = (
            np.cos(points.angle[here]) * points.sigma[here],
            np.sin(points.angle[here]) * points.sigma[here],
        )
        steps = np.stack([sx * cosine, -sx * sine, sx * (points.x[here] + 0.5) - 0.5], axis=1).astype(np.float32)
        climbs = np.stack([sy * sine, sy * cosine, sy * (points.y[here] + 0.5) - 0.5], axis=1).astype(np.float32)
        flat = sampled(levels[level], (steps @ square).reshape(-1, SIDE), (climbs @ square).reshape(-1, SIDE))
        patches[here] = flat.reshape(-1, SIDE, SIDE)
    return patches


def telling(patches: Floats) -> npt.NDArray[np.bool_]:
    """Say which patches show something."""
    return np.asarray(patches.std(axis=(1, 2)) > LEAST_CONTRAST, np.bool_)


def hashes(patches: Floats) -> Hashes:
    """Return the signs of the 128 lowest frequencies of each patch."""
    low = COSINES @ patches @ COSINES.T
    return packed(low[:, FREQUENCIES[:, 0], FREQUENCIES[:, 1]] > 0)
