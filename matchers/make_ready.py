"""Make all machine code now, so that no first start waits for it: `python -m matchers.make_ready`, as a set-up does."""

from uuid import UUID

import numpy as np
from PIL import Image, ImageDraw

from matchers import Fingerprint, Index
from matchers.decode import Picture
from matchers.fingerprint import of_picture
from matchers.warming import warm_up

PICTURES = 16
"""So many have more patches than are compared one by one: what large collections are searched with is used, too."""


def make_ready() -> None:
    """Use everything once: fingerprints of drawn pictures, and a search among them. What is kept is not made again."""
    warm_up()
    index, pictures = Index(), [drawn(seed) for seed in range(PICTURES)]
    for number, picture in enumerate(pictures):
        index.add(UUID(int=number), picture)
    if [found.enrolment.int for found in index.search(pictures[-1])][:1] != [PICTURES - 1]:
        raise RuntimeError("a drawn picture was not found again: this machine computes otherwise than it should")


def drawn(seed: int) -> Fingerprint:
    """Return the fingerprint of some hundred discs."""
    random, image = np.random.default_rng(seed), Image.new("L", (640, 480), 128)
    draw = ImageDraw.Draw(image)
    for x, y, size, grey in random.integers((0, 0, 3, 0), (640, 480, 30, 256), (900, 4)).tolist():
        draw.ellipse((x, y, x + size, y + size), fill=grey)
    return of_picture(Picture(np.asarray(image), *image.size, frozenset()))


if __name__ == "__main__":
    make_ready()
