"""Where a picture is looked at: blobs that are found again after scaling, turning and recolouring.

Lowe's difference-of-Gaussians detector (IJCV 60, 2004) without the doubled first octave, with our own
choice of the best. docs/reference/regions.md states every step, so that another language can follow.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from matchers.regions.ground import Ground, off_flat_ground
from matchers.regions.kept import Floats

Doubles = npt.NDArray[np.float64]

# One core a picture: pictures are hashed in parallel processes, and a forked process must not inherit threads.
cv2.setNumThreads(1)

BASE_SIGMA = 1.6
ASSUMED_SIGMA = 0.5
LAYERS = 3
SMALLEST_OCTAVE_PX = 16
CONTRAST = 1.0
EDGE_RATIO = 10.0
BORDER_PX = 2
ORIENTATION_BINS = 36
ORIENTATION_SIDE = 16
ORIENTATION_REACH = 4.5
SECOND_PEAK = 0.8
CELLS = 6
HEAD_WORTH = 4.0
"""A fake keeps the head: where its box is marked, its points come first."""

Box = tuple[float, float, float, float]
"""Left, top, width and height as shares 0..1 of the picture."""


@dataclass(frozen=True)
class Keypoints:
    """Places in a picture: arrays of one length, in pixels of the working picture, angles in radians."""

    x: Floats
    y: Floats
    sigma: Floats
    angle: Floats
    response: Floats

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, chosen: npt.NDArray[np.generic]) -> "Keypoints":
        return Keypoints(*(v[chosen] for v in (self.x, self.y, self.sigma, self.angle, self.response)))


@dataclass(frozen=True)
class Octave:
    """One octave of the scale space: 6 blurred pictures, 5 differences, each `step` working pixels a pixel."""

    step: int
    blurred: list[Floats]
    differences: list[Floats]


class Room:
    """Memory that serves picture after picture: fresh pages cost more time than the arithmetic on them."""

    def __init__(self) -> None:
        self._kept: list[Floats] = []
        self._taken = 0

    def clear(self) -> None:
        """Let everything handed out be handed out again."""
        self._taken = 0

    def take(self, shape: tuple[int, int]) -> Floats:
        """Hand out an array with whatever lies in it."""
        size = shape[0] * shape[1]
        if self._taken == len(self._kept):
            self._kept.append(np.empty(0, np.float32))
        if self._kept[self._taken].size < size:
            self._kept[self._taken] = np.empty(size, np.float32)
        self._taken += 1
        return self._kept[self._taken - 1][:size].reshape(shape)

    def take_mask(self, shape: tuple[int, int]) -> npt.NDArray[np.uint8]:
        """Hand out bytes."""
        return self.take(shape).view(np.uint8).reshape(-1)[: shape[0] * shape[1]].reshape(shape)


rooms = threading.local()


def room_of_this_thread() -> Room:
    """Return this thread's memory, cleared."""
    if not hasattr(rooms, "mine"):
        rooms.mine = Room()
    mine: Room = rooms.mine
    mine.clear()
    return mine


def blur(picture: Floats, sigma: float, out: Floats) -> Floats:
    """Gaussian blur, kernel radius 3 sigma rounded up, borders mirrored without repeating the edge."""
    side = 2 * int(np.ceil(3 * sigma)) + 1
    cv2.GaussianBlur(picture, (side, side), sigma, dst=out, borderType=cv2.BORDER_REFLECT_101)
    return out


def scale_space(luma: Floats, room: Room) -> list[Octave]:
    """Blur step by step; each octave starts from every second pixel of the one before."""
    growth = 2 ** (1 / LAYERS)
    octaves: list[Octave] = []
    base = blur(luma, (BASE_SIGMA**2 - ASSUMED_SIGMA**2) ** 0.5, room.take(shape_of(luma)))
    while not octaves or min(base.shape) >= SMALLEST_OCTAVE_PX:
        shape = shape_of(base)
        blurred = [base]
        for layer in range(1, LAYERS + 3):
            sigma = BASE_SIGMA * growth ** (layer - 1) * (growth**2 - 1) ** 0.5
            blurred.append(blur(blurred[-1], sigma, room.take(shape)))
        differences = [room.take(shape) for _ in blurred[1:]]
        for less, more, difference in zip(blurred, blurred[1:], differences, strict=False):
            cv2.subtract(more, less, dst=difference)
        octaves.append(Octave(2 ** len(octaves), blurred, differences))
        base = np.ascontiguousarray(blurred[LAYERS][::2, ::2])
    return octaves


def shape_of(picture: Floats) -> tuple[int, int]:
    """Return height and width."""
    return picture.shape[0], picture.shape[1]


def places_of(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
    """Return rows and columns (2, n) where a mask is set, off the border; nearly all of it is not: eight at a time."""
    flat, eights = mask.reshape(-1), mask.size // 8
    near = np.flatnonzero(flat[: 8 * eights].view(np.uint64) != 0)[:, None] * 8 + np.arange(8)
    near = np.append(near, np.arange(8 * eights, mask.size))
    places = np.stack(np.divmod(near[flat[near] != 0], mask.shape[1]))
    last = np.array(mask.shape)[:, None] - BORDER_PX
    return places[:, ((places >= BORDER_PX) & (places < last)).all(axis=0)]


SQUARE = np.mgrid[-1:2, -1:2].reshape(2, 9)


def squares(places: npt.NDArray[np.intp], width: int) -> npt.NDArray[np.intp]:
    """Return where in a flat picture of some width the nine pixels around each place (2, n) are: n x 9."""
    around: npt.NDArray[np.intp] = (places[0] * width + places[1])[:, None] + SQUARE[0] * width + SQUARE[1]
    return around


Filter = Callable[..., object]


def extrema(octave: Octave, room: Room) -> list[npt.NDArray[np.intp]]:
    """Return for layers 1 to 3 the rows and columns with contrast that none of 26 neighbours exceeds."""
    shape = shape_of(octave.differences[0])
    square, limit, mask = np.ones((3, 3), np.uint8), room.take(shape), room.take_mask(shape)
    found: list[npt.NDArray[np.intp]] = [np.zeros((2, 0), np.intp)] * LAYERS
    sides: list[tuple[int, Filter, Filter, int]] = [
        (1, cv2.dilate, cv2.max, cv2.CMP_GE),
        (-1, cv2.erode, cv2.min, cv2.CMP_LE),
    ]
    for sign, spread, beyond, compared in sides:
        for layer in range(1, LAYERS + 1):
            below, middle, above = octave.differences[layer - 1 : layer + 2]
            spread(middle, square, dst=limit)
            beyond(limit, sign * CONTRAST, dst=limit)
            places = places_of(cv2.compare(middle, limit, compared, dst=mask))  # type: ignore[arg-type]
            # The layers below and above are looked at only where this one has its extrema.
            value, around = sign * middle[*places][:, None], squares(places, shape[1])
            real = ((value >= sign * below.ravel()[around]) & (value >= sign * above.ravel()[around])).all(axis=1)
            found[layer - 1] = np.concatenate([found[layer - 1], places[:, real]], axis=1)
    return found


@dataclass(frozen=True)
class Extrema:
    """Extrema of the whole scale space: where they lie, and the 27 differences around each (layer, row, column)."""

    row: npt.NDArray[np.intp]
    column: npt.NDArray[np.intp]
    layer: npt.NDArray[np.intp]
    step: npt.NDArray[np.intp]
    around: Floats


def all_extrema(octaves: list[Octave], room: Room) -> Extrema:
    """Collect the extrema of every octave and layer."""
    parts: list[tuple[npt.NDArray[np.intp], ...]] = []
    around = []
    for octave in octaves:
        width = octave.differences[0].shape[1]
        for layer, (rows, columns) in enumerate(extrema(octave, room), start=1):
            flat = squares(np.stack([rows, columns]), width)
            around.append(np.stack([d.ravel()[flat] for d in octave.differences[layer - 1 : layer + 2]], axis=1))
            parts.append((rows, columns, np.full_like(rows, layer), np.full_like(rows, octave.step)))
    row, column, layers, steps = (np.concatenate([p[n] for p in parts]) for n in range(4))
    return Extrema(row, column, layers, steps, np.concatenate(around).reshape(-1, 3, 3, 3))


def slopes(cube: Floats) -> tuple[Doubles, Doubles]:
    """Return gradient (n, 3) and Hessian (n, 3, 3) over (x, y, layer) at the middle of each cube, by differences."""
    at = cube[:, 1, 1, 1]
    low = (cube[:, 1, 1, 0], cube[:, 1, 0, 1], cube[:, 0, 1, 1])
    high = (cube[:, 1, 1, 2], cube[:, 1, 2, 1], cube[:, 2, 1, 1])
    gradient = np.stack([(h - w) / 2 for w, h in zip(low, high, strict=True)], axis=1)
    xx, yy, ss = (w + h - 2 * at for w, h in zip(low, high, strict=True))
    xy = (cube[:, 1, 2, 2] - cube[:, 1, 2, 0] - cube[:, 1, 0, 2] + cube[:, 1, 0, 0]) / 4
    xs = (cube[:, 2, 1, 2] - cube[:, 2, 1, 0] - cube[:, 0, 1, 2] + cube[:, 0, 1, 0]) / 4
    ys = (cube[:, 2, 2, 1] - cube[:, 2, 0, 1] - cube[:, 0, 2, 1] + cube[:, 0, 0, 1]) / 4
    hessian = np.stack([xx, xy, xs, xy, yy, ys, xs, ys, ss], axis=1).reshape(-1, 3, 3)
    return gradient.astype(np.float64), hessian.astype(np.float64)


def refined(found: Extrema) -> Keypoints:
    """Fit a parabola through each extremum; drop edges (Lowe's ratio of curvatures) and low contrast."""
    gradient, hessian = slopes(found.around)
    # A tiny ridge keeps a flat neighbourhood solvable; its shift is then clipped like any other.
    shift = -np.linalg.solve(hessian + 1e-6 * np.eye(3), gradient[..., None])[..., 0]
    shift = np.clip(shift, -0.6, 0.6)
    response = np.abs(found.around[:, 1, 1, 1] + 0.5 * (gradient * shift).sum(axis=1))
    trace = hessian[:, 0, 0] + hessian[:, 1, 1]
    determinant = hessian[:, 0, 0] * hessian[:, 1, 1] - hessian[:, 0, 1] ** 2
    good = (determinant > 0) & (trace**2 * EDGE_RATIO < (EDGE_RATIO + 1) ** 2 * determinant)
    good &= response > CONTRAST
    x, y = (found.column + shift[:, 0]) * found.step, (found.row + shift[:, 1]) * found.step
    sigma = BASE_SIGMA * 2 ** ((found.layer + shift[:, 2]) / LAYERS) * found.step
    values = (x, y, sigma, np.zeros_like(x), response)
    return Keypoints(*(v[good].astype(np.float32) for v in values))


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


def sampled(picture: Floats, x: Floats, y: Floats) -> Floats:
    """Read a picture between its pixels, bilinear; outside, the edge goes on."""
    return cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def grid(side: int, reach: float) -> tuple[Floats, Floats]:
    """Return the (x, y) of side x side points evenly across a square of half-width `reach`, cell centres."""
    along = ((np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1) * np.float32(reach)
    return np.meshgrid(along, along)


def orientation_histograms(points: Keypoints, octaves: list[Octave]) -> Floats:
    """Return (n, 36): how strongly the brightness around each point rises in each direction."""
    side = ORIENTATION_SIDE + 2
    gx, gy = grid(side, ORIENTATION_REACH * side / ORIENTATION_SIDE)
    patches = np.empty((len(points), side, side), np.float32)
    level = np.rint(LAYERS * np.log2(points.sigma / BASE_SIGMA)).astype(np.intp)
    octave_of = np.clip((level - 1) // LAYERS, 0, len(octaves) - 1)
    layer_of = np.clip(level - octave_of * LAYERS, 0, LAYERS + 2)
    for octave, layer in sorted(set(zip(octave_of.tolist(), layer_of.tolist(), strict=True))):
        here = np.nonzero((octave_of == octave) & (layer_of == layer))[0]
        step = octaves[octave].step
        x = (points.x[here, None, None] + points.sigma[here, None, None] * gx) / step
        y = (points.y[here, None, None] + points.sigma[here, None, None] * gy) / step
        flat = sampled(octaves[octave].blurred[layer], x.reshape(-1, side), y.reshape(-1, side))
        patches[here] = flat.reshape(-1, side, side)
    dx = (patches[:, 1:-1, 2:] - patches[:, 1:-1, :-2]).reshape(len(points), -1)
    dy = (patches[:, 2:, 1:-1] - patches[:, :-2, 1:-1]).reshape(len(points), -1)
    strength, angle = cv2.cartToPolar(dx, dy)
    wx, wy = grid(ORIENTATION_SIDE, ORIENTATION_REACH)
    weight = np.exp(-(wx**2 + wy**2) / (2 * 1.5**2)).reshape(-1)
    bins = (angle * (ORIENTATION_BINS / (2 * np.pi))).astype(np.intp) % ORIENTATION_BINS
    index = bins + np.arange(len(points))[:, None] * ORIENTATION_BINS
    votes = np.bincount(index.ravel(), (strength * weight).ravel(), len(points) * ORIENTATION_BINS)
    return votes.reshape(len(points), ORIENTATION_BINS).astype(np.float32)


def smoothed(histograms: Floats) -> Floats:
    """Smooth round the circle by (1, 4, 6, 4, 1) / 16, twice."""
    h: npt.NDArray[np.floating] = histograms
    for _ in range(2):
        h = (6 * h + 4 * (np.roll(h, 1, 1) + np.roll(h, -1, 1)) + np.roll(h, 2, 1) + np.roll(h, -2, 1)) / 16
    return h.astype(np.float32)


def oriented(points: Keypoints, octaves: list[Octave]) -> Keypoints:
    """Give each point its one or two main directions; two directions make two points."""
    if not len(points):
        return points
    histogram = smoothed(orientation_histograms(points, octaves))
    before, after = np.roll(histogram, 1, 1), np.roll(histogram, -1, 1)
    peaks = np.where((histogram > before) & (histogram >= after), histogram, 0)
    order = np.argsort(-peaks, 1, kind="stable")[:, :2]
    n = np.arange(len(points))
    height = peaks[n[:, None], order]
    keep = height >= np.maximum(SECOND_PEAK * height[:, :1], 1e-6)
    middle, left, right = (v[n[:, None], order] for v in (histogram, before, after))
    shift = 0.5 * (left - right) / np.minimum(left - 2 * middle + right, -1e-9)
    angle = (order + 0.5 + shift) * (2 * np.pi / ORIENTATION_BINS)
    which = np.nonzero(keep)
    chosen = points[which[0]]
    return Keypoints(chosen.x, chosen.y, chosen.sigma, angle[which].astype(np.float32), chosen.response)


def within(points: Keypoints, box: Box, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Say which points lie in a box given in shares of the picture."""
    left, top, width, height = box
    across, down = points.x / shape[1] - left, points.y / shape[0] - top
    return np.asarray((across >= 0) & (across <= width) & (down >= 0) & (down <= height), np.bool_)


def keypoints(luma: Floats, count: int, head: Box | None = None) -> Keypoints:
    """Find about `count` oriented points off flat ground in a working picture (float32 grey levels 0-255)."""
    room = room_of_this_thread()
    octaves = scale_space(luma, room)
    found = refined(all_extrema(octaves, room))
    telling = found[off_flat_ground(Ground(luma).flatness(found.x, found.y, found.sigma))]
    return oriented(best(telling, count, (luma.shape[0], luma.shape[1]), head), octaves)
