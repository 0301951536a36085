"""The picture at every size: octaves of pictures, each more blurred than the one before (Lowe, IJCV 60, 2004)."""

import threading
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from matchers.regions.kept import Floats

# One core a picture: pictures are hashed in parallel processes, and a forked process must not inherit threads.
cv2.setNumThreads(1)

BASE_SIGMA = 1.6
ASSUMED_SIGMA = 0.5
LAYERS = 3
BLURRED = LAYERS + 3
SMALLEST_OCTAVE_PX = 16


@dataclass(frozen=True)
class ScaleSpace:
    """All blurred pictures in one piece of memory, six to an octave, octave after octave.

    `shapes` are height and width of each octave's pictures; a pixel of octave n is 2^n working pixels wide.
    """

    memory: Floats
    shapes: list[tuple[int, int]]

    def octave(self, number: int) -> Floats:
        """Return the pictures of an octave: (6, height, width)."""
        height, width = self.shapes[number]
        start = int(self.starts[number])
        return self.memory[start : start + BLURRED * height * width].reshape(BLURRED, height, width)

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """Return where each octave begins in the memory."""
        return np.cumsum([0, *(BLURRED * height * width for height, width in self.shapes[:-1])])


class Room:
    """Memory that serves picture after picture: fresh pages cost more time than the arithmetic on them."""

    def __init__(self) -> None:
        self._kept: dict[str, npt.NDArray[np.uint8]] = {}

    def take(self, what: str, floats: int) -> Floats:
        """Hand out so many floats for one purpose, with whatever lies in them; the next call takes them back."""
        if what not in self._kept or self._kept[what].size < 4 * floats:
            self._kept[what] = np.empty(4 * floats, np.uint8)
        return self._kept[what][: 4 * floats].view(np.float32)


rooms = threading.local()


def room_of_this_thread() -> Room:
    """Return this thread's memory."""
    if not hasattr(rooms, "mine"):
        rooms.mine = Room()
    mine: Room = rooms.mine
    return mine


def blur(picture: Floats, sigma: float, out: Floats) -> None:
    """Gaussian blur, kernel radius 3 sigma rounded up, borders mirrored without repeating the edge."""
    side = 2 * int(np.ceil(3 * sigma)) + 1
    cv2.GaussianBlur(picture, (side, side), sigma, dst=out, borderType=cv2.BORDER_REFLECT_101)


def scale_space(luma: Floats) -> ScaleSpace:
    """Blur step by step; each octave starts from every second pixel of the one before. In this thread's memory."""
    growth = 2 ** (1 / LAYERS)
    shapes = [(luma.shape[0], luma.shape[1])]
    while min(half := ((shapes[-1][0] + 1) // 2, (shapes[-1][1] + 1) // 2)) >= SMALLEST_OCTAVE_PX:
        shapes.append(half)
    memory = room_of_this_thread().take("scale space", BLURRED * sum(height * width for height, width in shapes))
    space = ScaleSpace(memory, shapes)
    for number in range(len(shapes)):
        pictures = space.octave(number)
        if number == 0:
            blur(luma, (BASE_SIGMA**2 - ASSUMED_SIGMA**2) ** 0.5, pictures[0])
        else:
            pictures[0] = space.octave(number - 1)[LAYERS, ::2, ::2]
        for layer in range(1, BLURRED):
            sigma = BASE_SIGMA * growth ** (layer - 1) * (growth**2 - 1) ** 0.5
            blur(pictures[layer - 1], sigma, pictures[layer])
    return space
