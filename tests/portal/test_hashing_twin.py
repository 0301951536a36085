"""The hashing twin in a real Chromium: bit for bit Python's on the same pixels, close to it on the same file."""

import base64
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

from matchers import Fingerprint, fingerprint
from matchers.fingerprint import LOWEST_QUALITY, SMALLEST_SIDE, VERSION
from matchers.hashes import pdq
from matchers.pixels import shown
from tests.matchers.regions.conftest import drawn as clouds
from tests.portal.hard_files import FILES
from tests.portal.pictures import image, pixels, saved
from tests.portal.twin import found_again, of_file

pytestmark = pytest.mark.browser

TOLERATED, WITNESS_TOLERATED = 10, 6
"""Bits of PDQ (of 256) and phash (of 64) that may differ on one file: decoders round differently."""

SIZES = [(64, 64), (65, 64), (64, 65), (127, 128), (128, 129), (257, 129), (320, 240), (5, 5), (7, 300), (640, 480)]


def in_browser(page: Page, data: NDArray[np.uint8]) -> dict[str, Any]:
    """Return what the twin makes of RGB pixels."""
    height, width, _ = data.shape
    rgba = np.dstack([data, np.full((height, width, 1), 255, np.uint8)])
    answer: dict[str, Any] = page.evaluate(
        """async ([text, width, height]) => {
            const { pdq } = await import("/static/hashing/pdq.js");
            return pdq({ data: Uint8ClampedArray.from(atob(text), (c) => c.charCodeAt(0)), width, height });
        }""",
        [base64.b64encode(rgba.tobytes()).decode(), width, height],
    )
    return answer


@pytest.mark.parametrize("kind", ["picture", "noise", "mirror-symmetric", "flat", "ramp"])
def test_the_same_pixels_give_the_same_bits(page: Page, kind: str) -> None:
    """Also for symmetric and flat pictures, where half the frequencies are rounding errors around zero."""
    for seed, (width, height) in enumerate(SIZES):
        data = drawn(kind, seed, width, height)
        hashes, quality = pdq.all_orientations(data)

        assert in_browser(page, data) == {"quality": quality, "hashes": [each.hex for each in hashes]}, (
            f"{kind} {width} x {height}"
        )


def test_big_pictures_are_made_smaller_in_the_same_way(page: Page) -> None:
    for width, height in ((1024, 700), (1537, 1200), (3000, 520), (511, 1999)):
        data = pixels(3, width, height)
        small, _ = shown(Image.fromarray(data))
        made = of_file(page, saved(Image.fromarray(data)))["fingerprint"]
        hashes, quality = pdq.all_orientations(small)

        assert list(made["pdq"].values()) == [each.hex for each in hashes]
        assert (made["width"], made["height"], made["quality"]) == (width, height, quality)


def test_the_orientations_have_the_names_and_order_of_matchers(page: Page) -> None:
    names = page.evaluate(
        "async () => (await import('/static/hashing/orientations.js')).ORIENTATIONS.map((o) => o.name)"
    )

    assert tuple(names) == pdq.ORIENTATIONS


STATED = {"jpeg, a strip": 20, "avif, see-through": 16}
"""Bits of PDQ by which these kinds may differ, all others by `TOLERATED`: very unlike sides magnify roundings, and the
colours of see-through AVIF are read by two decoders in two ways."""


@pytest.mark.parametrize("name", FILES)
def test_the_same_file_gives_nearly_the_same_fingerprint(page: Page, name: str) -> None:
    """The whole and the parts: nine of ten of Python's patches are there within a pixel and 16 bits."""
    file = FILES[name]()
    ours, theirs = fingerprint(file), Fingerprint.from_json(of_file(page, file)["fingerprint"])
    distances = [mine.distance(other) for mine, other in zip(ours.whole, theirs.whole, strict=True)]
    assert ours.witness
    assert theirs.witness

    assert (theirs.version, theirs.width, theirs.height) == (ours.version, ours.width, ours.height)
    assert theirs.flags == ours.flags - {"animated"}
    assert max(distances) <= STATED.get(name, TOLERATED), f"{name}: {distances}"
    assert ours.witness.distance(theirs.witness) <= WITNESS_TOLERATED
    assert (ours.regions is None) == (theirs.regions is None)
    if ours.regions is not None and theirs.regions is not None:
        assert found_again(ours.regions, theirs.regions) >= (0.4 if name in STATED else 0.9)


def test_files_that_cannot_be_used_are_named(page: Page) -> None:
    flat = saved(Image.new("RGB", (300, 200), "teal"))
    tiny = saved(image(1, 60, 200))

    assert of_file(page, flat) == {"reason": "flat"}
    assert of_file(page, tiny) == {"reason": "tiny"}
    assert of_file(page, b"%PDF-1.7 this is no picture") == {"reason": "unreadable"}
    assert of_file(page, b"<svg xmlns='http://www.w3.org/2000/svg' width='99' height='99'/>") == {
        "reason": "unreadable"
    }


def test_a_browser_that_falsifies_what_is_read_back_is_noticed(page: Page) -> None:
    """A little noise is harmless and tolerated; other pixels altogether are not."""

    def reads_truly(change: str) -> bool:
        return bool(
            page.evaluate(
                """async (change) => {
                    const { readsBackTruly } = await import("/static/hashing/canvas.js");
                    const kind = OffscreenCanvasRenderingContext2D.prototype;
                    const real = kind.getImageData;
                    kind.getImageData = function (...place) {
                        const read = real.apply(this, place);
                        const any = () => Math.random() * 256;
                        const alter = { none: (v) => v, noise: (v, i) => v ^ (i & 1), random: any }[change];
                        read.data.forEach((value, index) => (read.data[index] = alter(value, index)));
                        return read;
                    };
                    const said = readsBackTruly();
                    kind.getImageData = real;
                    return said;
                }""",
                change,
            )
        )

    assert [reads_truly(change) for change in ("none", "noise", "random")] == [True, True, False]


def test_the_little_noise_that_is_tolerated_hardly_changes_the_numbers(page: Page) -> None:
    """Some browsers change the last bits of what is read, to protect from tracking: such a photo is still found."""
    file = saved(Image.fromarray(clouds(5)))
    page.evaluate(
        """() => {
            const kind = OffscreenCanvasRenderingContext2D.prototype;
            globalThis.real = kind.getImageData;
            kind.getImageData = function (...place) {
                const read = globalThis.real.apply(this, place);
                const noise = () => Math.round(Math.random() * 6 - 3);
                read.data.forEach((value, at) => (read.data[at] = at % 4 < 3 ? value + noise() : 255));
                return read;
            };
        }"""
    )
    try:
        noisy = Fingerprint.from_json(of_file(page, file)["fingerprint"])
    finally:
        page.evaluate("() => (OffscreenCanvasRenderingContext2D.prototype.getImageData = globalThis.real)")
    ours = fingerprint(file)

    assert noisy != ours
    assert noisy.regions
    assert ours.regions
    assert noisy.whole[0].distance(ours.whole[0]) <= TOLERATED
    assert found_again(ours.regions, noisy.regions) >= 0.8


def drawn(kind: str, seed: int, width: int, height: int) -> NDArray[np.uint8]:
    """Return RGB pixels of one kind."""
    if kind == "noise":
        return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    if kind == "flat":
        return np.full((height, width, 3), 137, np.uint8)
    if kind == "ramp":
        ramp = (np.arange(width) * 255 / width).astype(np.uint8)
        return np.ascontiguousarray(np.broadcast_to(ramp[None, :, None], (height, width, 3)))
    data = pixels(seed, width, height)
    if kind == "mirror-symmetric":
        return ((data.astype(int) + data[:, ::-1]) // 2).astype(np.uint8)
    return data


def test_the_files_of_this_test_are_as_many_as_the_page_says() -> None:
    assert len(FILES) == 63


def test_the_rules_are_the_same_numbers_as_pythons(page: Page) -> None:
    rules = page.evaluate("async () => ({ ...(await import('/static/hashing/rules.js')) })")

    assert rules["VERSION"] == VERSION
    assert rules["SMALLEST_SIDE"] == SMALLEST_SIDE
    assert rules["LOWEST_QUALITY"] == LOWEST_QUALITY
