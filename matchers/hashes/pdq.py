"""PDQ: 256 bits from the low frequencies of a picture, in its eight orientations; bit for bit the reference.

Source: Meta's ThreatExchange, `pdq/cpp` (BSD); docs/reference/hashes.md writes every step down. The reference
adds up in single precision, one number after the other, and which bit falls on which side of the median can
hang on that. So there are two roads: the exact one (`matchers.pdq_exact`) adds in the same order; the short one
(`matchers.pdq_estimate`) is taken where the rounding of the exact one could not change a bit or the quality.
"""

import numpy as np
from numpy.typing import NDArray

from matchers import turning
from matchers.hashes import ImageHash

ALGORITHM = "pdq"
VERSION = "1"
BITS = 256
ORIENTATIONS = (
    "upright",
    "rotated-90",
    "rotated-180",
    "rotated-270",
    "flipped-vertically",
    "flipped-horizontally",
    "flipped-diagonal",
    "flipped-antidiagonal",
)
"""What was done to the upright picture, in the order of `all_orientations`; rotations turn counter-clockwise."""

SMALLEST_SIDE = 5  # the reference gives no hash below

Hashes = tuple[tuple[ImageHash, ...], int]

_odd = np.arange(16) % 2 == 0  # index 0 is the odd frequency 1
_turns = ((0, False), (1, True), (2, False), (3, True), (3, False), (1, False), (0, True), (2, True))
"""For each of ORIENTATIONS which of the mirror images of `above_median`, and whether rows and columns change places."""
_places = np.arange(4 * 256).reshape(4, 16, 16)
_order = np.stack([_places[mirror].T if swapped else _places[mirror] for mirror, swapped in _turns]).reshape(8, 256)[
    :, ::-1
]
"""Where among the mirrored frequencies each bit of each orientation is, first bit first."""


def all_orientations(pixels: NDArray[np.uint8]) -> Hashes:
    """Return the hashes in the order of ORIENTATIONS, and the quality 0..100.

    `pixels` is height x width x 3 (RGB, 8 bit) or height x width (brightness), each side at least 5 pixels.
    """
    if pixels.ndim not in (2, 3) or pixels.shape[2:] not in ((), (3,)) or min(pixels.shape[:2]) < SMALLEST_SIDE:
        raise ValueError(f"PDQ needs RGB or grey pixels, at least 5 x 5; these are {pixels.shape}")
    from matchers import pdq_roads  # numba takes a second to start, which only those who hash shall wait for

    above, quality = pdq_roads.short(pixels) or pdq_roads.exact(pixels)
    return _hashes(above), quality


def exact(pixels: NDArray[np.uint8]) -> Hashes:
    """Return hashes and quality, every addition made in the reference's order; for tests and benchmarks."""
    from matchers import pdq_roads

    above, quality = pdq_roads.exact(pixels)
    return _hashes(above), quality


def is_certain(pixels: NDArray[np.uint8]) -> bool:
    """Say whether the short road is enough for a picture; for tests and benchmarks."""
    from matchers import pdq_roads

    return pdq_roads.short(pixels) is not None


def _hashes(above: NDArray[np.bool_]) -> tuple[ImageHash, ...]:
    """Return the hashes in the order of ORIENTATIONS: one bit a frequency; the last frequency is the first bit."""
    packed, step = np.packbits(above.reshape(-1)[_order], axis=1).tobytes(), BITS // 8
    return tuple(ImageHash(ALGORITHM, VERSION, packed[at : at + step]) for at in range(0, len(packed), step))


def compute(pixels: NDArray[np.uint8]) -> ImageHash:
    """Return the hash of the picture as it stands."""
    return all_orientations(pixels)[0][0]


def turned(upright: ImageHash, orientation: str) -> ImageHash:
    """Return, to within a few bits, the hash of the picture turned as ORIENTATIONS names it, from the hash alone.

    On 150 photos 6 bits differ in the middle, 16 in 95 of 100, at most 50. Nothing is compared by it.
    """
    bits = np.unpackbits(np.frombuffer(upright.bits, np.uint8))[::-1].astype(bool).reshape(16, 16)
    result = turning.turned(bits, _odd, orientation)
    return ImageHash(ALGORITHM, VERSION, np.packbits(result.ravel()[::-1]).tobytes())
