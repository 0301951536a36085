"""Files that decoders read in different ways, drawn by code: orientations, profiles, alpha, palettes, odd encodings."""

import io
from collections.abc import Callable
from functools import partial

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

from tests.portal.pictures import display_p3, image, pixels, saved


def exif(turn: int) -> bytes:
    """Return camera data that say how the picture is turned."""
    tags = Image.Exif()
    tags[0x0112] = turn
    return tags.tobytes()


def srgb() -> bytes:
    """Return a profile that says in many words that the colours are sRGB."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def with_hole(seed: int, width: int = 320, height: int = 240) -> Image.Image:
    """Return a picture that fades out towards its middle."""
    y, x = np.mgrid[0:height, 0:width]
    alpha = (np.clip(np.hypot(x - width / 2, y - height / 2) / width * 2, 0, 1) * 255).astype(np.uint8)
    return Image.merge("RGBA", (*image(seed, width, height).split(), Image.fromarray(alpha)))


def grey16(seed: int) -> Image.Image:
    """Return grey levels of 16 bits."""
    return Image.fromarray(np.asarray(image(seed).convert("L")).astype(np.uint16) * 257)


def moving(kind: str, seed: int) -> bytes:
    """Return an animation of three pictures."""
    frames = [image(seed + n) for n in range(3)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=200)


def with_text(seed: int) -> bytes:
    """Return a PNG with remarks beside the pixels."""
    remarks = PngImagePlugin.PngInfo()
    remarks.add_text("Comment", "drawn by code " * 50, zip=True)
    return saved(image(seed), pnginfo=remarks)


def grainy(seed: int) -> Image.Image:
    """Return a picture with strong grain, the hardest for averaging and rounding."""
    grain = np.random.default_rng(seed).normal(0, 25, (600, 800, 1))
    return Image.fromarray(np.clip(pixels(seed, 800, 600) + grain, 0, 255).astype(np.uint8))


def two_tone(seed: int) -> Image.Image:
    """Return black and white without greys."""
    return image(seed).convert("L").point(lambda level: 255 * (level > 127)).convert("1")


jpeg = partial(saved, kind="JPEG")

FILES: dict[str, Callable[[], bytes]] = {
    **{f"jpeg turned {turn}": lambda turn=turn: jpeg(image(turn), exif=exif(turn)) for turn in range(1, 9)},
    "jpeg of low quality": lambda: jpeg(image(11), quality=25),
    "jpeg of the lowest quality": lambda: jpeg(image(11), quality=8),
    "jpeg of full colour": lambda: jpeg(image(12), subsampling=0, quality=95),
    "jpeg of half colour": lambda: jpeg(image(12), subsampling=1, quality=90),
    "jpeg, progressive": lambda: jpeg(image(13), progressive=True),
    "jpeg, progressive, turned, wide profile": lambda: jpeg(
        image(13), progressive=True, exif=exif(8), icc_profile=display_p3()
    ),
    "jpeg with restarts": lambda: jpeg(image(13), restart_marker_rows=1),
    "jpeg, grey": lambda: jpeg(image(14).convert("L")),
    "jpeg, four inks": lambda: jpeg(image(15).convert("CMYK"), quality=95),
    "jpeg, four inks, turned": lambda: jpeg(image(15).convert("CMYK"), quality=95, exif=exif(3)),
    "jpeg with a wide profile": lambda: jpeg(image(16), icc_profile=display_p3()),
    "jpeg with the usual profile": lambda: jpeg(image(16), icc_profile=srgb()),
    "jpeg with a broken profile": lambda: jpeg(image(16), icc_profile=display_p3()[:200]),
    "jpeg with bytes behind its end": lambda: jpeg(image(16)) + b"\0" * 5000,
    "jpeg of 6 megapixels": lambda: jpeg(image(17, 3000, 2000)),
    "jpeg of 6 megapixels, turned": lambda: jpeg(image(17, 3001, 2003), exif=exif(6)),
    "jpeg, grainy": lambda: jpeg(grainy(17), quality=85),
    "jpeg, a strip": lambda: jpeg(image(17, 2600, 140)),
    "jpeg, odd sides": lambda: jpeg(image(17, 1279, 641)),
    "png": lambda: saved(image(18)),
    "png with remarks": lambda: with_text(18),
    "png, grainy": lambda: saved(grainy(18)),
    "png, see-through": lambda: saved(with_hole(19)),
    "png, see-through, large": lambda: saved(with_hole(19, 1500, 900)),
    "png with a wide profile": lambda: saved(image(19), icc_profile=display_p3()),
    "png, see-through, wide profile": lambda: saved(with_hole(19), icc_profile=display_p3()),
    "png with a palette": lambda: saved(image(20).quantize(64)),
    "png with 16 colours": lambda: saved(image(20).quantize(16), bits=4),
    "png with 4 colours": lambda: saved(image(20).quantize(4), bits=2),
    "png of black and white": lambda: saved(two_tone(20)),
    "png with a see-through palette": lambda: saved(image(21).quantize(60), transparency=7),
    "png, grey": lambda: saved(image(22).convert("L")),
    "png, grey with alpha": lambda: saved(with_hole(22).convert("LA")),
    "png of 16 bit grey": lambda: saved(grey16(23)),
    "png, turned": lambda: saved(image(24), exif=exif(6)),
    "png of 101 pixels": lambda: saved(image(24, 101, 160)),
    "png below 100 pixels": lambda: saved(image(24, 99, 160)),
    "webp": lambda: saved(image(25), "WEBP", quality=80),
    "webp of low quality": lambda: saved(image(25), "WEBP", quality=20),
    "webp, exact": lambda: saved(image(26), "WEBP", lossless=True),
    "webp, see-through": lambda: saved(with_hole(27), "WEBP", quality=80),
    "webp with a wide profile": lambda: saved(image(27), "WEBP", quality=80, icc_profile=display_p3()),
    "webp, moving": lambda: moving("WEBP", 27),
    "gif": lambda: saved(image(28), "GIF"),
    "gif, moving": lambda: moving("GIF", 28),
    "gif, see-through": lambda: saved(image(28).quantize(60), "GIF", transparency=3),
    "png, moving": lambda: moving("PNG", 28),
    "bmp": lambda: saved(image(29), "BMP"),
    "bmp with a palette": lambda: saved(image(29).quantize(200), "BMP"),
    "bmp, grey": lambda: saved(image(29).convert("L"), "BMP"),
    "avif": lambda: saved(image(30), "AVIF", quality=80),
    "avif of low quality": lambda: saved(image(30), "AVIF", quality=30),
    "avif of full colour": lambda: saved(image(30), "AVIF", quality=90, subsampling="4:4:4"),
    "avif, see-through": lambda: saved(with_hole(30), "AVIF", quality=80),
    "avif with a wide profile": lambda: saved(image(30), "AVIF", quality=80, icc_profile=display_p3()),
}


def opened(file: bytes) -> tuple[int, int]:
    """Return the size that a file says it has, as proof that it is a picture."""
    return Image.open(io.BytesIO(file)).size
