"""Blobs: places of the scale space that no neighbour exceeds, fitted to a fraction of a pixel.

docs/reference/regions.md states every step. The machine code takes three rows at a time and never writes a
difference down: a difference of two pictures is made again where it is asked for, which is one subtraction.
"""

import numpy as np
import numpy.typing as npt

from matchers.compiled import compiled, compiled_for, ones, with_room
from matchers.regions.kept import Floats
from matchers.regions.points import Keypoints
from matchers.regions.scale_space import BASE_SIGMA, BLURRED, LAYERS, ScaleSpace

Doubles = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
"""(n, 3): layer, row, column."""

CONTRAST = 1.0
EDGE_RATIO = 10.0
BORDER_PX = 2
FURTHEST = 0.6
"""Pixels and layers that the top of the parabola may lie off its extremum."""
DIFFERENCES = BLURRED - 1
SIDES = 2 * LAYERS
"""Maxima and minima of three layers: bit 2 (layer - 1) of a mark is a maximum, the next one a minimum."""
RIDGE = 1e-6 * np.eye(3)
"""Keeps a flat neighbourhood solvable; its shift is then clipped like any other."""


@compiled
def beside(blurred: Floats, row: int, high: Floats, low: Floats) -> None:
    """Write for a row of each difference what is highest and lowest of a pixel and the two beside it."""
    for layer in range(DIFFERENCES):
        more, less = blurred[layer + 1, row], blurred[layer, row]
        most, least = high[layer], low[layer]
        for x in range(blurred.shape[2] - 2):
            left, here, right = more[x] - less[x], more[x + 1] - less[x + 1], more[x + 2] - less[x + 2]
            most[x + 1] = max(max(left, here), right)
            least[x + 1] = min(min(left, here), right)


@compiled
def above_and_below(high: Floats, low: Floats, highest: Floats, lowest: Floats) -> None:
    """Take three rows of `beside` together: what is highest and lowest of the nine pixels of each square."""
    for layer in range(DIFFERENCES):
        for x in range(high.shape[2]):
            highest[layer, x] = max(max(high[0, layer, x], high[1, layer, x]), high[2, layer, x])
        for x in range(high.shape[2]):
            lowest[layer, x] = min(min(low[0, layer, x], low[1, layer, x]), low[2, layer, x])


@compiled
def mark(blurred: Floats, row: int, layer: int, highest: Floats, lowest: Floats, marks: Bytes) -> None:
    """Set the two bits of a layer in the marks of a row where no neighbour, its own value included, exceeds it."""
    contrast = np.float32(CONTRAST)
    top, bottom = np.uint8(1 << 2 * (layer - 1)), np.uint8(2 << 2 * (layer - 1))
    for at in range(blurred.shape[2] - 2 * BORDER_PX):
        x = at + BORDER_PX
        here = blurred[layer + 1, row, x] - blurred[layer, row, x]
        most = max(max(highest[layer - 1, x], highest[layer, x]), highest[layer + 1, x])
        least = min(min(lowest[layer - 1, x], lowest[layer, x]), lowest[layer + 1, x])
        is_top = (here >= contrast) & (here >= most)
        is_bottom = (here <= -contrast) & (here <= least)
        marks[x] |= (top if is_top else np.uint8(0)) | (bottom if is_bottom else np.uint8(0))


@compiled
def taken(words: Words, row: int, met: Places, count: int, of_side: npt.NDArray[np.int64]) -> int:
    """Take the marks of a row out of their words, and return how many were met by now."""
    for at in range(len(words)):
        some = words[at]
        if not some:
            continue
        words[at] = 0
        while some:
            bit = int(ones(~some & (some - np.uint64(1))))  # how many bits lie below the lowest one
            some &= some - np.uint64(1)
            met[count, 0], met[count, 1], met[count, 2] = bit % 8, row, 8 * at + bit // 8
            of_side[bit % 8 + 1] += 1
            count += 1
    return count


@compiled
def in_order(met: Places, starts: npt.NDArray[np.int64]) -> Places:
    """Sort what was met row by row by its side, and tell of each its layer."""
    sorted_ = np.empty_like(met)
    for n in range(len(met)):
        side = met[n, 0]
        sorted_[starts[side]] = 1 + side // 2, met[n, 1], met[n, 2]
        starts[side] += 1
    return sorted_


@compiled_for("int64[:, ::1](float32[:, :, ::1])")
def found(blurred: Floats) -> Places:
    """Return where an octave has extrema: layer by layer, maxima before minima, row by row."""
    height, width = blurred.shape[1:]
    high, low = np.empty((3, DIFFERENCES, width), np.float32), np.empty((3, DIFFERENCES, width), np.float32)
    highest, lowest = np.empty((DIFFERENCES, width), np.float32), np.empty((DIFFERENCES, width), np.float32)
    words = np.zeros((width + 7) // 8, np.uint64)
    marks = words.view(np.uint8)
    met, count, of_side = np.empty((max(1024, width), 3), np.int64), 0, np.zeros(SIDES + 1, np.int64)
    for row in range(1, height - 1):
        beside(blurred, row, high[row % 3], low[row % 3])
        middle = row - 1
        if not BORDER_PX <= middle < height - BORDER_PX:
            continue
        above_and_below(high, low, highest, lowest)
        for layer in range(1, LAYERS + 1):
            mark(blurred, middle, layer, highest, lowest, marks)
        if count + width > len(met):
            met = with_room(met)
        count = taken(words, middle, met, count, of_side)
    return in_order(met[:count], np.cumsum(of_side))


@compiled_for(
    "Tuple((int64[:, ::1], float64[::1], float64[:, ::1], float64[:, :, ::1]))(float32[:, :, ::1], int64[:, ::1])"
)
def slopes(blurred: Floats, places: Places) -> tuple[Places, Doubles, Doubles, Doubles]:
    """Return what is no edge of some places, and there: the difference, gradient and Hessian over (x, y, layer).

    By central differences in single precision. Edges go by Lowe's ratio of curvatures.
    """
    kept, count = np.empty_like(places), 0
    value, gradient, hessian = np.empty(len(places)), np.empty((len(places), 3)), np.empty((len(places), 3, 3))
    cube, half, quarter, two = np.empty((3, 3, 3), np.float32), np.float32(0.5), np.float32(0.25), np.float32(2)
    for place in places:
        layer, row, column = place
        for up in range(3):
            for down in range(3):
                for across in range(3):
                    y, x = row + down - 1, column + across - 1
                    cube[up, down, across] = blurred[layer + up, y, x] - blurred[layer + up - 1, y, x]
        at = cube[1, 1, 1]
        xx = cube[1, 1, 0] + cube[1, 1, 2] - two * at
        yy = cube[1, 0, 1] + cube[1, 2, 1] - two * at
        ss = cube[0, 1, 1] + cube[2, 1, 1] - two * at
        xy = (cube[1, 2, 2] - cube[1, 2, 0] - cube[1, 0, 2] + cube[1, 0, 0]) * quarter
        xs = (cube[2, 1, 2] - cube[2, 1, 0] - cube[0, 1, 2] + cube[0, 1, 0]) * quarter
        ys = (cube[2, 2, 1] - cube[2, 0, 1] - cube[0, 2, 1] + cube[0, 0, 1]) * quarter
        trace = np.float64(xx) + np.float64(yy)
        determinant = np.float64(xx) * np.float64(yy) - np.float64(xy) * np.float64(xy)
        if not (determinant > 0 and trace * trace * EDGE_RATIO < (EDGE_RATIO + 1) ** 2 * determinant):
            continue
        kept[count] = place
        value[count] = at
        gradient[count, 0] = (cube[1, 1, 2] - cube[1, 1, 0]) * half
        gradient[count, 1] = (cube[1, 2, 1] - cube[1, 0, 1]) * half
        gradient[count, 2] = (cube[2, 1, 1] - cube[0, 1, 1]) * half
        hessian[count, 0, 0], hessian[count, 0, 1], hessian[count, 0, 2] = xx, xy, xs
        hessian[count, 1, 0], hessian[count, 1, 1], hessian[count, 1, 2] = xy, yy, ys
        hessian[count, 2, 0], hessian[count, 2, 1], hessian[count, 2, 2] = xs, ys, ss
        count += 1
    return kept[:count], value[:count], gradient[:count], hessian[:count]


def extrema(space: ScaleSpace) -> Keypoints:
    """Return the blobs of every octave and layer, each at the top of a parabola through it; low contrast goes."""
    octaves = [space.octave(number) for number in range(len(space.shapes))]
    parts = [slopes(octave, found(octave)) for octave in octaves]
    step = np.repeat(2 ** np.arange(len(parts)), [len(part[0]) for part in parts])
    place, value, gradient, hessian = (np.concatenate([part[n] for part in parts]) for n in range(4))
    shift = -np.linalg.solve(hessian + RIDGE, gradient[..., None])[..., 0]
    shift = np.clip(shift, -FURTHEST, FURTHEST)
    response = np.abs(value + 0.5 * (gradient * shift).sum(axis=1))
    x, y = (place[:, 2] + shift[:, 0]) * step, (place[:, 1] + shift[:, 1]) * step
    sigma = BASE_SIGMA * 2 ** ((place[:, 0] + shift[:, 2]) / LAYERS) * step
    good = response > CONTRAST
    return Keypoints(*(v[good].astype(np.float32) for v in (x, y, sigma, np.zeros_like(x), response)))
