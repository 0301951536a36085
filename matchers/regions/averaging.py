"""Smaller pictures by the mean of what each pixel covers, bit for bit OpenCV's INTER_AREA, in half its time.

Each line of the source is averaged along itself once; OpenCV does it again for every line that it is a part of.
"""

import cv2
import numpy as np
import numpy.typing as npt
from numba import types

from matchers.compiled import compiled, compiled_for
from matchers.regions.kept import Floats

Numbers = npt.NDArray[np.int64]
Grey = npt.NDArray[np.uint8]

HARDLY = 1e-3
"""Of a pixel: less is left out."""
LINES, BYTES = types.float32[:, ::1], types.Array(types.uint8, 2, "C", readonly=True)


@compiled
def covered(longer: int, shorter: int) -> tuple[Numbers, Numbers, Floats]:
    """Return for each place of the shorter side the first one of the longer it covers, how many, and their weights."""
    scale = 1 / (shorter / longer)
    first, many = np.empty(shorter, np.int64), np.zeros(shorter, np.int64)
    weights = np.zeros((shorter, int(scale) + 3), np.float32)
    for place in range(shorter):
        start, end = place * scale, place * scale + scale
        width = min(scale, longer - start)
        last = min(int(np.floor(end)), longer - 1)
        whole = min(int(np.ceil(start)), last)
        first[place] = whole
        if whole - start > HARDLY:
            first[place] = whole - 1
            weights[place, 0] = (whole - start) / width
            many[place] = 1
        for _ in range(whole, last):
            weights[place, many[place]] = 1 / width
            many[place] += 1
        if end - last > HARDLY:
            weights[place, many[place]] = min(min(end - last, 1.0), width) / width
            many[place] += 1
    return first, many, weights


@compiled
def aligned(first: Numbers, many: Numbers, weights: Floats, longer: int) -> Floats:
    """Give every place as many weights as the one with most, 0 for what it does not cover: then lines are vectors."""
    most = many.max()
    same = np.zeros((most, len(first)), np.float32)
    for place in range(len(first)):
        inward = max(0, first[place] + most - longer)
        first[place] -= inward
        for n in range(many[place]):
            same[n + inward, place] = weights[place, n]
    return same


@compiled
def along(row: Floats | Grey, left: Numbers, across: Floats, line: Floats) -> None:
    """Average one line of the source."""
    for x in range(len(line)):
        line[x] = np.float32(row[np.uint64(left[x])]) * across[0, x]
    for n in range(1, len(across)):
        for x in range(len(line)):
            line[x] += np.float32(row[np.uint64(left[x]) + np.uint64(n)]) * across[n, x]


@compiled_for(types.void(LINES, LINES), types.void(BYTES, LINES))
def average(source: Floats | Grey, to: Floats) -> None:
    """Write the smaller picture: single precision, each product and each sum rounded, along the lines first."""
    left, many, weights = covered(source.shape[1], to.shape[1])
    across = aligned(left, many, weights, source.shape[1])
    top, many, down = covered(source.shape[0], to.shape[0])
    line, made = np.empty(to.shape[1], np.float32), -1
    for y in range(to.shape[0]):
        for n in range(many[y]):
            if top[y] + n != made:
                made = top[y] + n
                along(source[made], left, across, line)
            if n == 0:
                for x in range(len(line)):
                    to[y, x] = down[y, n] * line[x]
            else:
                for x in range(len(line)):
                    to[y, x] += down[y, n] * line[x]


def averaged(source: Floats | Grey, to: Floats) -> None:
    """Fill a smaller picture; whole blocks are OpenCV's, which is quick at them and rounds them in ways of its own."""
    (height, width), (rows, columns) = source.shape, to.shape
    whole_blocks = height % rows == 0 and width % columns == 0
    if whole_blocks or rows > height or columns > width:
        to[:] = cv2.resize(source, (columns, rows), interpolation=cv2.INTER_AREA)
        return
    average(source, to)
    if source.dtype == np.uint8:
        np.rint(to, out=to)
