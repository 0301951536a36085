"""Where a picture is looked at: blobs that are found again after scaling, turning and recolouring.

Lowe's difference-of-Gaussians detector (IJCV 60, 2004) without the doubled first octave, with our own
choice of the best. docs/reference/regions.md states every step, so that another language can follow.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

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


def blur(picture: Floats, sigma: float) -> Floats:
    """Gaussian blur, kernel radius 3 sigma rounded up, borders mirrored without repeating the edge."""
    side = 2 * int(np.ceil(3 * sigma)) + 1
    return cv2.GaussianBlur(picture, (side, side), sigma, borderType=cv2.BORDER_REFLECT_101)  # type: ignore[return-value]


def scale_space(luma: Floats) -> list[Octave]:
    """Blur step by step; each octave starts from every second pixel of the one before."""
    growth = 2 ** (1 / LAYERS)
    base = blur(luma, (BASE_SIGMA**2 - ASSUMED_SIGMA**2) ** 0.5)
    octaves: list[Octave] = []
    while min(base.shape) >= SMALLEST_OCTAVE_PX:
        blurred = [base]
        for layer in range(1, LAYERS + 3):
            before = BASE_SIGMA * growth ** (layer - 1)
            blurred.append(blur(blurred[-1], before * (growth**2 - 1) ** 0.5))
        differences = [cv2.subtract(b, a) for a, b in zip(blurred, blurred[1:], strict=False)]
        octaves.append(Octave(2 ** len(octaves), blurred, differences))  # type: ignore[arg-type]
        base = np.ascontiguousarray(blurred[LAYERS][::2, ::2])
    return octaves


def extrema(octave: Octave, layer: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return rows and columns that are the largest or smallest of their 26 neighbours, with contrast."""
    middle = octave.differences[layer]
    square = np.ones((3, 3), np.uint8)
    near = octave.differences[layer - 1 : layer + 2]
    highest = cv2.dilate(cv2.max(cv2.max(near[0], near[1]), near[2]), square)
    lowest = cv2.erode(cv2.min(cv2.min(near[0], near[1]), near[2]), square)
    found = ((middle >= highest) & (middle > CONTRAST)) | ((middle <= lowest) & (middle < -CONTRAST))
    edge = BORDER_PX
    rows, columns = np.nonzero(found[edge:-edge, edge:-edge])
    return rows + edge, columns + edge


def refined(octave: Octave, layer: int) -> Keypoints:
    """Fit a parabola through each extremum of one layer; drop edges and what does not settle."""
    rows, columns = extrema(octave, layer)
    stack = np.stack(octave.differences[layer - 1 : layer + 2])
    offsets = np.mgrid[-1:2, -1:2, -1:2].reshape(3, 27)
    cube = stack[1 + offsets[0], rows[:, None] + offsets[1], columns[:, None] + offsets[2]].reshape(-1, 3, 3, 3)
    at = cube[:, 1, 1, 1]
    gradient = 0.5 * np.stack(
        [cube[:, 1, 1, 2] - cube[:, 1, 1, 0], cube[:, 1, 2, 1] - cube[:, 1, 0, 1], cube[:, 2, 1, 1] - cube[:, 0, 1, 1]], 1
    )
    xx = cube[:, 1, 1, 2] + cube[:, 1, 1, 0] - 2 * at
    yy = cube[:, 1, 2, 1] + cube[:, 1, 0, 1] - 2 * at
    ss = cube[:, 2, 1, 1] + cube[:, 0, 1, 1] - 2 * at
    xy = (cube[:, 1, 2, 2] - cube[:, 1, 2, 0] - cube[:, 1, 0, 2] + cube[:, 1, 0, 0]) / 4
    xs = (cube[:, 2, 1, 2] - cube[:, 2, 1, 0] - cube[:, 0, 1, 2] + cube[:, 0, 1, 0]) / 4
    ys = (cube[:, 2, 2, 1] - cube[:, 2, 0, 1] - cube[:, 0, 2, 1] + cube[:, 0, 0, 1]) / 4
    hessian = np.stack([xx, xy, xs, xy, yy, ys, xs, ys, ss], 1).reshape(-1, 3, 3)
    hessian += 1e-6 * np.eye(3)
    shift = np.clip(-np.linalg.solve(hessian.astype(np.float64), gradient[..., None].astype(np.float64))[..., 0], -0.6, 0.6)
    response = at + 0.5 * (gradient * shift).sum(1)
    trace, determinant = xx + yy, xx * yy - xy * xy
    good = (determinant > 0) & (trace**2 * EDGE_RATIO < (EDGE_RATIO + 1) ** 2 * determinant)
    good &= np.abs(response) > CONTRAST
    sigma = BASE_SIGMA * 2 ** ((layer + shift[:, 2]) / LAYERS) * octave.step
    return Keypoints(
        ((columns + shift[:, 0]) * octave.step).astype(np.float32)[good],
        ((rows + shift[:, 1]) * octave.step).astype(np.float32)[good],
        sigma.astype(np.float32)[good],
        np.zeros(int(good.sum()), np.float32),
        np.abs(response).astype(np.float32)[good],
    )


def together(parts: list[Keypoints]) -> Keypoints:
    """Join lists of keypoints."""
    return Keypoints(
        *(np.concatenate([getattr(p, name) for p in parts]) for name in ("x", "y", "sigma", "angle", "response"))
    )


def best(points: Keypoints, count: int, shape: tuple[int, int]) -> Keypoints:
    """Choose the `count` strongest by response x sigma, each further one in the same cell worth a bit less."""
    worth = points.response * points.sigma
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
    return np.meshgrid(along, along)  # type: ignore[return-value]


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
    for _ in range(2):
        h = histograms
        histograms = (
            6 * h + 4 * (np.roll(h, 1, 1) + np.roll(h, -1, 1)) + np.roll(h, 2, 1) + np.roll(h, -2, 1)
        ) / 16
    return histograms


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


def keypoints(luma: Floats, count: int) -> Keypoints:
    """Find about `count` oriented points in a working picture (float32 grey levels 0-255)."""
    octaves = scale_space(luma)
    found = [refined(octave, layer) for octave in octaves for layer in range(1, LAYERS + 1)]
    if not found or not sum(map(len, found)):
        empty = np.zeros(0, np.float32)
        return Keypoints(empty, empty, empty, empty, empty)
    chosen = best(together(found), count, luma.shape)  # type: ignore[arg-type]
    return oriented(chosen, octaves)
