"""How many scans a JPEG has: each is a pass of the decoder over the whole picture, and a short file may have many."""

import numpy as np
from numpy.typing import NDArray

from matchers.compiled import compiled_for

MARKER, BEGINS = 0xFF, 0xDA


@compiled_for("int64(Array(uint8, 1, 'C', readonly=True))")
def scans(untrusted: NDArray[np.uint8]) -> int:
    """Count the markers that begin a scan, at once over all bytes: `bytes.count` takes a tenth of the decoding."""
    found, following = 0, untrusted[1:]
    for place in range(len(following)):
        found += (untrusted[place] == MARKER) & (following[place] == BEGINS)
    return found
