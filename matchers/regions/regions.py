"""The region hashes of one picture, small enough to keep: places, sizes, directions, 128 bits each."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from matchers.regions import patches
from matchers.regions.keypoints import Floats, Keypoints, keypoints
from matchers.regions.patches import Hashes

VERSION = "1"
LONG_SIDE_PX = 640
MOST_ENLARGED = 2.0
POINTS = 300
MOST_POINTS = 400
SMALLEST_PX = 100
POSITION_STEPS = 32
"""Positions are kept in 32nds of a working pixel."""
SIGMA_STEPS = 32
"""Sizes are kept as 32nds of an octave."""
ANGLE_STEPS = 256
HEADER = np.dtype([("width", "<u2"), ("height", "<u2"), ("count", "<u2")])
ROW = np.dtype([("bits", "<u8", 2), ("x", "<u2"), ("y", "<u2"), ("sigma", "u1"), ("angle", "u1")])


@dataclass(frozen=True, eq=False)
class Regions:
    """Patches of one picture, strongest first; `width` and `height` are those of the working picture."""

    width: int
    height: int
    rows: npt.NDArray[np.void]

    def __len__(self) -> int:
        return len(self.rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Regions) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    @cached_property
    def places(self) -> Floats:
        """Return (n, 4) float32: x, y, the natural logarithm of sigma, angle in radians."""
        rows = self.rows
        return np.stack(
            [
                rows["x"] / np.float32(POSITION_STEPS),
                rows["y"] / np.float32(POSITION_STEPS),
                rows["sigma"] * np.float32(np.log(2) / SIGMA_STEPS),
                rows["angle"] * np.float32(2 * np.pi / ANGLE_STEPS),
            ],
            axis=1,
        ).astype(np.float32)

    @cached_property
    def hashes(self) -> Hashes:
        """Return (n, 2) words of 64 bits."""
        return np.ascontiguousarray(self.rows["bits"])

    def to_bytes(self) -> bytes:
        """Return 6 bytes and 22 for each patch."""
        header = np.array([(self.width, self.height, len(self.rows))], HEADER)
        return header.tobytes() + self.rows.tobytes()

    @classmethod
    def from_bytes(cls, kept: bytes) -> "Regions":
        """Read back what `to_bytes` gave; anything else is a ValueError."""
        if len(kept) < HEADER.itemsize:
            raise ValueError("region hashes are cut short")
        width, height, count = (int(v) for v in np.frombuffer(kept, HEADER, 1)[0])
        if len(kept) != HEADER.itemsize + count * ROW.itemsize or not (width and height):
            raise ValueError(f"region hashes of {count} patches cannot be {len(kept)} bytes long")
        return cls(width, height, np.frombuffer(kept, ROW, count, HEADER.itemsize))


def working_picture(luma: npt.NDArray[np.uint8]) -> Floats:
    """Scale grey levels so that the longer side is 640 px, enlarging at most twice; float32."""
    factor = min(LONG_SIDE_PX / max(luma.shape), MOST_ENLARGED)
    size = (max(1, round(luma.shape[1] * factor)), max(1, round(luma.shape[0] * factor)))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return cv2.resize(luma, size, interpolation=how).astype(np.float32)  # type: ignore[return-value]


def quantised(points: Keypoints, bits: Hashes, width: int, height: int) -> Regions:
    """Round places, sizes and angles to the steps they are kept in."""
    rows = np.zeros(len(points), ROW)
    rows["bits"] = bits
    rows["x"] = np.clip(np.rint(points.x * POSITION_STEPS), 0, width * POSITION_STEPS)
    rows["y"] = np.clip(np.rint(points.y * POSITION_STEPS), 0, height * POSITION_STEPS)
    rows["sigma"] = np.clip(np.rint(np.log2(points.sigma) * SIGMA_STEPS), 0, 255)
    rows["angle"] = np.rint(points.angle * (ANGLE_STEPS / (2 * np.pi))).astype(np.int64) % ANGLE_STEPS
    return Regions(width, height, rows)


def regions(luma: npt.NDArray[np.uint8]) -> Regions | None:
    """Return the region hashes of a picture (its grey levels at any size), or None where it has no structure."""
    if min(luma.shape) < SMALLEST_PX:
        return None
    working = working_picture(luma)
    height, width = working.shape
    points = keypoints(working, POINTS)
    if not len(points):
        return None
    squares = patches.upright_patches(working, points)
    structured = np.nonzero(squares.std(axis=(1, 2)) > patches.FLAT)[0][:MOST_POINTS]
    if not len(structured):
        return None
    return quantised(points[structured], patches.hashes(squares[structured]), width, height)
