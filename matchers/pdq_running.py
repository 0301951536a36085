"""PDQ's running sums in the reference's order: add the next value, take away the last, each time rounded to single.

What a running sum is hangs on all values before it. So no two of its steps can be made at once, but those of
neighbouring lines can: down the columns a whole row is stepped, along the rows `LANES` of them.
"""

import numpy as np
from numpy.typing import NDArray

from matchers.compiled import compiled_for
from matchers.pdq_rules import LUMA, Singles

LANES = 8
MOST_WHOLE = 2**8
"""Levels whose sum is sure to fit 16 bits."""
RED, GREEN, BLUE = LUMA

Levels = NDArray[np.uint8]
Points = NDArray[np.int64]

Box = tuple[int, int, Singles]
"""A box filter along lines: how many values a window has, how many of them are the point itself and those after it,
and by how many a sum is divided at each place: those that are there."""

_ROWS, _LINES, _BOX = "Array(uint8, 2, 'C', readonly=True)", "float32[:, ::1]", "Tuple((int64, int64, float32[::1]))"


@compiled_for(f"void({_ROWS}, int64, {_LINES})")
def _brightness(rows: Levels, first: int, lines: Singles) -> None:
    """Write the brightness of rows; colours are weighed in double precision, then rounded to single."""
    width = lines.shape[1]
    for lane in range(min(LANES, len(rows) - first)):
        row, line = rows[first + lane], lines[lane]
        if len(row) == width:
            for x in range(width):
                line[x] = row[x]
        else:
            for x in range(width):
                line[x] = (row[3 * x] * RED + row[3 * x + 1] * GREEN) + row[3 * x + 2] * BLUE


@compiled_for(f"void({_LINES}, int64, int64, {_LINES})")
def _run(lines: Singles, size: int, ahead: int, sums: Singles) -> None:
    """Write the running sum at each place of `LANES` lines: as many names, so that each stays in a register."""
    a = b = c = d = e = f = g = h = np.float32(0)
    width = lines.shape[1]
    for step in range(width + ahead - 1):
        place, leaving = step - ahead + 1, step - size
        if step < width:
            a += lines[0, step]
            b += lines[1, step]
            c += lines[2, step]
            d += lines[3, step]
            e += lines[4, step]
            f += lines[5, step]
            g += lines[6, step]
            h += lines[7, step]
        if leaving >= 0:
            a -= lines[0, leaving]
            b -= lines[1, leaving]
            c -= lines[2, leaving]
            d -= lines[3, leaving]
            e -= lines[4, leaving]
            f -= lines[5, leaving]
            g -= lines[6, leaving]
            h -= lines[7, leaving]
        if place >= 0:
            sums[0, place] = a
            sums[1, place] = b
            sums[2, place] = c
            sums[3, place] = d
            sums[4, place] = e
            sums[5, place] = f
            sums[6, place] = g
            sums[7, place] = h


@compiled_for(f"void({_LINES}, {_BOX}, {_LINES})")
def _means_along(lines: Singles, box: Box, means: Singles) -> None:
    """Write the box filter's means at each place of `LANES` lines."""
    size, ahead, counts = box
    if size == 1:
        means[:] = lines
        return
    _run(lines, size, ahead, means)
    for lane in range(LANES):
        for x in range(means.shape[1]):
            means[lane, x] /= counts[x]


@compiled_for(f"void({_ROWS}, int64, {_BOX}, {_LINES})")
def _whole_means_along(rows: Levels, first: int, box: Box, means: Singles) -> None:
    """Write the same means of grey rows: sums of whole numbers are exact in any order, and so sooner made."""
    size, ahead, counts = box
    sums = np.empty(len(counts), np.uint16)
    for lane in range(min(LANES, len(rows) - first)):
        row = rows[first + lane]
        sums[:] = 0
        for step in range(ahead - size, ahead):
            there, part = (
                (sums[: len(sums) - step], row[step:]) if step >= 0 else (sums[-step:], row[: len(row) + step])
            )
            for x in range(len(there)):
                there[x] += part[x]
        for x in range(len(sums)):
            means[lane, x] = np.float32(sums[x]) / counts[x]


@compiled_for(f"void({_LINES}, int64, {_BOX}, float32[::1], float32[::1])")
def _means_down(lines: Singles, step: int, box: Box, sums: Singles, means: Singles) -> None:
    """Step the running `sums` down to line `step` of `lines`, which go round, and write the means that are then due."""
    size, ahead, counts = box
    place, arriving, leaving = step - ahead + 1, lines[step % len(lines)], lines[(step - size) % len(lines)]
    if size == 1:
        means[:] = arriving
        return
    if step < len(counts):
        for x in range(len(sums)):
            sums[x] += arriving[x]
    if step >= size:
        for x in range(len(sums)):
            sums[x] -= leaving[x]
    if place >= 0:
        for x in range(len(sums)):
            means[x] = sums[x] / counts[place]


@compiled_for(f"{_LINES}({_ROWS}, {_BOX}, {_BOX}, int64[::1])")
def blurred_across(rows: Levels, across: Box, down: Box, points: Points) -> Singles:
    """Return a picture (height x width * channels) filtered along its rows, down its columns, and along its rows again.

    Of the last only the 64 `points` are kept: height x 64.
    """
    height, width, (size, ahead, _) = len(rows), len(across[2]), down
    lines, means = np.zeros((LANES, width), np.float32), np.empty((LANES, width), np.float32)
    once, twice = np.empty((size // LANES * LANES + 2 * LANES, width), np.float32), np.zeros((LANES, width), np.float32)
    sums, kept = np.zeros(width, np.float32), np.empty((height, len(points)), np.float32)
    for step in range(height + ahead - 1):
        if step < height and step % LANES == 0:
            block = once[step % len(once) : step % len(once) + LANES]
            if rows.shape[1] == width and across[0] <= MOST_WHOLE:
                _whole_means_along(rows, step, across, block)
            else:
                _brightness(rows, step, lines)
                _means_along(lines, across, block)
        place = step - ahead + 1
        _means_down(once, step, down, sums, twice[place % LANES])
        if place >= 0 and (place % LANES == LANES - 1 or place == height - 1):
            _means_along(twice, across, means)
            for lane in range(place % LANES + 1):
                for number in range(len(points)):
                    kept[place - place % LANES + lane, number] = means[lane, points[number]]
    return kept


@compiled_for(f"{_LINES}({_LINES}, {_BOX}, int64[::1])")
def blurred_down(lines: Singles, down: Box, points: Points) -> Singles:
    """Return lines filtered down their columns, at some points alone."""
    sums, means, number = np.zeros(lines.shape[1], np.float32), np.empty(lines.shape[1], np.float32), 0
    kept = np.empty((len(points), lines.shape[1]), np.float32)
    for step in range(len(lines) + down[1] - 1):
        _means_down(lines, step, down, sums, means)
        while number < len(points) and points[number] == step - down[1] + 1:
            kept[number] = means
            number += 1
    return kept


@compiled_for(f"{_LINES}({_LINES}, {_LINES})")
def product(left: Singles, right: Singles) -> Singles:
    """Return the product of two matrices, each sum added up from the first term to the last."""
    sums = np.zeros((len(left), right.shape[1]), np.float32)
    for row in range(len(left)):
        for k in range(len(right)):
            for column in range(right.shape[1]):
                sums[row, column] += left[row, k] * right[k, column]
    return sums
