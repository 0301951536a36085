"""The hashing twin in a real Chromium: bit for bit Python's on the same pixels, close to it on the same file."""

import base64
import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page

from matchers import Fingerprint, fingerprint
from matchers.fingerprint import LOWEST_QUALITY, SMALLEST_SIDE, VERSION
from matchers.hashes import pdq
from matchers.pixels import shown
from portal.web.app import Settings
from tests.portal.pictures import display_p3, image, pixels, saved
from tests.portal.served import serving

pytestmark = pytest.mark.browser

TOLERATED = 10
"""Bits of 256 that browser and Python may differ by on one file: decoders round differently."""

SIZES = [(64, 64), (65, 64), (64, 65), (127, 128), (128, 129), (257, 129), (320, 240), (5, 5), (7, 300), (640, 480)]


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of the portal, from which its modules can be imported."""
    with serving(tmp_path_factory.mktemp("portal"), Settings()) as portal:
        page = browser.new_page(base_url=portal.url)
        page.goto("/")
        yield page
        page.close()


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


def of_file(page: Page, file: bytes) -> dict[str, Any]:
    """Return what the twin makes of a file: {fingerprint, weak}, or {reason}."""
    answer: dict[str, Any] = page.evaluate(
        """async (text) => {
            const { fingerprint } = await import("/static/hashing/fingerprint.js");
            const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
            return fingerprint(new Blob([bytes])).catch(({ reason }) => ({ reason }));
        }""",
        base64.b64encode(file).decode(),
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


def exif(turn: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = turn
    return tags.tobytes()


def with_hole(seed: int) -> Image.Image:
    y, x = np.mgrid[0:240, 0:320]
    alpha = (np.clip(np.hypot(x - 160, y - 120) / 160, 0, 1) * 255).astype(np.uint8)
    return Image.merge("RGBA", (*image(seed).split(), Image.fromarray(alpha)))


def transparent_palette(seed: int) -> bytes:
    small = image(seed).quantize(60)
    return saved(small, "PNG", transparency=7)


FILES: dict[str, Callable[[], bytes]] = {
    **{f"jpeg turned {turn}": lambda turn=turn: saved(image(turn), "JPEG", exif=exif(turn)) for turn in range(1, 9)},
    "jpeg of low quality": lambda: saved(image(11), "JPEG", quality=25),
    "jpeg of full colour": lambda: saved(image(12), "JPEG", subsampling=0, quality=95),
    "jpeg, progressive": lambda: saved(image(13), "JPEG", progressive=True),
    "jpeg, grey": lambda: saved(image(14).convert("L"), "JPEG"),
    "jpeg, four inks": lambda: saved(image(15).convert("CMYK"), "JPEG", quality=95),
    "jpeg with a wide profile": lambda: saved(image(16), "JPEG", icc_profile=display_p3()),
    "jpeg of 6 megapixels": lambda: saved(image(17, 3000, 2000), "JPEG"),
    "jpeg of 6 megapixels, turned": lambda: saved(image(17, 3001, 2003), "JPEG", exif=exif(6)),
    "png": lambda: saved(image(18)),
    "png, see-through": lambda: saved(with_hole(19)),
    "png with a palette": lambda: saved(image(20).quantize(64)),
    "png with a see-through palette": lambda: transparent_palette(21),
    "png, grey with alpha": lambda: saved(with_hole(22).convert("LA")),
    "png of 16 bit grey": lambda: saved(Image.fromarray(np.asarray(image(23).convert("L")).astype(np.uint16) * 257)),
    "png, turned": lambda: saved(image(24), exif=exif(6)),
    "webp": lambda: saved(image(25), "WEBP", quality=80),
    "webp, exact": lambda: saved(image(26), "WEBP", lossless=True),
    "webp, see-through": lambda: saved(with_hole(27), "WEBP", quality=80),
    "gif": lambda: saved(image(28), "GIF"),
    "bmp": lambda: saved(image(29), "BMP"),
    "avif": lambda: saved(image(30), "AVIF", quality=80),
}


@pytest.mark.parametrize("name", FILES)
def test_the_same_file_gives_nearly_the_same_hash(page: Page, name: str) -> None:
    file = FILES[name]()
    ours = fingerprint(file, whole_only=True)
    theirs = Fingerprint.from_json(of_file(page, file)["fingerprint"])
    distances = [mine.distance(other) for mine, other in zip(ours.whole, theirs.whole, strict=True)]

    assert (theirs.version, theirs.width, theirs.height) == (ours.version, ours.width, ours.height)
    assert max(distances) <= TOLERATED, f"{name}: {distances}"


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


def test_the_pictures_of_this_test_are_as_many_as_it_says() -> None:
    """A couple of dozen kinds of files, each really decodable."""
    assert len(FILES) >= 24
    for make in FILES.values():
        assert Image.open(io.BytesIO(make())).size


def test_the_rules_are_the_same_numbers_as_pythons(page: Page) -> None:
    rules = page.evaluate("async () => ({ ...(await import('/static/hashing/rules.js')) })")

    assert rules["VERSION"] == VERSION
    assert rules["SMALLEST_SIDE"] == SMALLEST_SIDE
    assert rules["LOWEST_QUALITY"] == LOWEST_QUALITY
