"""Hash algorithms, one file each, found by walking this folder: a new hash is one new file.

A hash file has `ALGORITHM`, `VERSION` (a change of any bit is a new version), `BITS`, and
`compute(pixels) -> ImageHash`, where pixels are height x width x 3, RGB, 8 bit.
"""

import importlib
import pkgutil
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ImageHash:
    """The bits of one picture under one algorithm and version; others cannot be compared with it."""

    algorithm: str
    version: str
    bits: bytes

    def distance(self, other: "ImageHash") -> int:
        """Count the bits that differ. Hashes of different kinds cannot be compared."""
        if (self.algorithm, self.version, len(self.bits)) != (other.algorithm, other.version, len(other.bits)):
            raise ValueError(f"cannot compare {self.algorithm}/{self.version} with {other.algorithm}/{other.version}")
        return (int.from_bytes(self.bits) ^ int.from_bytes(other.bits)).bit_count()

    @property
    def hex(self) -> str:
        """Return all digits, leading zeros too."""
        return self.bits.hex()

    @classmethod
    def from_hex(cls, algorithm: str, version: str, digits: str) -> "ImageHash":
        """Return the hash that `.hex` wrote; ValueError if these are not hexadecimal digits."""
        return cls(algorithm, version, bytes.fromhex(digits))


class HashFile(Protocol):
    """What each file of this folder offers."""

    ALGORITHM: str
    VERSION: str
    BITS: int

    def compute(self, pixels: NDArray[np.uint8]) -> ImageHash:
        """Return the hash of RGB pixels, height x width x 3, 8 bit."""


def hash_files() -> dict[str, HashFile]:
    """Return every hash of this folder by its algorithm's name."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    files = [cast(HashFile, module) for module in modules]
    return {file.ALGORITHM: file for file in files}
