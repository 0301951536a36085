"""Untrusted bytes to RGB pixels: the only place that opens images.

The rules are in docs/reference/hashes.md; a browser follows them too. Limits are checked before memory is
taken. Run it in a process that can be killed when the bytes come from the web.
"""

import contextlib
import io
import struct
import threading
import warnings
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from matchers.errors import Unhashable
from matchers.pixels import KEPT_SIDE, Pixels, grey_will_do, shown

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP")  # no EPS (it starts Ghostscript), no SVG, no TIFF
MAX_BYTES = 50 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_JPEG_PIXELS = 160_000_000  # a baseline JPEG is scaled while it is decoded; a progressive one is held whole
MAX_JPEG_SCANS = 64
PNG = b"\x89PNG\r\n\x1a\n"
WORDS = (b"tEXt", b"zTXt", b"iTXt")
MOST_PROFILE = 1024 * 1024
"""Bytes of an unpacked colour profile in a PNG from which Pillow refuses the file."""
MOST_PIECE = 1024 * 1024  # bytes of a JPEG that the decoder gets at once
READABLE_SHARE = 0.5  # of a file cut short, so much of the height must be there

_TRUNCATION = threading.Lock()  # Pillow's switch for cut files is one for the whole process
warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limits are stricter where it matters


@dataclass(frozen=True)
class Picture:
    """Pixels of 8 bit, each side below 1280, the file's own size, and what to know of it.

    `pixels` is height x width x 3 (sRGB), or height x width where a JPEG was decoded to its brightness alone.
    """

    pixels: Pixels
    width: int
    height: int
    flags: frozenset[str]


def decode(untrusted: bytes) -> Picture:
    """Return the pixels of the first frame, or raise Unhashable. Refuses before it allocates, not after."""
    _refuse_by_header(untrusted)
    try:
        return _decode(untrusted)
    except Unhashable:
        raise
    except UnidentifiedImageError as error:
        raise Unhashable("broken" if untrusted[4:11] == b"ftypavi" else "format") from error
    except Image.DecompressionBombError as error:
        raise Unhashable("too-large") from error
    except Exception as error:
        # Decoders answer hostile bytes with anything: of 15,096 such files, 292 raised SyntaxError,
        # ValueError, struct.error, IndexError and more. This is the one border where all of them mean one thing.
        raise Unhashable("truncated" if _webp_is_short(untrusted) else "broken") from error


def _refuse_by_header(untrusted: bytes) -> None:
    """Refuse what must not even be opened: WebP and AVIF allocate their canvas when they are opened."""
    if not untrusted:
        raise Unhashable("empty")
    if len(untrusted) > MAX_BYTES:
        raise Unhashable("too-heavy")
    if untrusted.startswith(b"\xff\xd8") and _jpeg_scans(untrusted) > MAX_JPEG_SCANS:
        raise Unhashable("too-many-scans")
    width, height = _webp_size(untrusted) or _avif_size(untrusted) or (0, 0)
    if width * height > MAX_PIXELS:
        raise Unhashable("too-large")


def _jpeg_scans(untrusted: bytes) -> int:
    from matchers.jpeg_scans import scans  # numba takes a second to start

    return scans(np.frombuffer(untrusted, np.uint8))


def _webp_size(untrusted: bytes) -> tuple[int, int] | None:
    """Return the largest width and height that the chunks of a WebP file speak of."""
    if untrusted[:4] != b"RIFF" or untrusted[8:12] != b"WEBP":
        return None
    kind, body = untrusted[12:16], untrusted[20:30].ljust(10, b"\0")
    if kind == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L":
        packed = int.from_bytes(body[1:5], "little")
        return 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    width, height = struct.unpack("<HH", body[6:10])
    return width & 0x3FFF, height & 0x3FFF


def _webp_is_short(untrusted: bytes) -> bool:
    """Say whether a WebP file says it is longer than it is. It is decoded whole or not at all."""
    return (
        untrusted[:4] == b"RIFF"
        and untrusted[8:12] == b"WEBP"
        and int.from_bytes(untrusted[4:8], "little") + 8 > len(untrusted)
    )


def _avif_size(untrusted: bytes) -> tuple[int, int] | None:
    """Return the largest width and height that the properties of an AVIF file speak of."""
    if untrusted[4:8] != b"ftyp":
        return None
    width = height = 0
    for piece in untrusted.split(b"ispe")[1:257]:
        if len(piece) >= 12:
            width = max(width, int.from_bytes(piece[4:8]))
            height = max(height, int.from_bytes(piece[8:12]))
    return width, height


def without_words(untrusted: bytes) -> bytes:
    """Return a PNG without chunks of text, and without a colour profile too large to be one.

    They may be packed bombs, which Pillow refuses with the whole file; browsers show the picture all the same.
    """
    if not untrusted.startswith(PNG):
        return untrusted
    kept, at = [PNG], len(PNG)
    while at + 12 <= len(untrusted):
        end = at + 12 + int.from_bytes(untrusted[at : at + 4])
        kind = untrusted[at + 4 : at + 8]
        if kind not in WORDS and not (kind == b"iCCP" and _unpacks_too_large(untrusted[at + 8 : end - 4])):
            kept.append(untrusted[at:end])
        at = end
    return b"".join(kept) + untrusted[at:]


def _unpacks_too_large(untrusted_profile: bytes) -> bool:
    packed = untrusted_profile.partition(b"\0")[2][1:]
    with contextlib.suppress(zlib.error):
        return len(zlib.decompressobj().decompress(packed, MOST_PROFILE)) == MOST_PROFILE
    return True


def _decode(untrusted: bytes) -> Picture:
    untrusted = without_words(untrusted)
    image = _opened(untrusted)
    width, height = image.size
    image, levels, partial = _loaded(image, untrusted)
    pixels, turned = shown(image, levels)
    if partial and _readable_share(pixels) < READABLE_SHARE:
        raise Unhashable("truncated")
    flags = {"partial"} if partial else set()
    if image.format in ("GIF", "PNG", "WEBP", "AVIF") and getattr(image, "is_animated", False):
        flags.add("animated")
    return Picture(pixels, *((height, width) if turned else (width, height)), frozenset(flags))


def _opened(untrusted: bytes) -> Image.Image:
    """Read the header only, and refuse by what it says."""
    image = Image.open(io.BytesIO(untrusted), formats=FORMATS)
    pixels = image.width * image.height
    scalable = image.format in ("JPEG", "MPO") and not image.info.get("progressive")
    if pixels > (MAX_JPEG_PIXELS if scalable else MAX_PIXELS):
        raise Unhashable("too-large")
    return image


def _loaded(image: Image.Image, untrusted: bytes) -> tuple[Image.Image, Pixels | None, bool]:
    """Decode the pixels; of a file cut short, what is there, as browsers show it. True where it was cut."""
    with _TRUNCATION:
        try:
            return image, _load(image, untrusted), False
        except (OSError, SyntaxError):
            return *_loaded_cut(untrusted), True


def _loaded_cut(untrusted: bytes) -> tuple[Image.Image, Pixels | None]:
    """Decode again, this time past the end of the file."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        image = _opened(untrusted)
        return image, _load(image, untrusted)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _load(image: Image.Image, untrusted: bytes) -> Pixels | None:
    """Decode an image; return its levels where a JPEG gave grey ones.

    They are decoded into an array of ours: Pillow hands its own memory out only as a copy of a copy, which takes a
    tenth of the decoding. And the file goes to the decoder in few pieces: at the end of each it begins its row again.
    """
    _draft(image)
    levels = None
    if image.mode == "L" and image.format in ("JPEG", "MPO"):
        levels = np.zeros((image.height, image.width), np.uint8)
        lent = Image.frombuffer("L", image.size, levels, "raw", "L", 0, 1).im
        image.im = lent
        image.decodermaxblock = min(len(untrusted), MOST_PIECE)  # type: ignore[attr-defined]  # of an ImageFile
    image.load()
    if levels is None or image.im is not lent:
        return None
    levels.flags.writeable = False
    return levels


def _draft(image: Image.Image) -> None:
    """Let a JPEG be decoded at 1/2, 1/4 or 1/8 while both sides stay at KEPT_SIDE or more, and without its colours.

    All hashes look at brightness, which a JPEG holds as a plane of its own. No other format does anything here.
    """
    image.draft("L" if grey_will_do(image) else None, (KEPT_SIDE, KEPT_SIDE))


def _readable_share(pixels: Pixels) -> float:
    """Return the share of the height above the rows that the decoder left in one colour, from below."""
    busy = np.flatnonzero((pixels != pixels[:, :1]).reshape(len(pixels), -1).any(axis=1))
    return float(busy[-1] + 1) / len(pixels) if busy.size else 0.0
