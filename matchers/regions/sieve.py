"""Which of millions of kept patches can meet one of a few enrolled ones? Asked of keys, before any bit is compared.

Two patches meet only if they agree in all bits of one of the tables' masks (`tables.MASKS`). For each mask a
bitmap says which keys the enrolled patches have there; a patch whose keys are in none of them meets nothing. The
keys for 16 masks come from one look-up for each byte of a patch, two keys to a word: written out, because that
is twice as fast as a loop.
"""

import numpy as np
import numpy.typing as npt

from matchers.regions.compiled import compiled
from matchers.regions.kept import Hashes
from matchers.regions.tables import MASKS

KEY_BITS = 20
"""A mask with more bits is asked by its first 20: that lets more through, and nothing is missed."""
AT_ONCE = 16
"""Masks whose keys are found together, as 8 words of two keys each."""

Parts = npt.NDArray[np.uint64]
Bitmaps = npt.NDArray[np.uint32]


def key_parts(masks: Hashes) -> Parts:
    """Return (groups, 16, 256, 8): what each value of each of a patch's bytes adds to its keys, two to a word.

    The last group is filled up with its last mask.
    """
    wanted = [*masks, *[masks[-1]] * (-len(masks) % AT_ONCE)]
    parts = np.zeros((len(wanted) // AT_ONCE, 16, 256, AT_ONCE), "<u4")
    values = np.arange(256)
    for number, words in enumerate(wanted):
        chosen = [bit for bit in range(128) if int(words[bit // 64]) >> (bit % 64) & 1][:KEY_BITS]
        for place, bit in enumerate(chosen):
            parts[number // AT_ONCE, bit // 8, :, number % AT_ONCE] |= ((values >> (bit % 8) & 1) << place).astype(
                np.uint32
            )
    return parts.view("<u8").astype(np.uint64)


# Views of arrays are counted references, which cost as much as the look-ups here: every element has its full index.


@compiled
def keys_of(
    patches: npt.NDArray[np.uint8], row: int, parts: Parts, group: int, used: npt.NDArray[np.int64]
) -> tuple[np.uint64, ...]:
    """Return the 16 keys of one patch (16 bytes) for one group of masks, as 8 words."""
    a = b = c = d = e = f = g = h = np.uint64(0)
    for n in range(len(used)):
        place = used[n]
        value = patches[row, place]
        a |= parts[group, place, value, 0]
        b |= parts[group, place, value, 1]
        c |= parts[group, place, value, 2]
        d |= parts[group, place, value, 3]
        e |= parts[group, place, value, 4]
        f |= parts[group, place, value, 5]
        g |= parts[group, place, value, 6]
        h |= parts[group, place, value, 7]
    return a, b, c, d, e, f, g, h


@compiled
def mark(
    patches: npt.NDArray[np.uint8], parts: Parts, group: int, used: npt.NDArray[np.int64], bitmaps: Bitmaps
) -> None:
    """Mark the keys that these patches have for one group of masks; `bitmaps` is (groups, 16, 2^15)."""
    low = np.uint64(0xFFFFFFFF)
    for row in range(len(patches)):
        for n, word in enumerate(keys_of(patches, row, parts, group, used)):
            for half in range(2):
                key = word & low if half == 0 else word >> np.uint64(32)
                bitmaps[group, 2 * n + half, key >> np.uint64(5)] |= np.uint32(1) << np.uint32(key & np.uint64(31))


@compiled
def either_marked(bitmaps: Bitmaps, group: int, mask: int, word: np.uint64) -> np.uint32:
    """Return 1 where one of a word's two keys is in the bitmap of its mask, else 0."""
    low, high = word & np.uint64(0xFFFFFFFF), word >> np.uint64(32)
    first = bitmaps[group, mask, low >> np.uint64(5)] >> (low & np.uint64(31))
    second = bitmaps[group, mask + 1, high >> np.uint64(5)] >> (high & np.uint64(31))
    return np.uint32((first | second) & np.uint32(1))


@compiled
def passing(
    patches: npt.NDArray[np.uint8], parts: Parts, used: npt.NDArray[np.int64], bitmaps: Bitmaps
) -> npt.NDArray[np.int64]:
    """Return the rows of the patches that have a key in a bitmap; `bitmaps` is (groups, 16, 2^15)."""
    found = np.empty(len(patches), np.int64)
    count = 0
    for row in range(len(patches)):
        for group in range(len(parts)):
            a, b, c, d, e, f, g, h = keys_of(patches, row, parts, group, used)
            hit = either_marked(bitmaps, group, 0, a) | either_marked(bitmaps, group, 2, b)
            hit |= either_marked(bitmaps, group, 4, c) | either_marked(bitmaps, group, 6, d)
            hit |= either_marked(bitmaps, group, 8, e) | either_marked(bitmaps, group, 10, f)
            hit |= either_marked(bitmaps, group, 12, g) | either_marked(bitmaps, group, 14, h)
            if hit:
                found[count] = row
                count += 1
                break
    return found[:count]


class KeySieve:
    """The bitmaps of some enrolled patches; `rows(patches)` are those that may meet one of them."""

    def __init__(self, enrolled: Hashes) -> None:
        self._parts = key_parts(MASKS)
        self._used = np.nonzero(self._parts.any(axis=(0, 2, 3)))[0].astype(np.int64)
        self._bitmaps = np.zeros((len(self._parts), AT_ONCE, 1 << (KEY_BITS - 5)), np.uint32)
        for group in range(len(self._parts)):
            mark(_bytes(enrolled), self._parts, group, self._used, self._bitmaps)

    def rows(self, patches: Hashes) -> npt.NDArray[np.int64]:
        """Return the rows of the patches that share a key with an enrolled one; a few that do not are among them."""
        return passing(_bytes(patches), self._parts, self._used, self._bitmaps)


def _bytes(patches: Hashes) -> npt.NDArray[np.uint8]:
    """Return (n, 16): bit i of a patch is bit i % 8 of byte i // 8."""
    return np.ascontiguousarray(patches.astype("<u8", copy=False)).view(np.uint8).reshape(-1, 16)
