"""imagehash.phash: 64 bits, the second opinion on what PDQ finds alike.

Another resize, another transform size and another median than PDQ: a picture that is alike under both is alike.
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
    image = Image.fromarray(pixels)
    factors = max(1, image.width // ENOUGH_PX), max(1, image.height // ENOUGH_PX)
    bits = imagehash.phash(image.reduce(factors), hash_size=8).hash
    return ImageHash(ALGORITHM, VERSION, np.packbits(bits.ravel()).tobytes())


_odd = np.arange(8) % 2 == 1


def turned(upright: ImageHash, orientation: str) -> ImageHash:
    """Return, to within a few bits, the hash of the picture turned as `pdq.ORIENTATIONS` names it."""
    bits = np.unpackbits(np.frombuffer(upright.bits, np.uint8)).astype(bool).reshape(8, 8)
    return ImageHash(ALGORITHM, VERSION, np.packbits(turning.turned(bits, _odd, orientation).ravel()).tobytes())
