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

ALGORITHM = "phash"
VERSION = "2"
BITS = 64
ENOUGH_PX = 128


def compute(pixels: NDArray[np.uint8]) -> ImageHash:
    """Return the hash of pixels (height x width x 3, or height x width); row by row, the lowest frequency first.

    Blocks are averaged first, down to `ENOUGH_PX` or a little more: Lanczos over every pixel takes ten times as long.
    """
    small = _reduced(pixels)
    above = _above(small)
    if above is None:
        above = imagehash.phash(Image.fromarray(small), hash_size=8).hash
    return ImageHash(ALGORITHM, VERSION, np.packbits(above.ravel()).tobytes())


def _above(small: NDArray[np.uint8]) -> NDArray[np.bool_] | None:
    """Say which frequencies (8 x 8) are above their median; None where rounding may decide."""
    from matchers.phash_bits import SIDE, above_median
    from matchers.shrinking import lanczos

    if min(small.shape) <= SIDE:
        return None
    above, certain = above_median(lanczos(small, SIDE))
    return above if certain else None


def _reduced(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return grey levels with sides of `ENOUGH_PX` to twice as much, where there were more."""
    from matchers.shrinking import block_means

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
