"""Pictures whose patches the search benchmark borrows: drawn clouds, or photos of a folder."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from matchers import Unhashable, fingerprint
from matchers.regions.kept import Regions
from matchers.regions.regions import regions

KINDS = (".jpg", ".jpeg", ".png", ".webp")


def drawn(seed: int, count: int = 60) -> Iterator[Regions]:
    """Yield the regions of clouds of four sizes."""
    for number in range(count):
        random = np.random.default_rng([seed, number])
        clouds = np.zeros((480, 640), np.float32)
        for sigma, weight in ((3, 25), (7, 30), (18, 40), (50, 60)):
            noise = random.normal(0, 1, (480, 640)).astype(np.float32)
            clouds += weight * cv2.GaussianBlur(noise, (0, 0), sigma) * sigma * 2
        found = regions(np.clip(128 + clouds, 0, 255).astype(np.uint8), 640, 480)
        if found is not None:
            yield found


def of_photos(folder: Path, most: int = 400) -> Iterator[Regions]:
    """Yield the regions of the first `most` pictures below a folder."""
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in KINDS]
    for path in paths[:most]:
        try:
            found = fingerprint(path.read_bytes()).regions
        except Unhashable:
            continue
        if found is not None:
            yield found
