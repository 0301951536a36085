"""A loaded picture to plain pixels under fixed rules: upright, sRGB, on white, and not larger than needed.

The rules are written down in docs/reference/hashes.md; the browser twin follows the same ones.
"""

import functools
import io
import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

KEPT_SIDE = 640  # bigger pictures are made smaller, each side to this or up to twice as much
MAX_PROFILE_BYTES = 4 * 1024 * 1024
ORIENTATION = 0x0112  # the EXIF tag
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_SRGB = ImageCms.createProfile("sRGB")
_COLOURS = np.stack(np.meshgrid(*[np.arange(0, 256, 17).astype(np.uint8)] * 3), axis=-1).reshape(64, 64, 3)
"""4,096 colours from all over the cube."""

Pixels = NDArray[np.uint8]


def shown(image: Image.Image, levels: Pixels | None = None) -> tuple[Pixels, bool]:
    """Return the pixels of a loaded image, and whether EXIF swapped its sides.

    They are height x width x 3 (RGB); height x width for a JPEG of which brightness is enough. `levels`: those that
    a grey image was decoded to.
    """
    turn = _turn(image)
    profile = image.info.get("icc_profile")
    grey = image.mode == "L" and grey_will_do(image)
    if grey and levels is not None and turn not in TURNS:
        return _smaller_levels(levels), False
    small = _smaller(_whole_modes(image))
    if turn in TURNS:
        small = small.transpose(TURNS[turn])
    return np.asarray(small if grey else _on_white(small, profile)), turn >= 5


def grey_will_do(image: Image.Image) -> bool:
    """Say whether the brightness a JPEG stores is that of its sRGB colours: no profile moves them."""
    if image.format not in ("JPEG", "MPO") or image.mode not in ("L", "RGB"):
        return False
    untrusted_profile = image.info.get("icc_profile")
    if not untrusted_profile or len(untrusted_profile) > MAX_PROFILE_BYTES:
        return True
    try:
        return _to_srgb(untrusted_profile, "RGB") is None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image.mode == "RGB"  # a broken profile means sRGB; one for grey alone is applied to grey


def _turn(image: Image.Image) -> int:
    """Return the EXIF orientation 1..8; 1 where there is none or it cannot be read, as browsers do."""
    try:
        turn = image.getexif().get(ORIENTATION, 1)
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, struct.error):
        return 1
    return turn if turn in TURNS else 1


def _whole_modes(image: Image.Image) -> Image.Image:
    """Return the image in a mode whose pixels can be averaged: palettes looked up, 16 bit cut to 8."""
    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image).astype(np.int64).clip(0, 65535) >> 8).astype(np.uint8))
    if "transparency" in image.info and image.mode in ("1", "L", "RGB", "P"):
        return image.convert("RGBA")
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr"):
        return image
    return image.convert("RGBA" if image.mode == "PA" else "RGB")


def _smaller(image: Image.Image) -> Image.Image:
    """Return the image with blocks of pixels averaged so that each side is below twice KEPT_SIDE."""
    factors = _factors(*image.size)
    return image if factors == (1, 1) else image.reduce(factors)


def _smaller_levels(levels: Pixels) -> Pixels:
    """Return what `_smaller` makes of a grey image with these levels, in a tenth of its time."""
    from matchers.shrinking import block_means  # numba takes a second to start

    factors = _factors(levels.shape[1], levels.shape[0])
    return levels if factors == (1, 1) else block_means(levels, *factors)


def _factors(width: int, height: int) -> tuple[int, int]:
    return max(1, width // KEPT_SIDE), max(1, height // KEPT_SIDE)


def _on_white(image: Image.Image, untrusted_profile: bytes | None) -> Image.Image:
    """Return the image in sRGB; where it is transparent, white shows through."""
    if not image.has_transparency_data:
        return _in_srgb(image, untrusted_profile)
    alpha = image.getchannel("A")
    colours = _in_srgb(image.convert("L" if image.mode == "LA" else "RGB"), untrusted_profile)
    if alpha.getextrema() == (255, 255):
        return colours
    page = Image.new("RGB", image.size, "white")
    page.paste(colours, mask=alpha)
    return page


def _in_srgb(image: Image.Image, untrusted_profile: bytes | None) -> Image.Image:
    """Return an RGB image; a profile that is missing, broken or for other colours counts as sRGB."""
    if untrusted_profile and len(untrusted_profile) <= MAX_PROFILE_BYTES:
        try:
            transform = _to_srgb(untrusted_profile, image.mode)
            if transform is not None:
                return ImageCms.applyTransform(image, transform) or image.convert("RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            return image.convert("RGB")
    return image.convert("RGB")


@functools.lru_cache(maxsize=8)  # a handful of profiles is in nearly all files; making a transform takes 5 ms
def _to_srgb(untrusted_profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the way from a profile's colours to sRGB; None where the profile is itself sRGB to within a level.

    Most embedded profiles are some maker's wording of sRGB, and converting takes longer than all hashes.
    """
    source = ImageCms.ImageCmsProfile(io.BytesIO(untrusted_profile))
    transform = ImageCms.buildTransform(source, _SRGB, mode, "RGB")
    if mode != "RGB":
        return transform
    seen = np.asarray(ImageCms.applyTransform(Image.fromarray(_COLOURS), transform))
    return None if np.abs(seen.astype(int) - _COLOURS).max() <= 1 else transform
