"""The two roads to PDQ's bits and quality: the exact one, and the short one where no rounding could change a thing."""

import numpy as np
from numpy.typing import NDArray

from matchers import pdq_exact
from matchers.pdq_bits import Bits, above_median, are_certain
from matchers.pdq_estimate import CERTAIN, LARGEST_SIDE, certain_quality, estimate

UNBLURRED_SIDE = 128  # where both sides are at most this, the exact road is short enough


def exact(pixels: NDArray[np.uint8]) -> tuple[Bits, int]:
    """Return `pdq_bits.above_median` and the quality, every addition made in the reference's order."""
    small = pdq_exact.grid(pixels)
    return above_median(pdq_exact.frequencies(small).astype(np.float64)), pdq_exact.quality(small)


def short(pixels: NDArray[np.uint8]) -> tuple[Bits, int] | None:
    """Return the same by the short road; None where rounding may decide a bit or the quality."""
    if not UNBLURRED_SIDE < max(pixels.shape[:2]) <= LARGEST_SIDE:
        return None
    guess = estimate(pixels)
    above = above_median(guess.frequencies)
    if not are_certain(guess.frequencies, above, CERTAIN * guess.spread):
        return None
    quality = certain_quality(guess)
    return None if quality is None else (above, quality)
