"""What happens to a photo on its way through the web: each function gives one kind of copy as a JPEG file."""

import io
import math
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont, ImageOps

Draw = Callable[[Image.Image], bytes]
TRIMMED_AREA = 0.05
MESSENGER_SIDE, MESSENGER_QUALITY = 1280, 70


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    """Encode as JPEG, 4:2:0 as cameras and web sites do."""
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=quality, subsampling=2)
    return file.getvalue()


def resized(photo: Image.Image) -> bytes:
    """Two fifths of the size, and a quality that shows."""
    return jpeg(_scaled(photo, 0.4), 55)


def mirrored(photo: Image.Image) -> bytes:
    """Left is right."""
    return jpeg(_scaled(ImageOps.mirror(photo), 0.6), 80)


def trimmed(photo: Image.Image) -> bytes:
    """Cut off 5 % of the area, the same share on all four sides."""
    across, down = _margin(photo.width), _margin(photo.height)
    return jpeg(_scaled(photo.crop((across, down, photo.width - across, photo.height - down)), 0.6), 82)


def captioned(photo: Image.Image) -> bytes:
    """A dark strip with big words over the lower edge."""
    copy = _scaled(photo, 0.6)
    band = round(copy.height * 0.12)
    strip = Image.new("RGB", (copy.width, band), (24, 24, 28))
    words = ImageFont.load_default(size=round(band * 0.6))
    ImageDraw.Draw(strip).text((band // 3, band // 8), "found this one again :)", fill=(250, 250, 245), font=words)
    copy.paste(
        Image.blend(copy.crop((0, copy.height - band, copy.width, copy.height)), strip, 0.85),
        (0, copy.height - band),
    )
    return jpeg(copy, 80)


def messenger(photo: Image.Image) -> bytes:
    """Forwarded twice: each time no side above 1280 pixels and JPEG quality 70."""
    for _ in range(2):
        small = photo.copy()
        small.thumbnail((MESSENGER_SIDE, MESSENGER_SIDE), Image.Resampling.BICUBIC)
        sent = jpeg(small, MESSENGER_QUALITY)
        photo = Image.open(io.BytesIO(sent))
    return sent


def half(photo: Image.Image) -> bytes:
    """The right half only."""
    return jpeg(_scaled(photo.crop((photo.width // 2, 0, photo.width, photo.height)), 0.6), 85)


def composite(photo: Image.Image, onto: Image.Image, head: tuple[float, float, float, float]) -> bytes:
    """The person's head (`head`: left, top, right, bottom as fractions) pasted into another picture."""
    left, top, right, bottom = head
    box = (
        round(left * photo.width),
        round(top * photo.height),
        round(right * photo.width),
        round(bottom * photo.height),
    )
    cut = photo.crop(box)
    cut.thumbnail((onto.width // 2, onto.height // 2))
    mask = Image.new("L", cut.size)
    ImageDraw.Draw(mask).ellipse((0, 0, cut.width - 1, cut.height - 1), fill=255)
    copy = onto.copy()
    copy.paste(cut, (onto.width // 12, onto.height - cut.height - onto.height // 12), mask)
    return jpeg(copy, 85)


def again(photo: Image.Image) -> bytes:
    """Only saved once more."""
    return jpeg(_scaled(photo, 0.5), 75)


#: What whole-image hashes are expected to see through.
COPIES: dict[str, Draw] = {
    "resized": resized,
    "mirrored": mirrored,
    "trimmed": trimmed,
    "captioned": captioned,
    "messenger": messenger,
}


def _scaled(photo: Image.Image, by: float) -> Image.Image:
    return photo.resize((round(photo.width * by), round(photo.height * by)), Image.Resampling.LANCZOS)


def _margin(length: int) -> int:
    return round(length * (1 - math.sqrt(1 - TRIMMED_AREA)) / 2)
