"""Which of millions of kept patches meet one of a few enrolled ones? Asked of keys first, then of every bit.

Two patches meet only if they agree in all bits of one of the tables' masks (`tables.MASKS`). For each mask a
bitmap says which keys the enrolled patches have there. The kept patches pass over the bitmaps a thousand at a time,
mask by mask: keys first, then look-ups, each a loop without a branch that becomes vector instructions, while
a mask's bitmap stays in the processor's nearest cache. What has a key in none of them meets nothing; what has is
compared with the enrolled patches of that key.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matchers.compiled import compiled, ones, with_room
from matchers.regions.agreement import SEED_RADIUS
from matchers.regions.kept import Hashes
from matchers.regions.tables import MASKS, Meetings, met_earlier

FEWEST_KEY_BITS, MOST_KEY_BITS = 17, 20
"""A key is hashed to so many bits: bitmaps of 16 KiB a mask for one enrolled photo, of 128 KiB for many."""
ROOM = 8
"""So many bits more than enrolled patches need: of strangers' keys about one in 300 is marked by chance."""
WIDEST = 12
"""Rows are found by so many bits of a key at most: a longer table of starts would not stay in the cache."""
AT_ONCE = 1024
"""Patches a pass: with their keys and one bitmap they fit the nearest cache."""
LOW, HIGH = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
"""Odd factors, for the two words of a patch: equal bits under a mask give equal keys."""

Bitmaps = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.uint32]
Words = npt.NDArray[np.uint64]


class Marked(NamedTuple):
    """Enrolled patches by the keys they have under each mask.

    `bitmaps` is (masks, 2^bits / 32); the rows whose key begins with `value` are `rows[mask, n]` for n from
    `starts[mask, value]` to `starts[mask, value + 1]`, 2^width values.
    """

    hashes: Hashes
    masks: Hashes
    bits: int
    width: int
    bitmaps: Bitmaps
    starts: Numbers
    rows: Numbers


@compiled
def key_of(low: np.uint64, high: np.uint64, mask_low: np.uint64, mask_high: np.uint64, bits: int) -> np.uint64:
    """Return the key of a patch under a mask, as a number of so many bits."""
    return ((low & mask_low) * LOW + (high & mask_high) * HIGH) >> np.uint64(64 - bits)


@compiled
def marked(hashes: Hashes, masks: Hashes, bits: int, width: int) -> tuple[Bitmaps, Numbers, Numbers]:
    """Return the bitmaps, starts and rows of `Marked`: a counting sort for each mask."""
    bitmaps = np.zeros((len(masks), 1 << (bits - 5)), np.uint32)
    starts = np.zeros((len(masks), (1 << width) + 1), np.uint32)
    rows, place = np.empty((len(masks), len(hashes)), np.uint32), np.empty(1 << width, np.uint32)
    for mask in range(len(masks)):
        for row in range(len(hashes)):
            key = key_of(hashes[row, 0], hashes[row, 1], masks[mask, 0], masks[mask, 1], bits)
            bitmaps[mask, key >> np.uint64(5)] |= np.uint32(1) << np.uint32(key & np.uint64(31))
            starts[mask, (key >> np.uint64(bits - width)) + np.uint64(1)] += 1
        for value in range(1 << width):
            starts[mask, value + 1] += starts[mask, value]
            place[value] = starts[mask, value]
        for row in range(len(hashes)):
            key = key_of(hashes[row, 0], hashes[row, 1], masks[mask, 0], masks[mask, 1], bits)
            begins = key >> np.uint64(bits - width)
            rows[mask, place[begins]] = row
            place[begins] += 1
    return bitmaps, starts, rows


@compiled
def passed(low: Words, high: Words, many: int, masks: Hashes, bits: int, bitmaps: Bitmaps, hits: Numbers) -> None:
    """Set the lowest bit of `hits` for each of `many` patches that has a key in a bitmap."""
    keys = np.empty(many, np.uint32)
    hits[:many] = 0
    shift = np.uint64(64 - bits)
    for mask in range(len(masks)):
        mask_low, mask_high, bitmap = masks[mask, 0], masks[mask, 1], bitmaps[mask]
        for i in range(many):
            keys[i] = np.uint32(((low[i] & mask_low) * LOW + (high[i] & mask_high) * HIGH) >> shift)
        for i in range(many):
            hits[i] |= bitmap[keys[i] >> np.uint32(5)] >> (keys[i] & np.uint32(31))


@compiled
def compared(
    low: Words, high: Words, chosen: Numbers, many: int, kept: Marked, first: int, found: Meetings, count: int
) -> tuple[Meetings, int]:
    """Add the meetings of `many` chosen patches to `found`; return it, longer if need be, and how many there are."""
    hashes, masks, bits, width, bitmaps, starts, rows = kept
    for mask in range(len(masks)):
        mask_low, mask_high = masks[mask, 0], masks[mask, 1]
        for n in range(many):
            i = chosen[n]
            key = key_of(low[i], high[i], mask_low, mask_high, bits)
            if not (bitmaps[mask, key >> np.uint64(5)] >> np.uint32(key & np.uint64(31))) & np.uint32(1):
                continue
            value = key >> np.uint64(bits - width)
            for at in range(starts[mask, value], starts[mask, value + np.uint64(1)]):
                row = rows[mask, at]
                one, two = low[i] ^ hashes[row, 0], high[i] ^ hashes[row, 1]
                if ones(one) + ones(two) > np.uint64(SEED_RADIUS) or (one & mask_low) | (two & mask_high):
                    continue
                if met_earlier(one, two, masks, mask):
                    continue
                if count == len(found):
                    found = with_room(found)
                found[count, 0], found[count, 1] = first + i, row
                count += 1
    return found, count


@compiled
def met(patches: Hashes, kept: Marked) -> Meetings:
    """Return the meetings of any number of patches with the marked ones."""
    low, high = np.empty(AT_ONCE, np.uint64), np.empty(AT_ONCE, np.uint64)
    hits, chosen = np.empty(AT_ONCE, np.uint32), np.empty(AT_ONCE, np.uint32)
    found, count = np.empty((1024, 2), np.uint32), 0
    for start in range(0, len(patches), AT_ONCE):
        many, left = min(AT_ONCE, len(patches) - start), 0
        for i in range(many):
            low[i], high[i] = patches[start + i, 0], patches[start + i, 1]
        passed(low, high, many, kept.masks, kept.bits, kept.bitmaps, hits)
        for i in range(many):
            chosen[left] = i
            left += hits[i] & np.uint32(1)
        found, count = compared(low, high, chosen, left, kept, start, found, count)
    return found[:count]


def read_only(words: Words) -> Words:
    """Return the same words as nobody may write them: machine code is made for each kind of array anew."""
    view = words.view()
    view.flags.writeable = False
    return view


class PatchSieve:
    """A few enrolled patches; `meetings(patches)` finds which of very many meet them."""

    def __init__(self, enrolled: Hashes) -> None:
        needed = int(np.ceil(np.log2(max(2, len(enrolled)))))
        bits = int(np.clip(needed + ROOM, FEWEST_KEY_BITS, MOST_KEY_BITS))
        width = min(max(8, needed), WIDEST)
        self._kept = Marked(enrolled, MASKS, bits, width, *marked(enrolled, MASKS, bits, width))

    def meetings(self, patches: Hashes) -> Meetings:
        """Return what `meetings_slowly(patches, enrolled)` returns, in another order."""
        return met(read_only(patches), self._kept)
