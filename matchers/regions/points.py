"""Places of a picture, as they are found: what keypoints, their directions and their patches are told by."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matchers.regions.kept import Floats


@dataclass(frozen=True)
class Keypoints:
    """Places in a picture: arrays of one length, in pixels of the working picture, angles in radians."""

    x: Floats
    y: Floats
    sigma: Floats
    angle: Floats
    response: Floats

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, chosen: npt.NDArray[np.generic]) -> "Keypoints":
        return Keypoints(*(v[chosen] for v in (self.x, self.y, self.sigma, self.angle, self.response)))


def middles(side: int, reach: float) -> Floats:
    """Return the middles of `side` cells from -reach to reach."""
    return np.asarray(((np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1) * np.float32(reach), np.float32)
