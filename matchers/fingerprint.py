"""A picture's fingerprint: all its perceptual hashes, with the version that made them."""

import base64
import json
import struct
from dataclasses import dataclass
from typing import Any, Self

from matchers import metrics
from matchers.decode import Picture, decode
from matchers.errors import Unhashable
from matchers.hashes import ImageHash, pdq, phash
from matchers.regions.kept import SMALLEST_PX, Regions

VERSION = "2"
"""Changes when any rule from the file to the bits changes; fingerprints of two versions never meet."""

SMALLEST_SIDE = 64  # PDQ looks at 64 x 64 points: a smaller picture has fewer of its own
LOWEST_QUALITY = 20  # 4 of 1,198 photos are below: fog, and walls
FLAGS = ("partial", "animated", "plain", "bare")
FEWEST_PATCHES = 20
"""Below, a picture is `plain`: a chart, a form, a logo, or a photo with next to nothing in it."""
_MAGIC = b"WLF"
_HEAD = struct.Struct(">3sB4sIIBBB")  # magic, layout, version, width, height, quality, flags, has a witness
HEAD_BYTES = _HEAD.size
"""Bytes before the hashes: the whole-picture ones, then the second hash and region hashes where there are any."""
Box = tuple[float, float, float, float]
_LAYOUTS = (1, 2)  # 2 has region hashes after the rest


@dataclass(frozen=True)
class Fingerprint:
    """All hashes of one picture. Sizes in pixels as the picture is shown; quality 0..100 as PDQ defines it.

    `whole` holds PDQ in the order of `matchers.hashes.pdq.ORIENTATIONS`, upright first. `witness` is
    imagehash's phash; a fingerprint made in a browser has none. `regions` are there where the picture has
    structure to show and they were asked for.
    """

    version: str
    width: int
    height: int
    quality: int
    whole: tuple[ImageHash, ...]
    witness: ImageHash | None = None
    flags: frozenset[str] = frozenset()
    regions: Regions | None = None

    def __post_init__(self) -> None:
        """Refuse what no picture has: ValueError says which part."""
        kinds = {(part.algorithm, part.version, len(part.bits)) for part in self.whole}
        if len(self.whole) != len(pdq.ORIENTATIONS) or kinds != {(pdq.ALGORITHM, pdq.VERSION, pdq.BITS // 8)}:
            raise ValueError(f"a fingerprint has {len(pdq.ORIENTATIONS)} PDQ hashes of {pdq.BITS} bits")
        if self.witness and (self.witness.algorithm, len(self.witness.bits)) != (phash.ALGORITHM, phash.BITS // 8):
            raise ValueError(f"the witness is a {phash.ALGORITHM} of {phash.BITS} bits")
        if not (0 < self.width < 2**31 and 0 < self.height < 2**31 and 0 <= self.quality <= 100):
            raise ValueError("a picture has a width, a height and a quality from 0 to 100")
        if not self.flags <= set(FLAGS):
            raise ValueError(f"unknown flags: {sorted(self.flags - set(FLAGS))}")
        if not 1 <= len(self.version.encode()) <= 4:
            raise ValueError("a version is one to four letters")

    @property
    def is_plain(self) -> bool:
        """Say whether there was next to nothing off flat ground: such pictures are told apart by little."""
        return "plain" in self.flags

    @property
    def is_bare(self) -> bool:
        """Say whether it came from a list, as one PDQ hash and nothing else: there is no second opinion to ask."""
        return "bare" in self.flags

    @property
    def lacks_parts(self) -> bool:
        """Say whether parts could be looked for in this picture, but only the whole was hashed."""
        return self.regions is None and not self.is_plain and min(self.width, self.height) >= SMALLEST_PX

    def to_bytes(self) -> bytes:
        """Return the compact form: 283 bytes with a witness, 275 without; region hashes add about 7,000."""
        flags = sum(1 << place for place, flag in enumerate(FLAGS) if flag in self.flags)
        version = self.version.encode().ljust(4, b"\0")
        head = _HEAD.pack(
            _MAGIC,
            _LAYOUTS[self.regions is not None],
            version,
            self.width,
            self.height,
            self.quality,
            flags,
            self.witness is not None,
        )
        witness = self.witness.bits if self.witness else b""
        regions = self.regions.to_bytes() if self.regions else b""
        return head + b"".join(part.bits for part in self.whole) + witness + regions

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """Return what `to_bytes` wrote; ValueError if these bytes are something else."""
        if len(stored) < _HEAD.size:
            raise ValueError("these bytes are not a fingerprint")
        magic, layout, version, width, height, quality, flags, witnessed = _HEAD.unpack_from(stored)
        if magic != _MAGIC or layout not in _LAYOUTS:
            raise ValueError("these bytes are not a fingerprint of a layout known here")
        step, count = pdq.BITS // 8, len(pdq.ORIENTATIONS)
        body, rest = stored[_HEAD.size : _HEAD.size + step * count], stored[_HEAD.size + step * count :]
        rest, more = (rest[: phash.BITS // 8], rest[phash.BITS // 8 :]) if witnessed else (b"", rest)
        complete = len(body) == step * count and len(rest) == (phash.BITS // 8 if witnessed else 0)
        if not complete or bool(more) != (layout == _LAYOUTS[1]) or flags >= 1 << len(FLAGS):
            raise ValueError("this fingerprint is damaged")
        whole = tuple(
            ImageHash(pdq.ALGORITHM, pdq.VERSION, body[start : start + step]) for start in range(0, len(body), step)
        )
        witness = ImageHash(phash.ALGORITHM, phash.VERSION, rest) if witnessed else None
        named = frozenset(flag for place, flag in enumerate(FLAGS) if flags >> place & 1)
        regions = Regions.from_bytes(more) if more else None
        return cls(version.rstrip(b"\0").decode("ascii"), width, height, quality, whole, witness, named, regions)

    def to_json(self) -> dict[str, Any]:
        """Return plain types for JSON; hashes in hexadecimal with all digits."""
        return {
            "version": self.version,
            "width": self.width,
            "height": self.height,
            "quality": self.quality,
            "pdq": {name: part.hex for name, part in zip(pdq.ORIENTATIONS, self.whole, strict=True)},
            "phash": self.witness.hex if self.witness else None,
            "flags": sorted(self.flags),
            "regions": base64.b64encode(self.regions.to_bytes()).decode("ascii") if self.regions else None,
        }

    @classmethod
    def of_hash(cls, upright: ImageHash, quality: int) -> Self:
        """Return what can be said of a picture of which only its PDQ hash is known.

        Its turned hashes are right to within a few bits, and nothing that compares whole pictures asks for them: the
        picture that is seen brings its own eight, exact to the bit. Its size is not known: the smallest stands for it.
        """
        whole = tuple(pdq.turned(upright, name) for name in pdq.ORIENTATIONS)
        return cls(VERSION, SMALLEST_SIDE, SMALLEST_SIDE, quality, whole, flags=frozenset({"bare"}))

    @classmethod
    def from_json(cls, untrusted: dict[str, Any] | str) -> Self:
        """Return what `to_json` (or the hasher in the browser) wrote; ValueError if anything is amiss."""
        try:
            told = json.loads(untrusted) if isinstance(untrusted, str) else untrusted
            hashes, witness, regions = told["pdq"], told.get("phash"), told.get("regions")
            return cls(
                version=str(told["version"]),
                width=int(told["width"]),
                height=int(told["height"]),
                quality=int(told["quality"]),
                whole=tuple(ImageHash.from_hex(pdq.ALGORITHM, pdq.VERSION, hashes[name]) for name in pdq.ORIENTATIONS),
                witness=ImageHash.from_hex(phash.ALGORITHM, phash.VERSION, witness) if witness else None,
                flags=frozenset(map(str, told.get("flags", ()))),
                regions=Regions.from_bytes(base64.b64decode(regions, validate=True)) if regions else None,
            )
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"this is not a fingerprint: {error!r}") from error


def fingerprint(untrusted: bytes, *, whole_only: bool = False, head: Box | None = None) -> Fingerprint:
    """Return the fingerprint of an image file, or raise Unhashable(reason).

    `whole_only` leaves the region hashes out: a tenth of the time, and parts of a photo are not found. `head` is the
    box around a head (left, top, width, height, as shares 0..1 of the picture as it is shown, or in its pixels where
    one is above 1): its patches come first, since that is the part of a photo that fakes keep. ValueError if it is no
    such box, Unhashable("head-outside") if it is one of another picture.
    """
    if head is not None and max(head) <= 1 and not is_a_box(head):
        raise ValueError("a box is left, top, width, height, each a share from 0 to 1, within the picture")
    try:
        picture = decode(untrusted)
        made = of_picture(picture, whole_only=whole_only, head=in_shares(head, picture) if head is not None else None)
    except Unhashable as refusal:
        metrics.FINGERPRINTS.labels("refused", refusal.reason).inc()
        raise
    metrics.FINGERPRINTS.labels("made", "").inc()
    return made


def of_picture(picture: Picture, *, whole_only: bool = False, head: Box | None = None) -> Fingerprint:
    """Return the fingerprint of decoded pixels, or raise Unhashable if it could not be told from others."""
    height, width = picture.pixels.shape[:2]
    if min(height, width) < pdq.SMALLEST_SIDE:
        raise Unhashable("tiny")
    whole, quality = pdq.all_orientations(picture.pixels)
    require_usable(picture.width, picture.height, quality)
    witness = phash.compute(picture.pixels)
    parts = None if whole_only else regions_of(picture, head)
    plain = not whole_only and is_plain(picture.width, picture.height, parts)
    flags = picture.flags | {"plain"} if plain else picture.flags
    return Fingerprint(VERSION, picture.width, picture.height, quality, whole, witness, flags, parts)


def is_plain(width: int, height: int, parts: Regions | None) -> bool:
    """Say whether a picture large enough for region hashes has hardly any; its sides are in pixels."""
    return min(width, height) >= SMALLEST_PX and (parts is None or len(parts) < FEWEST_PATCHES)


def in_shares(head: Box, picture: Picture) -> Box:
    """Return a box in shares of a picture; one with a number above 1 is in pixels."""
    if max(head) > 1:
        left, top, width, height = head
        head = left / picture.width, top / picture.height, width / picture.width, height / picture.height
    if not is_a_box(head):
        raise Unhashable("head-outside")
    return head


def is_a_box(box: Box) -> bool:
    """Say whether left, top, width and height are shares of a picture and the box lies within it."""
    left, top, width, height = box
    return min(left, top) >= 0 and min(width, height) > 0 and left + width <= 1 + 1e-6 and top + height <= 1 + 1e-6


def regions_of(picture: Picture, head: Box | None = None) -> Regions | None:
    """Return the region hashes of decoded pixels, None where there is too little to see."""
    from matchers.regions.regions import regions  # OpenCV takes 0.2 s to import, and comparing does not need it

    return regions(picture.pixels, picture.width, picture.height, head)


def require_usable(width: int, height: int, quality: int) -> None:
    """Raise Unhashable("tiny") or ("flat") where hashes say too little; the same gate for both sides.

    Sizes in pixels. A server calls it too on what a browser sends.
    """
    if min(width, height) < SMALLEST_SIDE:
        raise Unhashable("tiny")
    if quality < LOWEST_QUALITY:
        raise Unhashable("flat")
