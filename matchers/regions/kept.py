"""The region hashes of one picture, small enough to keep: places, sizes, directions, 128 bits each."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

VERSION = 2
"""Changes when any rule from pixels to rows changes. The version of the fingerprint they are part of changes with
it, so regions of two versions never meet; older ones can still be read, as the sighting log has them for a while."""
SMALLEST_PX = 100
"""Pictures with a shorter side have no region hashes."""
LONG_SIDE_PX = 640
"""The longer side of the working picture, in which patches are looked for."""
MOST_ENLARGED = 2.0
MOST_POINTS = 520
POSITION_STEPS = 32
"""Positions are kept in 32nds of a working pixel."""
SIGMA_STEPS = 32
"""Sizes are kept as 32nds of an octave."""
ANGLE_STEPS = 256
"""Directions are kept as 256ths of a full turn."""
HEADER = np.dtype([("version", "u1"), ("width", "<u2"), ("height", "<u2"), ("count", "<u2")])
ROW = np.dtype([("bits", "<u8", 2), ("x", "<u2"), ("y", "<u2"), ("sigma", "u1"), ("angle", "u1")])

Floats = npt.NDArray[np.float32]
Hashes = npt.NDArray[np.uint64]
"""(n, 2): 128 bits as two words; bit i of the recipe is bit i % 64 of word i // 64."""

SIDE = 32
"""A patch is 32 x 32 points."""
BITS = 128


def working_size(width: int, height: int) -> tuple[int, int]:
    """Return width and height of the working picture of a picture with sides of so many pixels."""
    factor = min(LONG_SIDE_PX / max(width, height), MOST_ENLARGED)
    return max(1, round(width * factor)), max(1, round(height * factor))


def lowest_frequencies() -> npt.NDArray[np.intp]:
    """Return (128, 2): the (row, column) frequencies nearest to zero, without zero itself."""
    pairs = [(v, u) for v in range(SIDE) for u in range(SIDE) if (v, u) != (0, 0)]
    pairs.sort(key=lambda p: (p[0] ** 2 + p[1] ** 2, p[0], p[1]))
    return np.array(pairs[:BITS])


FREQUENCIES = lowest_frequencies()


def packed(bits: npt.NDArray[np.bool_]) -> Hashes:
    """Pack (n, 128) truths into two words each."""
    flat = np.packbits(np.ascontiguousarray(bits), axis=1, bitorder="little")
    return np.ascontiguousarray(flat).view("<u8").astype(np.uint64)


# A picture seen in a mirror has its keypoint's direction mirrored too, so the upright square comes out
# with its rows upside down: the coefficients odd along y change sign, all others stay.
MIRROR: Hashes = packed((FREQUENCIES[:, 0] % 2 == 1)[None])[0]


def distances(some: Hashes, others: Hashes) -> npt.NDArray[np.uint8]:
    """Count differing bits, broadcasting over all but the last axis."""
    return np.bitwise_count(some ^ others).sum(-1, dtype=np.uint8)  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False)
class Regions:
    """Patches of one picture, strongest first; `width` and `height` are those of the working picture."""

    width: int
    height: int
    rows: npt.NDArray[np.void]
    version: int = VERSION

    def __len__(self) -> int:
        return len(self.rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Regions) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    @cached_property
    def places(self) -> Floats:
        """Return (n, 4) float32: x, y, the natural logarithm of sigma, angle in radians."""
        rows = self.rows
        return np.stack(
            [
                rows["x"] / np.float32(POSITION_STEPS),
                rows["y"] / np.float32(POSITION_STEPS),
                rows["sigma"] * np.float32(np.log(2) / SIGMA_STEPS),
                rows["angle"] * np.float32(2 * np.pi / ANGLE_STEPS),
            ],
            axis=1,
        ).astype(np.float32)

    @cached_property
    def hashes(self) -> Hashes:
        """Return (n, 2) words of 64 bits."""
        return np.ascontiguousarray(self.rows["bits"]).astype(np.uint64)

    def to_bytes(self) -> bytes:
        """Return 7 bytes and 22 for each patch."""
        header = np.array([(self.version, self.width, self.height, len(self.rows))], HEADER)
        return header.tobytes() + self.rows.tobytes()

    @classmethod
    def from_bytes(cls, kept: bytes) -> "Regions":
        """Read back what `to_bytes` gave; anything else is a ValueError.

        These bytes come from browsers and lists, too: machine code that compares them trusts what is refused here.
        """
        if len(kept) < HEADER.itemsize:
            raise ValueError("the region hashes of this fingerprint are cut short")
        version, width, height, count = (int(v) for v in np.frombuffer(kept, HEADER, 1)[0])
        if not 1 <= version <= VERSION:
            raise ValueError(f"region hashes of version {version} in a fingerprint cannot be compared with {VERSION}")
        if len(kept) != HEADER.itemsize + count * ROW.itemsize or not (width and height):
            raise ValueError(f"a fingerprint with {count} patches cannot have {len(kept)} bytes of them")
        rows = np.frombuffer(kept, ROW, count, HEADER.itemsize)
        if not _fits(width, height, rows):
            raise ValueError("the region hashes of this fingerprint lie outside of any picture")
        return cls(width, height, rows, version)


def _fits(width: int, height: int, untrusted: npt.NDArray[np.void]) -> bool:
    """Say whether a working picture has this size and so many patches, and all of them lie within it."""
    if max(width, height) > LONG_SIDE_PX or len(untrusted) > MOST_POINTS:
        return False
    return bool((untrusted["x"] <= width * POSITION_STEPS).all() and (untrusted["y"] <= height * POSITION_STEPS).all())
