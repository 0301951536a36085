"""Untrusted bytes become pixels under fixed rules, or a named refusal; nothing else leaves the decoder."""

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile

from matchers import Unhashable
from matchers.decode import MAX_BYTES, decode
from matchers.errors import SENTENCES
from matchers.pixels import KEPT_SIDE


def reason(untrusted: bytes) -> str:
    with pytest.raises(Unhashable) as refusal:
        decode(untrusted)
    assert str(refusal.value) == SENTENCES[refusal.value.reason]
    return refusal.value.reason


def difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def like(pixels: np.ndarray, picture: Image.Image) -> np.ndarray:
    """The picture in colours or in grey, as the pixels are."""
    return np.asarray(picture if pixels.ndim == 3 else picture.convert("L"))


def test_a_jpeg_is_decoded_to_its_brightness_unless_a_profile_moves_its_colours(draw, save):
    from PIL import ImageCms

    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    picture = draw(1, 400, 300)

    assert decode(save(picture, "JPEG")).pixels.ndim == 2
    assert decode(save(picture, "JPEG", icc_profile=srgb)).pixels.ndim == 2
    assert decode(save(picture, "JPEG", icc_profile=lab)).pixels.ndim == 3
    assert decode(save(picture, "PNG")).pixels.ndim == 3


@pytest.mark.parametrize("size", [(64, 64), (401, 299), (640, 1279), (1300, 700), (97, 1500), (1281, 1290)])
@pytest.mark.parametrize("told", [{}, {"progressive": True}, {"cut": 0.7}], ids=["whole", "progressive", "cut"])
def test_brightness_is_to_the_last_level_what_pillow_decodes(size, told, draw, save, monkeypatch):
    cut = told.get("cut", 1)
    picture = draw(1, 200, 150).resize(size)
    for each in (picture, picture.convert("L")):
        untrusted = save(each, "JPEG", progressive=told.get("progressive", False))
        untrusted = untrusted[: int(len(untrusted) * cut)]

        seen = decode(untrusted)

        with monkeypatch.context() as changed:
            changed.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", cut < 1)
            image = Image.open(io.BytesIO(untrusted))
            image.draft("L", (KEPT_SIDE, KEPT_SIDE))
            expected = image.reduce((max(1, image.width // KEPT_SIDE), max(1, image.height // KEPT_SIDE)))
        assert np.array_equal(seen.pixels, np.asarray(expected))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP"])
def test_every_allowed_format_gives_the_picture(format, draw, save):
    picture = draw(1, 400, 300)

    seen = decode(save(picture, format))

    assert (seen.width, seen.height, seen.pixels.shape[:2], seen.flags) == (400, 300, (300, 400), frozenset())
    assert difference(seen.pixels, like(seen.pixels, picture)) < 8


@pytest.mark.parametrize(
    "untrusted",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b"%PDF-1.7",
        b"II*\0\x08\0\0\0\0\0",
        b"hello",
    ],
    ids=["svg", "eps", "pdf", "tiff", "text"],
)
def test_other_formats_are_not_even_opened(untrusted):
    assert reason(untrusted) == "format"


def test_an_empty_file_is_named():
    assert reason(b"") == "empty"


def test_a_file_above_the_limit_is_not_opened():
    assert reason(bytes(MAX_BYTES + 1)) == "too-heavy"


def test_exif_orientation_is_applied_and_swaps_the_sides(draw, save):
    picture = draw(2, 400, 300)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it a quarter turn clockwise

    seen = decode(save(picture, "PNG", exif=exif))

    assert (seen.width, seen.height) == (300, 400)
    assert np.array_equal(seen.pixels, np.asarray(picture.transpose(Image.Transpose.ROTATE_270)))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_exif_is_passed_over_as_browsers_do(draw, save):
    assert decode(save(draw(2), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")).width == 800


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_what_is_transparent_shows_white(format, draw, save):
    picture = draw(3, 200, 100).convert("RGBA")
    picture.putalpha(Image.new("L", picture.size, 0))

    assert decode(save(picture, format)).pixels.min() == 255


def test_half_transparent_pixels_are_mixed_with_white(save):
    seen = decode(save(Image.new("RGBA", (100, 100), (0, 0, 0, 128)), "PNG"))

    assert np.unique(seen.pixels).tolist() == [127]


def test_a_transparent_colour_of_a_palette_shows_white(save):
    picture = Image.new("P", (100, 100), 7)
    picture.putpalette([0] * 768)

    assert decode(save(picture, "PNG", transparency=7)).pixels.min() == 255


def test_a_colour_profile_is_converted_to_srgb(save):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    linear = srgb.replace(b"\x00\x02\x66\x66", b"\x00\x01\x00\x00")  # its curve's exponent: 2.4 becomes 1
    grey = Image.new("RGB", (100, 100), (60, 120, 180))

    assert difference(decode(save(grey, "PNG", icc_profile=srgb)).pixels, np.asarray(grey)) <= 1
    assert difference(decode(save(grey, "PNG", icc_profile=linear)).pixels, np.asarray(grey)) > 5


def test_a_profile_that_is_broken_or_for_other_colours_counts_as_srgb(draw, save):
    picture = draw(4, 200, 150)
    not_rgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()

    for profile in (b"nonsense", not_rgb):
        assert np.array_equal(decode(save(picture, "PNG", icc_profile=profile)).pixels, np.asarray(picture))


def test_a_profile_that_is_srgb_in_other_words_leaves_the_pixels_as_they_are(draw, save):
    picture = draw(4, 200, 150)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    assert np.array_equal(decode(save(picture, "PNG", icc_profile=srgb)).pixels, np.asarray(picture))


def test_a_profile_seen_before_gives_the_pixels_that_it_gave_the_first_time(draw, save):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    linear = srgb.replace(b"\x00\x02\x66\x66", b"\x00\x01\x00\x00")
    picture = draw(4, 200, 150)
    expected = ImageCms.profileToProfile(picture, io.BytesIO(linear), ImageCms.createProfile("sRGB"), outputMode="RGB")

    for _ in range(2):
        assert np.array_equal(decode(save(picture, "PNG", icc_profile=linear)).pixels, np.asarray(expected))


def test_what_has_an_alpha_channel_but_is_opaque_keeps_its_colours(draw, save):
    picture = draw(3, 200, 100)

    assert np.array_equal(decode(save(picture.convert("RGBA"), "PNG")).pixels, np.asarray(picture))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_every_mode_becomes_rgb_that_looks_the_same(mode, draw, save):
    grey = draw(5, 300, 200).convert("L")
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    else:
        picture = grey.convert("RGB").convert(mode)

    seen = decode(save(picture, "JPEG" if mode == "CMYK" else "PNG"))

    assert seen.pixels.shape == (200, 300, 3)
    assert difference(seen.pixels, np.asarray(picture.convert("RGB") if mode in "1P" else grey.convert("RGB"))) < 8


def test_of_an_animation_the_first_frame_counts(draw, save):
    frames = [draw(seed, 200, 150) for seed in range(3)]

    seen = decode(save(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True))

    assert seen.flags == {"animated"}
    assert np.array_equal(seen.pixels, np.asarray(frames[0]))


def test_a_big_picture_is_made_smaller_and_keeps_its_size_in_words(draw, save):
    big = draw(6, 400, 300).resize((2600, 1100))

    for format in ("PNG", "JPEG"):
        seen = decode(save(big, format))
        assert (seen.width, seen.height) == (2600, 1100)
        assert all(640 <= side < 1280 for side in seen.pixels.shape[:2])
        assert difference(seen.pixels, like(seen.pixels, big.resize(seen.pixels.shape[1::-1]))) < 4


@pytest.mark.parametrize("kept", [0.6, 0.75, 0.9])
def test_of_a_file_cut_short_what_browsers_show_is_taken_and_marked(kept, draw, save):
    whole = save(draw(7), "JPEG", quality=90)

    seen = decode(whole[: int(len(whole) * kept)])

    assert seen.flags == {"partial"}


def test_a_file_of_which_less_than_half_is_there_is_refused(draw, save):
    whole = save(draw(7), "JPEG", quality=90)

    assert reason(whole[: len(whole) // 5]) == "truncated"


def test_a_strict_decode_stays_strict_after_a_cut_file(draw, save):
    whole = save(draw(7), "JPEG")
    decode(whole[: len(whole) * 9 // 10])

    assert decode(whole).flags == frozenset()


def png(width: int, height: int) -> bytes:
    """A PNG that is nearly all promise."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")


WEBP_LOSSLESS = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f" + struct.pack("<I", 16382 | 16382 << 14) + bytes(9)
WEBP_LOSSY = b"RIFF\x1e\0\0\0WEBPVP8 \x12\0\0\0" + b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", 16383, 16383) + bytes(8)
WEBP_EXTENDED = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xff\x3f\0\xff\x3f\0" + bytes(8)
AVIF = b"\0\0\0\x18ftypavif" + bytes(20) + b"\0\0\0\x14ispe\0\0\0\0" + struct.pack(">II", 30000, 30000)


@pytest.mark.parametrize(
    "untrusted",
    [png(30000, 30000), png(8000, 8000), WEBP_LOSSLESS, WEBP_LOSSY, WEBP_EXTENDED, AVIF],
    ids=["png", "small-png", "webp-lossless", "webp-lossy", "webp-extended", "avif"],
)
def test_a_bomb_is_refused_by_its_header(untrusted):
    assert reason(untrusted) == "too-large"


def test_a_large_baseline_jpeg_is_scaled_while_it_is_read_but_a_progressive_one_is_refused(save):
    large = Image.new("RGB", (9000, 5000), "grey")

    assert decode(save(large, "JPEG")).width == 9000
    assert reason(save(large, "JPEG", progressive=True)) == "too-large"


def test_a_jpeg_of_very_many_scans_is_refused(draw, save):
    whole = save(draw(8), "JPEG")

    assert reason(whole[:-2] + b"\xff\xda\0\x02" * 70) == "too-many-scans"


def _files() -> list[bytes]:
    rng = np.random.default_rng(1)
    picture = Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8).repeat(3, 0).repeat(3, 1))
    files = []
    for format in ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP"):
        file = io.BytesIO()
        picture.save(file, format)
        files.append(file.getvalue())
    return files


FILES = _files()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(FILES), st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(max_size=6)), max_size=6))
@example(b"RIFF\x00\x00\x00\x00WEBP", [])
@example(b"\0\0\0\0ftypavif", [])
def test_damaged_bytes_give_pixels_or_a_named_refusal_and_nothing_else(file, damage):
    bytes_ = bytearray(file)
    for place, what in damage:
        start = place % len(bytes_)
        bytes_[start : start + len(what)] = what
    with contextlib.suppress(Unhashable):
        assert decode(bytes(bytes_)).pixels.shape[2:] in ((), (3,))
