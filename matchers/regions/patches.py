"""What a picture shows at a place: 128 signs of the low frequencies of an upright square."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matchers.compiled import compiled, compiled_for, fused
from matchers.regions.averaging import averaged
from matchers.regions.kept import FREQUENCIES, SIDE, Floats, Hashes, packed
from matchers.regions.points import Keypoints, middles
from matchers.regions.sampling import sampled
from matchers.regions.scale_space import room_of_this_thread

Numbers = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

REACH = 6.5
LEAST_CONTRAST = 4.0
"""Grey levels of standard deviation below which a patch shows nothing."""
NEARLY = 1e-3
"""More than single precision can be wrong by in adding 1,024 grey levels."""
PLACES = middles(SIDE, REACH)

ROWS = int(FREQUENCIES.max()) + 1
COSINES = np.cos(np.pi * np.arange(ROWS)[:, None] * (2 * np.arange(SIDE) + 1) / (2 * SIDE)).astype(np.float32)


@dataclass(frozen=True)
class Pyramid:
    """A picture at several sizes, in one piece of memory; `shapes` are (height, width), `starts` where each begins."""

    memory: Floats
    starts: Numbers
    shapes: Numbers


def pyramid(luma: Floats, smallest: int = 24) -> Pyramid:
    """Return the picture at 1, 1/sqrt 2, 1/2, ... of its size, area-averaged, in this thread's memory."""
    height, width = luma.shape
    shapes = [(height, width)]
    while min(shapes[-1]) > smallest:
        factor = 2 ** (-len(shapes) / 2)
        shapes.append((round(height * factor), round(width * factor)))
    starts = np.cumsum([0, *(height * width for height, width in shapes)])
    memory = room_of_this_thread().take("pyramid", int(starts[-1]))
    levels = [memory[a:b].reshape(shape) for a, b, shape in zip(starts, starts[1:], shapes, strict=False)]
    levels[0][:] = luma
    for number, level in enumerate(levels[1:], start=1):
        averaged(levels[max(0, number - 2)], level)
    return Pyramid(memory, starts[:-1], np.array(shapes))


@compiled
def deviation(patch: Floats, sums: npt.NDArray[np.float64]) -> float:
    """Return the standard deviation of a patch; `sums` is room for one of each column."""
    sums[:] = 0
    for row in range(SIDE):
        for column in range(SIDE):
            sums[column] += patch[row, column]
    mean = sums.sum() / (SIDE * SIDE)
    sums[:] = 0
    for row in range(SIDE):
        for column in range(SIDE):
            sums[column] += (patch[row, column] - mean) * (patch[row, column] - mean)
    return float(np.sqrt(sums.sum() / (SIDE * SIDE)))


@compiled_for(
    "float64[::1]"
    "(float32[::1], int64[::1], int64[:, ::1], boolean[::1], float32[:, ::1], float32[:, ::1], float32[:, :, ::1])"
)
def turned(
    memory: Floats, starts: Numbers, shapes: Numbers, alone: Bools, steps: Floats, climbs: Floats, patches: Floats
) -> npt.NDArray[np.float64]:
    """Fill `patches` (n, 32, 32) from the pictures that begin at starts[n]; return the standard deviation of each.

    `steps` and `climbs` (n, 3) say by how much x and y grow from column to column and from row to row, and from where.
    Where a patch is alone in its picture each product is rounded: places were a product of matrices once, which numpy's
    BLAS mostly took on another road for a single row.
    """
    deviations, sums = np.empty(len(starts)), np.empty(SIDE)
    x, y = np.empty(SIDE, np.float32), np.empty(SIDE, np.float32)
    for n in range(len(starts)):
        start, height, width = starts[n], shapes[n, 0], shapes[n, 1]
        for row in range(SIDE):
            if alone[n]:
                for column in range(SIDE):
                    x[column] = steps[n, 0] * PLACES[column] + steps[n, 1] * PLACES[row] + steps[n, 2]
                    y[column] = climbs[n, 0] * PLACES[column] + climbs[n, 1] * PLACES[row] + climbs[n, 2]
            else:
                for column in range(SIDE):
                    x[column] = fused(steps[n, 1], PLACES[row], steps[n, 0] * PLACES[column]) + steps[n, 2]
                    y[column] = fused(climbs[n, 1], PLACES[row], climbs[n, 0] * PLACES[column]) + climbs[n, 2]
            for column in range(SIDE):
                patches[n, row, column] = sampled(memory, start, height, width, x[column], y[column])
        deviations[n] = deviation(patches[n], sums)
    return deviations


def upright_patches(luma: Floats, points: Keypoints) -> tuple[Floats, npt.NDArray[np.float64]]:
    """Return (n, 32, 32): the square 13 sigma wide around each point, its direction turned to the right.

    In this thread's memory. The second array is the standard deviation of each, in double precision.
    """
    levels = pyramid(luma)
    spacing = points.sigma * (2 * REACH / SIDE)
    level = np.clip(np.floor(2 * np.log2(spacing)), 0, len(levels.starts) - 1).astype(np.intp)
    sy, sx = (levels.shapes / np.array(luma.shape)).astype(np.float32)[level].T
    cosine, sine = np.cos(points.angle) * points.sigma, np.sin(points.angle) * points.sigma
    steps = np.stack([sx * cosine, -sx * sine, sx * (points.x + 0.5) - 0.5], axis=1)
    climbs = np.stack([sy * sine, sy * cosine, sy * (points.y + 0.5) - 0.5], axis=1)
    alone = np.bincount(level)[level] == 1
    patches = room_of_this_thread().take("patches", len(points) * SIDE * SIDE).reshape(len(points), SIDE, SIDE)
    return patches, turned(levels.memory, levels.starts[level], levels.shapes[level], alone, steps, climbs, patches)


def telling(patches: Floats, deviations: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Say which patches show something: by single precision, where that can decide otherwise than double does."""
    if (np.abs(deviations - LEAST_CONTRAST) < NEARLY).any():
        return np.asarray(patches.std(axis=(1, 2)) > LEAST_CONTRAST, np.bool_)
    return np.asarray(deviations > LEAST_CONTRAST, np.bool_)


def hashes(patches: Floats) -> Hashes:
    """Return the signs of the 128 lowest frequencies of each patch."""
    low = COSINES @ patches @ COSINES.T
    return packed(low[:, FREQUENCIES[:, 0], FREQUENCIES[:, 1]] > 0)
