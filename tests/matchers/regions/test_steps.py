"""Compiled steps give what the slow obvious ones give, to the last bit: those of OpenCV, numpy, or plain loops."""

import cv2
import numpy as np
import pytest

from matchers.regions import directions, extrema, ground, patches
from matchers.regions.averaging import averaged
from matchers.regions.keypoints import keypoints
from matchers.regions.points import Keypoints
from matchers.regions.scale_space import LAYERS, scale_space

AVX2 = 11  # as OpenCV numbers what processors can do
as_on_x86 = pytest.mark.skipif(not cv2.checkHardwareSupport(AVX2), reason="OpenCV rounds otherwise on other processors")


@pytest.fixture
def luma(scene):
    """A working picture whose sides fill no register."""
    return cv2.cvtColor(scene(4, 301, 203), cv2.COLOR_RGB2GRAY).astype(np.float32)


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_a_smaller_picture_is_opencvs_area_average(kind):
    random = np.random.default_rng(1)
    for _ in range(60):
        height, width = random.integers(20, 120, 2)
        rows, columns = (max(1, round(side * random.uniform(0.1, 1))) for side in (height, width))
        source = random.integers(0, 256, (height, width)).astype(kind) * kind(1 if kind is np.uint8 else 0.7)
        to = np.empty((rows, columns), np.float32)

        averaged(source, to)

        assert (to == cv2.resize(source, (columns, rows), interpolation=cv2.INTER_AREA)).all()


def test_extrema_are_places_with_contrast_that_no_neighbour_exceeds_in_the_order_of_the_rules(luma):
    for number in range(len(scale_space(luma).shapes)):
        blurred = scale_space(luma).octave(number)
        differences = blurred[1:] - blurred[:-1]
        slowly = []
        for layer in range(1, LAYERS + 1):
            for sign in (1, -1):
                for row in range(2, blurred.shape[1] - 2):
                    for column in range(2, blurred.shape[2] - 2):
                        around = sign * differences[layer - 1 : layer + 2, row - 1 : row + 2, column - 1 : column + 2]
                        if around[1, 1, 1] >= max(1.0, around.max()):
                            slowly.append([layer, row, column])

        assert extrema.found(blurred).tolist() == slowly
        assert slowly or number


def test_flatness_counts_what_lies_around_a_place(luma):
    luma[:90, :120] = 77
    random = np.random.default_rng(2)
    x, y, sigma = (random.uniform(low, high, 80).astype(np.float32) for low, high in ((0, 301), (0, 203), (1, 20)))
    grey, square = luma.astype(np.uint8), np.ones((3, 3), np.uint8)
    still = cv2.dilate(grey, square) - cv2.erode(grey, square) <= 2

    told = ground.flatness(ground.ground(luma), x, y, sigma)

    def edges(place, reach, last):
        low, high = (int(np.clip(np.rint(np.float32(place / 8) + turn * reach), 0, last)) for turn in (-1, 1))
        return 8 * min(low, last - 1), 8 * min(max(high, low + 1), last)

    for n in range(80):
        reach = np.float32(np.float32(12) * sigma[n] / 8)
        left, right = edges(x[n], reach, 38)
        top, bottom = edges(y[n], reach, 26)
        counts = np.bincount(grey[top:bottom, left:right].ravel() >> 2, minlength=64)
        flat = ((counts[1:] + counts[:-1]).max() + 0.5 * still[top:bottom, left:right].sum()) / counts.sum()
        assert told[n] == np.float32(flat)


@as_on_x86
def test_directions_are_counted_as_opencv_reads_and_turns_them(luma):
    space = scale_space(luma)
    random = np.random.default_rng(3)
    x, y, sigma = (random.uniform(low, high, 90).astype(np.float32) for low, high in ((0, 301), (0, 203), (1.6, 2)))
    points = Keypoints(x, y, sigma, x, x)
    layer = np.rint(3 * np.log2(sigma / 1.6)).astype(int)

    told = directions.orientation_histograms(points, space)

    for n in range(90):
        across, down = np.meshgrid(*[v + sigma[n] * directions.PLACES for v in (x[n], y[n])])
        read = cv2.remap(space.octave(0)[layer[n]], across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        dx, dy = (read[1:-1, 2:] - read[1:-1, :-2]).reshape(1, -1), (read[2:, 1:-1] - read[:-2, 1:-1]).reshape(1, -1)
        strength, angle = cv2.cartToPolar(dx, dy)
        bins = (angle * (36 / (2 * np.pi))).astype(int).ravel() % 36
        votes = np.bincount(bins, (strength.ravel() * directions.WEIGHTS.ravel()), 36)
        assert (told[n] == votes.astype(np.float32)).all()


def places_of(steps, *, alone):
    """Where the columns (or rows) of patches lie: not by a product of matrices, which BLAS rounds as it pleases."""
    column, row = patches.PLACES[None, None, :], patches.PLACES[None, :, None]
    along, down, start = (steps[:, n, None, None] for n in range(3))
    if alone:
        return along * column + down * row + start
    once = down.astype(np.float64) * row + (along * column)  # exact up to here: rounded once, below
    return once.astype(np.float32) + start


@as_on_x86
def test_patches_are_read_as_opencv_reads_them(luma):
    points = keypoints(luma, 60)
    levels = patches.pyramid(luma)
    level = np.clip(np.floor(2 * np.log2(points.sigma * (13 / 32))), 0, len(levels.starts) - 1).astype(int)
    one_of_the_first_level = (level > 0) | (np.arange(len(level)) == np.argmin(level))
    points, level = points[one_of_the_first_level], level[one_of_the_first_level]

    squares, deviations = patches.upright_patches(luma, points)

    assert 1 in np.bincount(level)
    for each in np.unique(level):
        here = points[level == each]
        height, width = levels.shapes[each]
        picture = levels.memory[levels.starts[each] :][: height * width].reshape(height, width)
        cosine, sine = np.cos(here.angle) * here.sigma, np.sin(here.angle) * here.sigma
        sx, sy = float(width / 301), float(height / 203)
        right = np.stack([sx * cosine, -sx * sine, sx * (here.x + 0.5) - 0.5], 1).astype(np.float32)
        under = np.stack([sy * sine, sy * cosine, sy * (here.y + 0.5) - 0.5], 1).astype(np.float32)
        places = [places_of(steps, alone=len(here) == 1).reshape(-1, 32) for steps in (right, under)]
        read = cv2.remap(picture, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).reshape(-1, 32, 32)
        assert (squares[level == each] == read).all()
        assert deviations[level == each] == pytest.approx(read.std(axis=(1, 2)), rel=1e-5)
