"""The one or two main directions of each place: two make two patches. docs/reference/regions.md states every step."""

import numpy as np
import numpy.typing as npt

from matchers.compiled import compiled, compiled_for, fused
from matchers.regions.kept import Floats
from matchers.regions.points import Keypoints, middles
from matchers.regions.sampling import sampled
from matchers.regions.scale_space import BASE_SIGMA, LAYERS, ScaleSpace

Numbers = npt.NDArray[np.int64]

BINS = 36
SIDE = 16
REACH = 4.5
SPREAD = 1.5
SECOND_PEAK = 0.8
AROUND = SIDE + 2
PLACES = middles(AROUND, REACH * AROUND / SIDE)
WEIGHTS = np.exp(-(middles(SIDE, REACH)[:, None] ** 2 + middles(SIDE, REACH) ** 2) / (2 * SPREAD**2))
TO_BINS = np.float32(BINS / (2 * np.pi))

DEGREES = np.float32(180 / np.pi)
P1, P3 = np.float32(0.9997878412794807) * DEGREES, np.float32(-0.3258083974640975) * DEGREES
P5, P7 = np.float32(0.1555786518463281) * DEGREES, np.float32(-0.04432655554792128) * DEGREES
EPSILON = np.float32(2.0**-52)
RADIANS = np.float32(np.pi / 180)


@compiled
def turn(x: np.float32, y: np.float32) -> np.float32:
    """Return the direction of (x, y) in radians, 0 to a full turn, by OpenCV's polynomial: bins turn on its errors."""
    across, down = abs(x), abs(y)
    c = min(across, down) / (max(across, down) + EPSILON)
    square = c * c
    angle = fused(fused(fused(P7, square, P5), square, P3), square, P1) * c
    angle = np.float32(90) - angle if across < down else angle
    angle = np.float32(180) - angle if x < 0 else angle
    angle = np.float32(360) - angle if y < 0 else angle
    return np.float32(angle * RADIANS)


@compiled
def votes(patch: Floats, dx: Floats, dy: Floats, turned: Floats, found: npt.NDArray[np.float64]) -> None:
    """Count how strongly a patch (18 x 18) rises in each direction; dx, dy and `turned` are room for it (16 x 16)."""
    for row in range(SIDE):
        for column in range(SIDE):
            dx[row, column] = patch[row + 1, column + 2] - patch[row + 1, column]
            dy[row, column] = patch[row + 2, column + 1] - patch[row, column + 1]
    for row in range(SIDE):
        for column in range(SIDE):
            x, y = dx[row, column], dy[row, column]
            turned[row, column] = turn(x, y) * TO_BINS
            dx[row, column] = np.sqrt(fused(x, x, y * y)) * WEIGHTS[row, column]
    found[:] = 0
    for row in range(SIDE):
        for column in range(SIDE):
            which = int(turned[row, column])
            found[np.uint64(which if which < BINS else 0)] += dx[row, column]  # a full turn is none


@compiled_for(
    "float32[:, ::1](float32[::1], int64[::1], int64[:, ::1], float32[::1], float32[::1], float32[::1], float32[::1])"
)
def histograms(
    memory: Floats, starts: Numbers, shapes: Numbers, steps: Floats, x: Floats, y: Floats, sigma: Floats
) -> Floats:
    """Return (n, 36): the votes around each place in the picture of its own size, which begins at starts[n]."""
    patch = np.empty((AROUND, AROUND), np.float32)
    across, down = np.empty(AROUND, np.float32), np.empty(AROUND, np.float32)
    dx, dy, turned = np.empty((3, SIDE, SIDE), np.float32)
    found, told = np.empty(BINS), np.empty((len(x), BINS), np.float32)
    for n in range(len(x)):
        start, height, width = starts[n], shapes[n, 0], shapes[n, 1]
        for place in range(AROUND):
            across[place] = (x[n] + sigma[n] * PLACES[place]) / steps[n]
            down[place] = (y[n] + sigma[n] * PLACES[place]) / steps[n]
        for row in range(AROUND):
            for column in range(AROUND):
                patch[row, column] = sampled(memory, start, height, width, across[column], down[row])
        votes(patch, dx, dy, turned, found)
        told[n] = found
    return told


def orientation_histograms(points: Keypoints, space: ScaleSpace) -> Floats:
    """Return (n, 36): how strongly the brightness around each point rises in each direction."""
    level = np.rint(LAYERS * np.log2(points.sigma / BASE_SIGMA)).astype(np.int64)
    octave = np.clip((level - 1) // LAYERS, 0, len(space.shapes) - 1)
    layer = np.clip(level - octave * LAYERS, 0, LAYERS + 2)
    shapes = np.array(space.shapes)[octave]
    starts = space.starts[octave] + layer * shapes.prod(axis=1)
    return histograms(space.memory, starts, shapes, (2.0**octave).astype(np.float32), points.x, points.y, points.sigma)


def smoothed(histograms: Floats) -> Floats:
    """Smooth round the circle by (1, 4, 6, 4, 1) / 16, twice."""
    h: npt.NDArray[np.floating] = histograms
    for _ in range(2):
        h = (6 * h + 4 * (np.roll(h, 1, 1) + np.roll(h, -1, 1)) + np.roll(h, 2, 1) + np.roll(h, -2, 1)) / 16
    return h.astype(np.float32)


def oriented(points: Keypoints, space: ScaleSpace) -> Keypoints:
    """Give each point its one or two main directions; two directions make two points."""
    if not len(points):
        return points
    histogram = smoothed(orientation_histograms(points, space))
    before, after = np.roll(histogram, 1, 1), np.roll(histogram, -1, 1)
    peaks = np.where((histogram > before) & (histogram >= after), histogram, 0)
    order = np.argsort(-peaks, 1, kind="stable")[:, :2]
    n = np.arange(len(points))
    height = peaks[n[:, None], order]
    keep = height >= np.maximum(SECOND_PEAK * height[:, :1], 1e-6)
    middle, left, right = (v[n[:, None], order] for v in (histogram, before, after))
    shift = 0.5 * (left - right) / np.minimum(left - 2 * middle + right, -1e-9)
    angle = (order + 0.5 + shift) * (2 * np.pi / BINS)
    which = np.nonzero(keep)
    chosen = points[which[0]]
    return Keypoints(chosen.x, chosen.y, chosen.sigma, angle[which].astype(np.float32), chosen.response)
