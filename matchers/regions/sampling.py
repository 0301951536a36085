"""Reading a picture between its pixels, as OpenCV's `remap` does it: bilinear; outside, the edge goes on."""

import numpy as np

from matchers.compiled import compiled, fused
from matchers.regions.kept import Floats


@compiled
def sampled(memory: Floats, start: int, height: int, width: int, x: np.float32, y: np.float32) -> np.float32:
    """Return the brightness at a point of the picture that begins at `start` in the memory of several."""
    left, top = np.floor(x), np.floor(y)
    over, down = x - left, y - top
    west, north = int(left), int(top)
    if 0 <= west < width - 1 and 0 <= north < height - 1:
        at = np.uint64(start + north * width + west)
        a, b = memory[at], memory[at + np.uint64(1)]
        c, d = memory[at + np.uint64(width)], memory[at + np.uint64(width + 1)]
    else:
        east, south = min(max(west + 1, 0), width - 1), min(max(north + 1, 0), height - 1)
        west, north = min(max(west, 0), width - 1), min(max(north, 0), height - 1)
        a, b = memory[start + north * width + west], memory[start + north * width + east]
        c, d = memory[start + south * width + west], memory[start + south * width + east]
    above, below = fused(over, b - a, a), fused(over, d - c, c)
    return fused(down, below - above, above)
