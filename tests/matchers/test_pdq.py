"""PDQ agrees with the reference implementation on every bit, in all eight orientations."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from matchers.hashes import pdq

VECTORS = json.loads((Path(__file__).parent / "vectors" / "pdq.json").read_text())
TURNS = {
    "rotated-90": Image.Transpose.ROTATE_90,
    "rotated-180": Image.Transpose.ROTATE_180,
    "rotated-270": Image.Transpose.ROTATE_270,
    "flipped-vertically": Image.Transpose.FLIP_TOP_BOTTOM,
    "flipped-horizontally": Image.Transpose.FLIP_LEFT_RIGHT,
    "flipped-diagonal": Image.Transpose.TRANSPOSE,
    "flipped-antidiagonal": Image.Transpose.TRANSVERSE,
}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['width']}x{vector['height']}")
def test_every_bit_and_the_quality_are_those_of_the_reference(vector: dict[str, Any], draw_pixels):
    pixels = draw_pixels(vector["seed"], vector["width"], vector["height"])
    assert pixels.reshape(-1, 3)[:4].tolist() == vector["first_pixels"]

    hashes, quality = pdq.all_orientations(pixels)

    assert [part.hex for part in hashes] == vector["hashes"]
    assert quality == vector["quality"]


@pytest.mark.parametrize("name", TURNS)
def test_each_orientation_is_the_hash_of_the_picture_turned_that_way(name, draw):
    image = draw(3, 320, 320)  # cells and windows of odd width: the same seen from every side

    hashes, _ = pdq.all_orientations(np.asarray(image))
    turned = pdq.compute(np.asarray(image.transpose(TURNS[name])))

    assert turned.distance(hashes[pdq.ORIENTATIONS.index(name)]) <= 2  # sums in another order round differently


def test_a_flat_picture_has_quality_zero():
    assert pdq.all_orientations(np.full((300, 200, 3), 128, np.uint8))[1] == 0


@pytest.mark.parametrize("shape", [(4, 400, 3), (4, 400), (400, 400, 4)])
def test_what_pdq_is_not_made_for_is_refused(shape):
    with pytest.raises(ValueError, match="5 x 5"):
        pdq.all_orientations(np.zeros(shape, np.uint8))
