"""PDQ: 256 bits from the low frequencies of a picture, in its eight orientations; bit for bit the reference.

Source: Meta's ThreatExchange, `pdq/cpp` (BSD); docs/reference/hashes.md writes every step down. The reference
adds up in single precision, one number after the other, and which bit falls on which side of the median can
hang on that. So there are two roads: the exact one adds in the same order; the short one
(`matchers.pdq_estimate`) is taken where the rounding of the exact one could not change a bit or the quality.
"""

import numpy as np
from numpy.typing import NDArray

from matchers import turning
from matchers.hashes import ImageHash
from matchers.pdq_estimate import CERTAIN, DCT, LARGEST_SIDE, LUMA, Estimate, centres, estimate, window

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

Floats = NDArray[np.float32]
Waves = NDArray[np.float32] | NDArray[np.float64]
Hashes = tuple[tuple[ImageHash, ...], int]


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
    return _hashes(frequencies(small)), quality(small)


def _estimated(pixels: NDArray[np.uint8]) -> Hashes | None:
    """Return hashes and quality by the short road; None where rounding may decide a bit or the quality."""
    if not UNBLURRED_SIDE < max(pixels.shape[:2]) <= LARGEST_SIDE:
        return None
    guess = estimate(pixels)
    steps = _certain_quality(guess) if _bits_are_certain(guess) else None
    return None if steps is None else (_hashes(guess.frequencies), steps)


def is_certain(pixels: NDArray[np.uint8]) -> bool:
    """Say whether the short road is enough for a picture; for benchmarks."""
    return _estimated(pixels) is not None


def _bits_are_certain(guess: Estimate) -> bool:
    """Say whether in every orientation the 128 smallest frequencies stay the smallest, however they round."""
    sorts = slice(0, 4)  # the other four orientations are these, transposed
    for waves, spread in zip(_turned(guess.frequencies)[sorts], _turned(guess.spread)[sorts], strict=True):
        margin = CERTAIN * np.abs(spread)
        low = waves <= _median(waves)
        if low.sum() != 128 or (waves + margin)[low].max() >= (waves - margin)[~low].min():
            return False
    return True


def _certain_quality(guess: Estimate) -> int | None:
    """Return the quality, None where it is another when all steps round up than when they round down."""
    margin = 2 * CERTAIN * guess.grid_spread * 100 / 255
    steps = np.concatenate([np.abs(np.diff(guess.grid, axis=axis)).ravel() for axis in (0, 1)]) * (100 / 255)
    least = min(100, int(np.maximum(steps - margin, 0).astype(np.intp).sum()) // 90)
    most = min(100, int((steps + margin).astype(np.intp).sum()) // 90)
    return least if least == most else None


def luma(pixels: NDArray[np.uint8]) -> Floats:
    """Return the brightness 0..255 of pixels; colours are weighed in double precision, then rounded to single."""
    if pixels.ndim == 2:
        return pixels.astype(np.float32)
    brightness = np.empty(pixels.shape[:2], np.float32)
    for rows in _blocks(len(pixels)):
        red, green, blue = (pixels[rows, :, channel] * LUMA[channel] for channel in range(3))
        brightness[rows] = (red + green) + blue
    return brightness


def grid(brightness: Floats) -> Floats:
    """Return the picture as 64 x 64 points: twice blurred along both axes, then sampled at cell centres."""
    height, width = brightness.shape
    if (height, width) == (64, 64):
        return brightness
    once = _box(_turned_over(_box(_turned_over(brightness), window(width))), window(height))
    # Of the second blur, only what is sampled is kept.
    twice = _box(_turned_over(once), window(width))[centres(width)]
    return _box(_turned_over(twice), window(height))[centres(height)]


def _turned_over(values: Floats) -> Floats:
    """Return the transpose, laid out anew: neighbours along its rows lie side by side in memory."""
    return np.ascontiguousarray(values.T)


def _blocks(rows: int) -> list[slice]:
    """Return slices of 32 rows: what is made on the way then stays in the processor's cache."""
    return [slice(start, start + 32) for start in range(0, rows, 32)]


def _box(values: Floats, size: int) -> Floats:
    """Return the mean of `size` neighbours down each column; at its ends, of those that are there.

    The reference keeps one running sum a column: add the next value, take away the last. Here all columns are
    stepped at once, so each sum is made in that order and rounds in that way.
    """
    if size == 1:
        return values
    ahead, length = (size + 2) // 2, len(values)  # the point itself and those after it: 7 -> 4, 8 -> 5
    means = np.empty_like(values)
    rows, sums = list(values), list(means)
    running, filling = np.zeros_like(values[0]), size - ahead + 1
    for row in rows[: ahead - 1]:
        np.add(running, row, running)
    for total, arriving in zip(sums[:filling], rows[ahead - 1 :], strict=False):
        running = np.add(running, arriving, total)
    for total, arriving, leaving in zip(sums[filling:], rows[size:], rows, strict=False):
        running = np.subtract(np.add(running, arriving, total), leaving, total)
    for total, leaving in zip(sums[length - ahead + 1 :], rows[length - size :], strict=False):
        running = np.subtract(running, leaving, total)
    points = np.arange(length)
    counts = np.minimum(points + ahead, length) - np.maximum(points - (size - ahead), 0)
    means /= counts.astype(np.float32)[:, None]
    return means


def frequencies(small: Floats) -> Floats:
    """Return the 16 x 16 lowest frequencies (down x across) of a 64 x 64 grid, without the mean."""
    down = np.add.accumulate(DCT[:, None, :] * small.T[None, :, :], axis=2)[:, :, -1]
    across: Floats = np.add.accumulate(down[:, None, :] * DCT[None, :, :], axis=2)[:, :, -1]
    return across


def quality(small: Floats) -> int:
    """Return 0 (flat) .. 100: how much brightness steps between neighbours of the grid, small steps not counted."""
    steps = 0
    for axis in (0, 1):
        difference = np.diff(small, axis=axis) * np.float32(-100) / np.float32(255)
        steps += int(np.abs(difference.astype(np.int32)).sum())
    return min(100, steps // 90)


def _hashes(waves: Waves) -> tuple[ImageHash, ...]:
    """Return the hashes in the order of ORIENTATIONS."""
    return tuple(_to_hash(turned) for turned in _turned(waves))


def _turned(waves: Waves) -> tuple[Waves, ...]:
    """Return the frequencies of the turned and mirrored picture: a transposition, and signs that change."""
    odd = np.where(np.arange(16) % 2 == 0, np.float32(-1), np.float32(1))  # index 0 is the odd frequency 1
    across, down = odd[None, :], odd[:, None]
    return (
        waves,
        (waves * across).T,
        waves * across * down,
        (waves * down).T,
        waves * down,
        waves * across,
        waves.T,
        (waves * across * down).T,
    )


def _median(waves: Waves) -> float:
    """Return the 128th smallest, as the reference does."""
    return float(np.partition(waves, 127, axis=None)[127])


def _to_hash(waves: Waves) -> ImageHash:
    """Return one bit a frequency: 1 where it is above the median; the last frequency is the first bit."""
    bits = np.packbits((waves > _median(waves)).ravel()[::-1])
    return ImageHash(ALGORITHM, VERSION, bits.tobytes())


def compute(pixels: NDArray[np.uint8]) -> ImageHash:
    """Return the hash of the picture as it stands."""
    return all_orientations(pixels)[0][0]


_odd = np.arange(16) % 2 == 0  # index 0 is the odd frequency 1


def turned(upright: ImageHash, orientation: str) -> ImageHash:
    """Return, to within a few bits, the hash of the picture turned as ORIENTATIONS names it, from the hash alone.

    On 150 photos 6 bits differ in the middle, 16 in 95 of 100, at most 50. Nothing is compared by it.
    """
    bits = np.unpackbits(np.frombuffer(upright.bits, np.uint8))[::-1].astype(bool).reshape(16, 16)
    result = turning.turned(bits, _odd, orientation)
    return ImageHash(ALGORITHM, VERSION, np.packbits(result.ravel()[::-1]).tobytes())
