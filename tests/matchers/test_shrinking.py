"""Our ways to make grey pixels smaller give Pillow's levels, every one of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from matchers.shrinking import block_means, lanczos


def levels(seed: int, height: int, width: int) -> np.ndarray:
    """Levels at random; of every third seed black and white only, where sums leave 0..255 on both sides."""
    random = np.random.default_rng(seed)
    if seed % 3 == 0:
        return (random.integers(0, 2, (height, width)) * 255).astype(np.uint8)
    return random.integers(0, 256, (height, width), dtype=np.uint8)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 999), st.integers(10, 1280), st.integers(10, 1280), st.integers(1, 10), st.integers(1, 10))
def test_block_means_are_those_of_pillow(seed, height, width, across, down):
    pixels = levels(seed, height, width)

    assert np.array_equal(block_means(pixels, across, down), np.asarray(Image.fromarray(pixels).reduce((across, down))))


@pytest.mark.parametrize("down", [1, 2, 7, 15])
@pytest.mark.parametrize("across", [1, 2, 6, 17])
def test_a_white_picture_stays_white(across, down):
    white = np.full((100, 101), 255, np.uint8)

    assert (block_means(white, across, down) == 255).all()


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 999), st.integers(33, 300), st.integers(33, 300))
def test_lanczos_gives_the_levels_of_pillow_whichever_axis_it_begins_with(seed, height, width):
    pixels = levels(seed, height, width)

    assert np.array_equal(
        lanczos(pixels, 32), np.asarray(Image.fromarray(pixels).resize((32, 32), Image.Resampling.LANCZOS))
    )
