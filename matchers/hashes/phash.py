"""imagehash.phash: 64 bits, the second opinion on what PDQ finds alike.

Another resize, another transform size and another median than PDQ: a picture that is alike under both is alike.
Here only the 8 x 8 frequencies that are looked at are made, by a product of matrices; where one of them comes so near
the median that rounding could decide, imagehash itself is asked.
"""

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from matchers import turning
from matchers.hashes import ImageHash
from matchers.shrinking import block_means, lanczos

ALGORITHM = "phash"
VERSION = "2"
BITS = 64
ENOUGH_PX = 128
SIDE = 32
CERTAIN = 1e-6
"""Further from the median than this, no rounding decides: frequencies are below 3 million and exact to 1e-9."""

_cosines = 2 * np.cos(np.pi / (2 * SIDE) * np.outer(np.arange(8), 2 * np.arange(SIDE) + 1))


def compute(pixels: NDArray[np.uint8]) -> ImageHash:
    """Return the hash of pixels (height x width x 3, or height x width); row by row, the lowest frequency first.

    Blocks are averaged first, down to `ENOUGH_PX` or a little more: Lanczos over every pixel takes ten times as long.
    """
    small = _reduced(pixels)
    above = _above(small) if min(small.shape) > SIDE else None
    if above is None:
        above = imagehash.phash(Image.fromarray(small), hash_size=8).hash
    return ImageHash(ALGORITHM, VERSION, np.packbits(above.ravel()).tobytes())


def _above(small: NDArray[np.uint8]) -> NDArray[np.bool_] | None:
    """Say which frequencies (8 x 8) are above their median; None where rounding may decide."""
    waves = _cosines @ lanczos(small, SIDE) @ _cosines.T
    ranked = np.sort(waves, axis=None)
    if ranked[32] - ranked[31] < 2 * CERTAIN:
        return None
    return np.asarray(waves > (ranked[31] + ranked[32]) / 2)


def _reduced(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return grey levels with sides of `ENOUGH_PX` to twice as much, where there were more."""
    height, width = pixels.shape[:2]
    factors = max(1, width // ENOUGH_PX), max(1, height // ENOUGH_PX)
    if pixels.ndim == 3:
        return np.asarray(Image.fromarray(pixels).reduce(factors).convert("L"))
    return pixels if factors == (1, 1) else block_means(pixels, *factors)


_odd = np.arange(8) % 2 == 1


def turned(upright: ImageHash, orientation: str) -> ImageHash:
    """Return, to within a few bits, the hash of the picture turned as `pdq.ORIENTATIONS` names it."""
    bits = np.unpackbits(np.frombuffer(upright.bits, np.uint8)).astype(bool).reshape(8, 8)
    return ImageHash(ALGORITHM, VERSION, np.packbits(turning.turned(bits, _odd, orientation).ravel()).tobytes())
