"""A hash of frequencies, turned without its picture: signs that change, axes that swap."""

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.bool_]


def turned(bits: Bits, odd: Bits, orientation: str) -> Bits:
    """Return a square of bits (one for each frequency, down x across) as `pdq.ORIENTATIONS` names it.

    `odd` says which of the frequencies along an axis are odd. A mirror changes their sign, a quarter turn also swaps
    the axes. The median such bits are cut at is close to zero, so a changed sign is a flipped bit for all but a few.
    """
    across, down = bits ^ odd[None, :], bits ^ odd[:, None]
    return {
        "upright": bits,
        "rotated-90": across.T,
        "rotated-180": across ^ odd[:, None],
        "rotated-270": down.T,
        "flipped-vertically": down,
        "flipped-horizontally": across,
        "flipped-diagonal": bits.T,
        "flipped-antidiagonal": (across ^ odd[:, None]).T,
    }[orientation]
