"""Region hashes in a real Chromium: Python's on the same pixels, and found where only a part of the photo is left."""

import base64
from collections.abc import Callable
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

from matchers import Fingerprint, Index, fingerprint
from matchers.hashes import phash
from matchers.regions import kept, regions
from matchers.regions.kept import Regions
from tests.matchers.regions.conftest import drawn
from tests.portal.pictures import saved
from tests.portal.twin import of_file

pytestmark = pytest.mark.browser

Pixels = NDArray[np.uint8]
Box = tuple[float, float, float, float]
SAME_SHARE = 0.99
"""Of the patches, to the byte: all of them where the processor has fused multiply-add, which OpenCV then uses."""

# Enlarged, shrunk, upright, with odd sides that fill no register, a strip, and blocks that leave no rest.
SIZES = [(640, 480), (427, 640), (333, 251), (1001, 779), (100, 130), (1270, 101), (640, 1278), (600, 600)]


def in_browser(page: Page, pixels: Pixels, head: Box | None = None) -> tuple[Regions | None, str]:
    """Return the twin's regions of RGB pixels, and its phash."""
    height, width, _ = pixels.shape
    rgba = np.dstack([pixels, np.full((height, width, 1), 255, np.uint8)])
    patches, witness = page.evaluate(
        """async ([text, width, height, head]) => {
            const [{ regions }, { phash }] = await Promise.all(
                ["regions", "phash"].map((name) => import(`/static/hashing/${name}.js`)));
            const pixels = { data: Uint8ClampedArray.from(atob(text), (c) => c.charCodeAt(0)), width, height };
            const patches = regions(pixels, width, height, head);
            return [patches && Array.from(patches), phash(pixels)];
        }""",
        [base64.b64encode(rgba.tobytes()).decode(), width, height, head],
    )
    return Regions.from_bytes(bytes(patches)) if patches else None, witness


def same_share(ours: Regions, theirs: Regions) -> float:
    """Return the share of patches equal to the byte, in their order."""
    assert (theirs.width, theirs.height, len(theirs)) == (ours.width, ours.height, len(ours))
    return float(np.mean([one.tobytes() == other.tobytes() for one, other in zip(ours.rows, theirs.rows, strict=True)]))


@pytest.mark.parametrize("size", SIZES)
def test_the_same_pixels_give_the_same_patches_and_second_hash(page: Page, size: tuple[int, int]) -> None:
    pixels = drawn(sum(size), *size)
    ours, (theirs, witness) = regions.regions(pixels, *size), in_browser(page, pixels)

    assert ours is not None
    assert theirs is not None
    assert len(ours) > 50
    assert same_share(ours, theirs) >= SAME_SHARE
    assert witness == phash.compute(pixels).hex


def test_a_marked_head_comes_first_there_too(page: Page) -> None:
    pixels, head = drawn(3), (0.4, 0.2, 0.2, 0.3)
    ours, (theirs, _) = regions.regions(pixels, 640, 480, head), in_browser(page, pixels, head)

    assert ours is not None
    assert theirs is not None
    assert same_share(ours, theirs) >= SAME_SHARE
    assert ours != regions.regions(pixels, 640, 480)


def test_flat_ground_has_no_patches_there_either(page: Page) -> None:
    assert in_browser(page, np.full((300, 400, 3), 90, np.uint8))[0] is None


def half(photo: Pixels) -> Pixels:
    return photo[:, : photo.shape[1] // 2]


def collage(photo: Pixels) -> Pixels:
    """Nine pictures, ours among them."""
    tiles = [np.asarray(Image.fromarray(drawn(seed)).resize((320, 240))) for seed in range(50, 59)]
    tiles[4] = np.asarray(Image.fromarray(photo).resize((320, 240)))
    return np.vstack([np.hstack(tiles[row : row + 3]) for row in (0, 3, 6)])


def composite(photo: Pixels) -> Pixels:
    """A part cut out, turned by a few degrees, and set into another picture."""
    part = Image.fromarray(photo[100:380, 200:480]).rotate(8, resample=Image.Resampling.BICUBIC, expand=False)
    scene = Image.fromarray(drawn(70, 900, 700))
    scene.paste(part.crop((30, 30, 250, 250)).resize((280, 280)), (400, 250))
    return np.asarray(scene)


@pytest.mark.parametrize(
    ("edit", "kinds"), [(half, {"cropped"}), (collage, {"region"}), (composite, {"composite", "region"})]
)
def test_a_photo_enrolled_in_the_browser_is_found_by_a_part(
    page: Page, edit: Callable[[Pixels], Pixels], kinds: set[str]
) -> None:
    photo = drawn(1)
    enrolled = Index()
    enrolled.add(UUID(int=1), Fingerprint.from_json(of_file(page, saved(Image.fromarray(photo)))["fingerprint"]))
    enrolled.add(UUID(int=2), fingerprint(saved(Image.fromarray(drawn(2)))))

    [candidate] = enrolled.search(fingerprint(saved(Image.fromarray(edit(photo)), "JPEG", quality=80)))

    assert candidate.enrolment == UUID(int=1)
    assert candidate.kind in kinds


def test_the_rules_of_regions_are_pythons(page: Page) -> None:
    rules = page.evaluate("async () => ({ ...(await import('/static/hashing/rules.js')) })")

    assert rules["REGIONS_VERSION"] == kept.VERSION
    assert rules["SMALLEST_WITH_REGIONS"] == kept.SMALLEST_PX
    assert rules["LARGEST_WORKING"] == kept.LONG_SIDE_PX
