"""The short road to PDQ gives what the exact road gives, or says that it cannot know."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matchers import pdq_estimate
from matchers.hashes import pdq
from matchers.pdq_estimate import CERTAIN, estimate
from matchers.pdq_exact import frequencies, grid
from matchers.pdq_rules import centres, window

SIDES = st.one_of(st.integers(5, 1023), st.sampled_from([5, 63, 64, 65, 127, 128, 129, 256, 257, 385, 512, 513, 1023]))
Pixels = np.ndarray


def noise(rng: np.random.Generator, height: int, width: int) -> Pixels:
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def smooth(rng: np.random.Generator, height: int, width: int) -> Pixels:
    points = rng.integers(0, 256, (6, 6, 3))
    down, across = np.linspace(0, 4.99, height), np.linspace(0, 4.99, width)
    upper, left = down.astype(int), across.astype(int)
    below, right = (down - upper)[:, None, None], (across - left)[None, :, None]
    top = points[upper][:, left] * (1 - right) + points[upper][:, left + 1] * right
    low = points[upper + 1][:, left] * (1 - right) + points[upper + 1][:, left + 1] * right
    return (top * (1 - below) + low * below).astype(np.uint8)


def grainy(rng: np.random.Generator, height: int, width: int) -> Pixels:
    grain = rng.normal(0, 5, (height, width, 1))
    return (smooth(rng, height, width) + grain).clip(0, 255).astype(np.uint8)


def flat(rng: np.random.Generator, height: int, width: int) -> Pixels:
    return np.broadcast_to(rng.integers(0, 256, 3, dtype=np.uint8), (height, width, 3)).copy()


def nearly_flat(rng: np.random.Generator, height: int, width: int) -> Pixels:
    return (flat(rng, height, width) // 2 + rng.integers(0, 2, (height, width, 1))).astype(np.uint8)


def stripes(rng: np.random.Generator, height: int, width: int) -> Pixels:
    colours, period = rng.integers(0, 256, (2, 3), dtype=np.uint8), int(rng.integers(1, 32))
    tilt = rng.integers(-1, 2, 2)
    places = np.arange(height)[:, None] * tilt[0] + np.arange(width)[None, :] * tilt[1]
    return colours[places // period % 2]


def checks(rng: np.random.Generator, height: int, width: int) -> Pixels:
    colours, period = rng.integers(0, 256, (2, 3), dtype=np.uint8), int(rng.integers(1, 32))
    return colours[(np.arange(height)[:, None] // period + np.arange(width)[None, :] // period) % 2]


def alike_lines(rng: np.random.Generator, height: int, width: int) -> Pixels:
    return np.repeat(noise(rng, 1, width), height, axis=0)


def boxes(rng: np.random.Generator, height: int, width: int) -> Pixels:
    pixels = flat(rng, height, width)
    for _ in range(25):
        top, left = int(rng.integers(height)), int(rng.integers(width))
        pixels[top : top + int(rng.integers(1, 90)), left : left + int(rng.integers(1, 200))] = rng.integers(0, 256, 3)
    return pixels


DRAWERS = (noise, smooth, grainy, flat, nearly_flat, stripes, checks, alike_lines, boxes)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(DRAWERS), SIDES, SIDES, st.integers(0, 2**32 - 1))
def test_both_roads_give_the_same_bits_and_the_same_quality(drawer, height, width, seed):
    pixels = drawer(np.random.default_rng(seed), height, width)

    for each in (pixels, np.ascontiguousarray(pixels[:, :, 0])):
        assert pdq.all_orientations(each) == pdq.exact(each)


def pictures() -> Iterator[Pixels]:
    for seed in range(3):
        for drawer in DRAWERS:
            for height, width in ((200, 300), (433, 320), (640, 1000)):
                pixels = drawer(np.random.default_rng(seed), height, width)
                yield from (pixels, np.ascontiguousarray(pixels[:, :, 0]))


def test_no_rounding_of_the_exact_road_comes_near_to_what_the_short_road_allows_for():
    for pixels in pictures():
        exact = grid(pixels)
        guess = estimate(pixels)

        assert np.abs(exact - guess.grid).max() < CERTAIN / 2 * guess.grid_spread
        assert (np.abs(frequencies(exact) - guess.frequencies) < CERTAIN / 2 * guess.spread).all()


def test_the_short_road_is_taken_for_most_pictures_with_something_to_see(draw):
    taken = [pdq.is_certain(np.asarray(draw(seed, 400, 300))) for seed in range(20)]

    assert sum(taken) >= 12


@pytest.mark.parametrize("drawer", [flat, alike_lines])
def test_where_coefficients_are_all_rounding_the_exact_road_decides(drawer):
    assert not pdq.is_certain(drawer(np.random.default_rng(1), 300, 200))


def dense(side: int) -> Pixels:
    """The map as docs/reference/hashes.md words it, point by point."""
    size = window(side)
    ahead = (size + 2) // 2
    box = np.zeros((side, side))
    for point in range(side):
        there = slice(max(0, point - (size - ahead)), min(side, point + ahead)) if size > 1 else slice(point, point + 1)
        box[point, there] = 1 / len(range(*there.indices(side)))
    return (box @ box)[centres(side)]


@pytest.mark.parametrize("height", [5, 64, 128, 129, 257, 385, 700, 1023, 1400])
@pytest.mark.parametrize("width", [5, 130, 641])
def test_the_grid_is_two_box_filters_along_each_axis_and_a_sampling(height, width):
    pixels = noise(np.random.default_rng(height), height, width)
    brightness = pixels @ (0.299, 0.587, 0.114)

    for each, expected in ((pixels, brightness), (np.ascontiguousarray(pixels[:, :, 1]), pixels[:, :, 1])):
        assert np.allclose(estimate(each).grid, dense(height) @ expected @ dense(width).T, atol=1e-9)


def test_sums_in_sixteen_bits_never_run_over():
    for side in (385, 1023, pdq_estimate.LARGEST_SIDE):
        for white in (np.full((side, 3 * 64), 255, np.uint8), np.full((side, 64, 3), 255, np.uint8)):
            assert np.allclose(estimate(white).grid, 255)


def test_a_picture_beyond_the_largest_side_takes_the_exact_road():
    assert not pdq.is_certain(np.zeros((pdq_estimate.LARGEST_SIDE + 1, 5, 3), np.uint8))
