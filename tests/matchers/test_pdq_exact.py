"""The exact road adds up as the reference does: number by number, in single precision, in its order."""

from collections.abc import Sequence

import numpy as np
import pytest

from matchers.pdq_exact import frequencies, grid, luma
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


def plainly(brightness: Values) -> Values:
    values = brightness.astype(np.float32)
    for _ in range(2):
        for _ in range(2):
            size = window(values.shape[1])
            values = np.array([blurred(row, size) for row in values], np.float32) if size > 1 else values
            values = values.T
    return values[centres(values.shape[0])][:, centres(values.shape[1])]


@pytest.mark.parametrize("shape", [(129, 64), (5, 300), (257, 140), (140, 385), (150, 131)])
@pytest.mark.parametrize("colours", [False, True], ids=["grey", "colour"])
def test_every_point_of_the_grid_is_rounded_as_by_the_loop_in_the_reference(shape, colours):
    random = np.random.default_rng(sum(shape))
    pixels = random.integers(0, 256, (*shape, 3) if colours else shape, dtype=np.uint8)

    assert np.array_equal(grid(luma(pixels)), plainly(luma(pixels)))


def test_every_frequency_is_added_up_from_the_first_product_to_the_last():
    small = np.random.default_rng(1).uniform(0, 255, (64, 64)).astype(np.float32)
    down, across = np.zeros((16, 64), np.float32), np.zeros((16, 16), np.float32)

    for k in range(64):
        down = down + DCT[:, k, None] * small[None, k]
    for k in range(64):
        across = across + down[:, k, None] * DCT[None, :, k]

    assert np.array_equal(frequencies(small), across)
