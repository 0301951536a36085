"""Of all sizes of a picture, the one worth fetching."""

import pytest

from crawler.images.srcset import Size, best, sizes


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("a.jpg", "a.jpg"),
        ("a.jpg 1x, b.jpg 2x", "b.jpg"),
        ("a.jpg 4x, b.jpg 3x", "b.jpg"),
        ("a.jpg 400w, b.jpg 1280w, c.jpg 9000w", "b.jpg"),
        ("a.jpg 400w, b.jpg 500w", "b.jpg"),
        ("a,b.jpg 400w, c,d.jpg 500w", "c,d.jpg"),
        ("data:image/png;base64,AAAA 1x, b.jpg 2x", "b.jpg"),
        ("a.jpg, b.jpg 2x", "b.jpg"),
        ("a.jpg 2x,b.jpg 1x", "a.jpg"),
        ("a.jpg (odd, brackets) 1x, b.jpg 2x", "b.jpg"),
        ("\n\t a.jpg\n 1x \n,\n b.jpg 2x\n", "b.jpg"),
        ("", None),
        (" , ,", None),
    ],
)
def test_the_best_size_is_the_smallest_that_is_large_enough(written, address):
    assert best(sizes(written)) == address


def test_an_endless_srcset_ends():
    assert len(list(sizes("a.jpg 1x, " * 100_000))) == 200


def test_widths_go_before_densities():
    assert best([Size("x3", density=3.0), Size("w", width=300)]) == "w"
