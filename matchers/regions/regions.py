"""Pixels to region hashes: the working picture, its keypoints, the patch around each."""

import cv2
import numpy as np
import numpy.typing as npt

from matchers.regions import patches
from matchers.regions.averaging import averaged
from matchers.regions.kept import (
    ANGLE_STEPS,
    MOST_POINTS,
    POSITION_STEPS,
    ROW,
    SIGMA_STEPS,
    SMALLEST_PX,
    Floats,
    Hashes,
    Regions,
    working_size,
)
from matchers.regions.keypoints import Box, keypoints
from matchers.regions.points import Keypoints

POINTS = 400


def working_picture(luma: npt.NDArray[np.uint8], width: int, height: int) -> Floats:
    """Scale grey levels so that the longer of the picture's own sides is 640 px, enlarging at most twice."""
    size = working_size(width, height)
    if size[0] * size[1] >= luma.size:
        return cv2.resize(luma, size, interpolation=cv2.INTER_LINEAR).astype(np.float32)
    working = np.empty(size[::-1], np.float32)
    averaged(np.ascontiguousarray(luma), working)
    return working


def quantised(points: Keypoints, bits: Hashes, width: int, height: int) -> Regions:
    """Round places, sizes and angles to the steps they are kept in."""
    rows = np.zeros(len(points), ROW)
    rows["bits"] = bits
    rows["x"] = np.clip(np.rint(points.x * POSITION_STEPS), 0, width * POSITION_STEPS)
    rows["y"] = np.clip(np.rint(points.y * POSITION_STEPS), 0, height * POSITION_STEPS)
    rows["sigma"] = np.clip(np.rint(np.log2(points.sigma) * SIGMA_STEPS), 0, 255)
    rows["angle"] = np.rint(points.angle * (ANGLE_STEPS / (2 * np.pi))).astype(np.int64) % ANGLE_STEPS
    return Regions(width, height, rows)


def regions(pixels: npt.NDArray[np.uint8], width: int, height: int, head: Box | None = None) -> Regions | None:
    """Return the region hashes of RGB or grey pixels, None where there is no structure or less than 100 px.

    `width` and `height` are the picture's own, in pixels; `pixels` may be a smaller version of it.
    `head`: a box whose keypoints come first, in shares of the picture.
    """
    if min(width, height) < SMALLEST_PX:
        return None
    luma = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.uint8)
    working = working_picture(luma, width, height)
    height, width = working.shape
    points = keypoints(working, POINTS, head)
    if not len(points):
        return None
    squares, deviations = patches.upright_patches(working, points)
    structured = np.nonzero(patches.telling(squares, deviations))[0][:MOST_POINTS]
    if not len(structured):
        return None
    bits = patches.hashes(squares[: structured[-1] + 1])[structured]
    return quantised(points[structured], bits, width, height)
