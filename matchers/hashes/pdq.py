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
from matchers.pdq_estimate import CERTAIN, LARGEST_SIDE, Estimate, estimate
from matchers.pdq_exact import frequencies, grid, luma, quality

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
UNBLURRED_SIDE = 128  # where both sides are at most this, the exact road is short enough

Waves = NDArray[np.float32] | NDArray[np.float64]
Hashes = tuple[tuple[ImageHash, ...], int]

_odd = np.where(np.arange(16) % 2 == 0, np.float32(-1), np.float32(1))  # index 0 is the odd frequency 1
_signs = np.stack([np.ones((16, 16), np.float32), *np.broadcast_arrays(_odd, _odd[:, None] * _odd, _odd[:, None])])
"""What a mirror does to the frequencies: nothing, left and right swapped, both, up and down swapped."""
_turns = ((0, False), (1, True), (2, False), (3, True), (3, False), (1, False), (0, True), (2, True))
"""For each of ORIENTATIONS which of `_signs` it takes, and whether rows and columns then change places."""
_places = np.arange(4 * 256).reshape(4, 16, 16)
_order = np.stack([_places[sign].T if swapped else _places[sign] for sign, swapped in _turns]).reshape(8, 256)[:, ::-1]
"""Where among the mirrored frequencies each bit of each orientation is, first bit first."""


def all_orientations(pixels: NDArray[np.uint8]) -> Hashes:
    """Return the hashes in the order of ORIENTATIONS, and the quality 0..100.

    `pixels` is height x width x 3 (RGB, 8 bit) or height x width (brightness), each side at least 5 pixels.
    """
    if pixels.ndim not in (2, 3) or pixels.shape[2:] not in ((), (3,)) or min(pixels.shape[:2]) < SMALLEST_SIDE:
        raise ValueError(f"PDQ needs RGB or grey pixels, at least 5 x 5; these are {pixels.shape}")
    return _estimated(pixels) or exact(pixels)


def exact(pixels: NDArray[np.uint8]) -> Hashes:
    """Return hashes and quality, every addition made in the reference's order."""
    small = grid(luma(pixels))
    return _hashes(_above(_mirrored(frequencies(small)))), quality(small)


def _estimated(pixels: NDArray[np.uint8]) -> Hashes | None:
    """Return hashes and quality by the short road; None where rounding may decide a bit or the quality."""
    if not UNBLURRED_SIDE < max(pixels.shape[:2]) <= LARGEST_SIDE:
        return None
    guess = estimate(pixels)
    mirrored = _mirrored(guess.frequencies)
    above = _above(mirrored)
    if not any(_are_certain(mirrored, above, guess.spread(closely=closely)) for closely in (False, True)):
        return None
    steps = _certain_quality(guess)
    return None if steps is None else (_hashes(above), steps)


def is_certain(pixels: NDArray[np.uint8]) -> bool:
    """Say whether the short road is enough for a picture; for benchmarks."""
    return _estimated(pixels) is not None


def _mirrored(waves: Waves) -> Waves:
    """Return the frequencies (4 x 256) as each of `_signs` makes them."""
    mirrored: Waves = (_signs * waves).reshape(4, 256)
    return mirrored


def _above(mirrored: Waves) -> NDArray[np.bool_]:
    """Say which frequencies (4 x 256) are above the median: the 128th smallest, as in the reference."""
    ranked = mirrored.copy()
    ranked.partition(127, axis=1)
    return np.asarray(mirrored > ranked[:, 127:128])


def _are_certain(mirrored: Waves, above: NDArray[np.bool_], spread: NDArray[np.float64]) -> bool:
    """Say whether in every orientation the 128 smallest frequencies stay the smallest, however they round."""
    margin = CERTAIN * spread.reshape(256)
    nearer = np.where(above, mirrored - margin, mirrored + margin)
    return np.count_nonzero(above) == 4 * 128 and np.array_equal(_above(nearer), above)


def _certain_quality(guess: Estimate) -> int | None:
    """Return the quality, None where it is another when all steps round up than when they round down."""
    margin = 2 * CERTAIN * guess.grid_spread * 100 / 255
    if margin >= 1:
        return None
    steps = np.empty((2, 63 * 64))
    np.subtract(guess.grid[1:], guess.grid[:-1], out=steps[0].reshape(63, 64))
    np.subtract(guess.grid[:, 1:], guess.grid[:, :-1], out=steps[1].reshape(64, 63))
    np.abs(steps, out=steps)
    steps *= 100 / 255
    least = min(100, int((steps - margin).astype(np.int32).sum()) // 90)  # cut towards zero, also from below it
    if least == 100:
        return least
    most = min(100, int((steps + margin).astype(np.int32).sum()) // 90)
    return least if least == most else None


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
    result = turning.turned(bits, _odd < 0, orientation)
    return ImageHash(ALGORITHM, VERSION, np.packbits(result.ravel()[::-1]).tobytes())
