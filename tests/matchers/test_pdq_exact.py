"""The exact road adds up as the reference does: number by number, in single precision, in its order."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matchers.pdq_exact import frequencies, grid
from matchers.pdq_rules import DCT, centres, window

Values = np.ndarray


def blurred(line: Sequence[np.float32], size: int) -> list[np.float32]:
    """One filter over one line, as docs/reference/hashes.md words it."""
    ahead, length, sums, running = (size + 2) // 2, len(line), [], np.float32(0)
    for point in range(length):
        arriving = range(min(ahead, length)) if point == 0 else [point + ahead - 1]
        for place in arriving:
            if place < length:
                running = running + line[place]
        leaving = point - (size - ahead) - 1
        if leaving >= 0:
            running = running - line[leaving]
        count = min(point + ahead, length) - max(point - (size - ahead), 0)
        sums.append(running / np.float32(count))
    return sums


def luma(pixels: Values) -> Values:
    """Colours weighed in double precision from red to blue, then rounded to single."""
    if pixels.ndim == 2:
        return pixels
    red, green, blue = (pixels[:, :, channel].astype(float) for channel in range(3))
    return ((red * 0.299 + green * 0.587) + blue * 0.114).astype(np.float32)


def plainly(brightness: Values) -> Values:
    values = brightness.astype(np.float32)
    for _ in range(2):
        for _ in range(2):
            size = window(values.shape[1])
            values = np.array([blurred(row, size) for row in values], np.float32) if size > 1 else values
            values = values.T
    return values[centres(values.shape[0])][:, centres(values.shape[1])]


def at_once(lines: Values, size: int) -> Values:
    """The same filter over many lines: what arrives and what leaves in turn, added up from left to right."""
    if size == 1:
        return lines
    ahead, length = (size + 2) // 2, lines.shape[1]
    steps = length + ahead - 1
    moves = np.zeros((len(lines), 2 * steps), np.float32)
    moves[:, : 2 * length : 2] = lines
    moves[:, 2 * size + 1 :: 2] = -lines[:, : steps - size]
    point = np.arange(length)
    counts = np.minimum(point + ahead, length) - np.maximum(point - (size - ahead), 0)
    return np.add.accumulate(moves, axis=1)[:, 1::2][:, ahead - 1 :] / counts.astype(np.float32)


def all_at_once(brightness: Values) -> Values:
    values = brightness.astype(np.float32)
    for _ in range(4):
        values = np.ascontiguousarray(at_once(values, window(values.shape[1])).T)
    return values[centres(values.shape[0])][:, centres(values.shape[1])]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 999), st.integers(64, 1100), st.integers(64, 1100), st.booleans(), st.integers(0, 3))
@example(seed=1, height=64, width=1100, coloured=False, thin=0)
@example(seed=1, height=1100, width=64, coloured=True, thin=0)
def test_every_point_of_the_grid_of_any_size_is_rounded_as_by_the_reference(seed, height, width, coloured, thin):
    height = max(5, height // 16) if thin == 1 else height
    width = max(5, width // 16) if thin == 2 else width
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3) if coloured else (height, width), np.uint8)

    assert np.array_equal(grid(pixels), all_at_once(luma(pixels)))


@pytest.mark.parametrize("shape", [(129, 64), (64, 64), (5, 300), (100, 90), (257, 140), (140, 385), (150, 131)])
@pytest.mark.parametrize("colours", [False, True], ids=["grey", "colour"])
def test_every_point_of_the_grid_is_rounded_as_by_the_loop_in_the_reference(shape, colours):
    random = np.random.default_rng(sum(shape))
    pixels = random.integers(0, 256, (*shape, 3) if colours else shape, dtype=np.uint8)

    assert np.array_equal(grid(pixels), plainly(luma(pixels)))
    assert np.array_equal(grid(pixels), all_at_once(luma(pixels)))


def test_every_frequency_is_added_up_from_the_first_product_to_the_last():
    small = np.random.default_rng(1).uniform(0, 255, (64, 64)).astype(np.float32)
    down, across = np.zeros((16, 64), np.float32), np.zeros((16, 16), np.float32)

    for k in range(64):
        down = down + DCT[:, k, None] * small[None, k]
    for k in range(64):
        across = across + down[:, k, None] * DCT[None, :, k]

    assert np.array_equal(frequencies(small), across)
