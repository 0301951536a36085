"""What every hash file keeps to; it runs over all that are there, the next one too."""

import pkgutil

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from matchers import ImageHash, hashes
from matchers.hashes import phash

FILES = hashes.hash_files()


@pytest.fixture(params=sorted(FILES))
def file(request):
    return FILES[request.param]


def test_every_file_in_the_folder_is_a_hash_of_its_own_name():
    assert {found.name for found in pkgutil.iter_modules(hashes.__path__)} == set(FILES)


def test_a_hash_says_what_it_is_and_has_as_many_bits_as_it_says(file, draw_pixels):
    made = file.compute(draw_pixels(1, 320, 240))

    assert (made.algorithm, made.version, len(made.bits) * 8) == (file.ALGORITHM, file.VERSION, file.BITS)


def test_the_same_pixels_give_the_same_hash_and_are_not_changed(file, draw_pixels):
    pixels = draw_pixels(2, 320, 240)
    before = pixels.copy()

    assert file.compute(pixels) == file.compute(pixels)
    assert np.array_equal(pixels, before)


def test_a_smaller_copy_is_near_and_another_picture_is_far(file, draw):
    picture = draw(5)
    copy = file.compute(np.asarray(picture.resize((400, 300))))

    assert copy.distance(file.compute(np.asarray(picture))) <= file.BITS * 0.1
    assert copy.distance(file.compute(np.asarray(draw(6)))) >= file.BITS * 0.25


def test_hexadecimal_keeps_leading_zeros_and_comes_back(file):
    zeros = ImageHash(file.ALGORITHM, file.VERSION, bytes(file.BITS // 8))

    assert zeros.hex == "0" * (file.BITS // 4)
    assert ImageHash.from_hex(file.ALGORITHM, file.VERSION, zeros.hex) == zeros


def test_hashes_of_different_kinds_cannot_be_compared(file):
    mine = ImageHash(file.ALGORITHM, file.VERSION, bytes(file.BITS // 8))

    for other in (ImageHash("other", mine.version, mine.bits), ImageHash(mine.algorithm, "0", mine.bits)):
        with pytest.raises(ValueError, match="cannot compare"):
            mine.distance(other)


def test_the_distance_is_the_number_of_bits_that_differ():
    assert ImageHash("a", "1", b"\x0f\x00").distance(ImageHash("a", "1", b"\x00\x01")) == 5


def test_phash_is_imagehash_s_own_and_of_a_large_picture_within_two_bits(draw):
    small, large = draw(9, 200, 150), draw(9)

    assert phash.compute(np.asarray(small)).hex == str(imagehash.phash(small))
    theirs = ImageHash.from_hex(phash.ALGORITHM, phash.VERSION, str(imagehash.phash(large)))
    assert phash.compute(np.asarray(large)).distance(theirs) <= 2


@pytest.mark.parametrize("size", [(64, 64), (90, 200), (320, 240), (700, 400), (1279, 650)])
def test_phash_of_grey_levels_is_imagehash_s_after_the_same_averaging(size, draw):
    random = np.random.default_rng(3)
    half = random.integers(0, 256, (size[1], size[0] // 2), dtype=np.uint8)
    for pixels in (np.asarray(draw(4, *size).convert("L")), np.concatenate([half, half[:, ::-1]], axis=1)):
        image = Image.fromarray(pixels)
        averaged = image.reduce((max(1, image.width // 128), max(1, image.height // 128)))

        assert phash.compute(pixels).hex == str(imagehash.phash(averaged))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 999), st.integers(33, 1100), st.integers(33, 1100), st.booleans(), st.integers(1, 60))
def test_phash_of_any_size_is_imagehash_s_after_the_same_averaging(seed, height, width, coloured, coarse):
    random = np.random.default_rng(seed)
    shape = (-(-height // coarse), -(-width // coarse), 3)
    pixels = random.integers(0, 256, shape, dtype=np.uint8).repeat(coarse, 0).repeat(coarse, 1)[:height, :width]
    pixels = np.ascontiguousarray(pixels if coloured else pixels[:, :, 0])
    averaged = Image.fromarray(pixels).reduce((max(1, width // 128), max(1, height // 128)))

    assert phash.compute(pixels).hex == str(imagehash.phash(averaged))


@pytest.mark.parametrize(
    ("name", "turn"),
    [
        ("rotated-90", Image.Transpose.ROTATE_90),
        ("rotated-180", Image.Transpose.ROTATE_180),
        ("rotated-270", Image.Transpose.ROTATE_270),
        ("flipped-vertically", Image.Transpose.FLIP_TOP_BOTTOM),
        ("flipped-horizontally", Image.Transpose.FLIP_LEFT_RIGHT),
        ("flipped-diagonal", Image.Transpose.TRANSPOSE),
        ("flipped-antidiagonal", Image.Transpose.TRANSVERSE),
    ],
)
def test_phash_can_be_turned_to_within_a_few_bits(name, turn, draw):
    picture = draw(9)

    turned = phash.turned(phash.compute(np.asarray(picture)), name)

    assert turned.distance(phash.compute(np.asarray(picture.transpose(turn)))) <= 6
