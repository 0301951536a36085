"""Find patches that are nearly the same among millions: tables by chosen bits, then every bit.

Two patches meet when they agree in all bits of at least one of the `MASKS` and differ in at most
`SEED_RADIUS` of 128. `meetings_slowly` is that sentence; `Tables` gives the same pairs, fast.
"""

import numpy as np
import numpy.typing as npt

from matchers.compiled import compiled, ones, with_room
from matchers.regions.agreement import SEED_RADIUS
from matchers.regions.kept import Hashes, distances

Numbers = npt.NDArray[np.uint32]
Meetings = npt.NDArray[np.uint32]
"""(n, 2): the asked patch's row, the kept patch's row."""

TABLE_COUNT = 16
KEY_BITS = 20
SAMPLED_FROM = 80


def sampled_bits() -> npt.NDArray[np.int64]:
    """Return (tables, key bits): which of the 128 bits make each table's key."""
    random = np.random.Generator(np.random.PCG64(20261123))
    return np.stack([np.sort(random.choice(SAMPLED_FROM, KEY_BITS, replace=False)) for _ in range(TABLE_COUNT)])


BITS = sampled_bits()


def masks(bits: npt.NDArray[np.int64]) -> Hashes:
    """Return each table's bits as a 128-bit mask."""
    made = np.zeros((len(bits), 2), np.uint64)
    for table, chosen in enumerate(bits):
        for bit in chosen:
            made[table, bit // 64] |= np.uint64(1) << np.uint64(bit % 64)
    return made


MASKS = masks(BITS)


def meetings_slowly(asked: Hashes, kept: Hashes) -> Meetings:
    """Return every meeting of two lists of patches, by comparing all with all."""
    met = np.zeros((len(asked), len(kept)), np.bool_)
    for row, patch in enumerate(asked):
        differing = patch ^ kept
        same_key = ((differing[:, None] & MASKS) == 0).all(-1).any(-1)
        met[row] = same_key & (distances(patch, kept) <= SEED_RADIUS)
    return np.argwhere(met).astype(np.uint32)


@compiled
def key(patch: Hashes, bits: npt.NDArray[np.int64], width: int) -> int:
    """Return the first `width` of a table's bits as a number."""
    value = 0
    for n in range(width):
        value = value * 2 + int((patch[bits[n] // 64] >> np.uint64(bits[n] % 64)) & np.uint64(1))
    return value


@compiled
def filled(hashes: Hashes, bits: npt.NDArray[np.int64], width: int) -> tuple[Numbers, Numbers]:
    """Counting sort: where each key's rows start, and the rows in the order of their keys, for each table."""
    starts = np.zeros((len(bits), (1 << width) + 1), np.uint32)
    rows = np.empty((len(bits), len(hashes)), np.uint32)
    keys = np.empty(len(hashes), np.uint32)
    place = np.empty(1 << width, np.uint32)
    for table in range(len(bits)):
        for row in range(len(hashes)):
            keys[row] = key(hashes[row], bits[table], width)
            starts[table, keys[row] + 1] += 1
        for value in range(1 << width):
            starts[table, value + 1] += starts[table, value]
            place[value] = starts[table, value]
        for row in range(len(hashes)):
            rows[table, place[keys[row]]] = row
            place[keys[row]] += 1
    return starts, rows


@compiled
def met_earlier(low: int, high: int, masked: Hashes, table: int) -> bool:
    """Say whether two patches that differ in these bits share the key of a table before this one."""
    for other in range(table):  # noqa: SIM110 - numba compiles no generators
        if ((low & masked[other, 0]) | (high & masked[other, 1])) == 0:
            return True
    return False


@compiled
def looked_up(
    asked: Hashes,
    kept: Hashes,
    starts: Numbers,
    rows: Numbers,
    bits: npt.NDArray[np.int64],
    masked: Hashes,
    width: int,
) -> Meetings:
    """Return the meetings of `asked` with the rows of the tables, each once."""
    found = np.empty((4096, 2), np.uint32)
    count = 0
    for query in range(len(asked)):
        first, second = asked[query, 0], asked[query, 1]
        for table in range(len(bits)):
            value = key(asked[query], bits[table], width)
            for at in range(starts[table, value], starts[table, value + 1]):
                row = rows[table, at]
                low, high = first ^ kept[row, 0], second ^ kept[row, 1]
                if ones(low) + ones(high) > np.uint64(SEED_RADIUS):
                    continue
                if (low & masked[table, 0]) | (high & masked[table, 1]):
                    continue
                if met_earlier(low, high, masked, table):
                    continue
                if count == len(found):
                    found = with_room(found)
                found[count, 0], found[count, 1] = query, row
                count += 1
    return found[:count]


@compiled
def scanned(asked: Hashes, kept: Hashes, masked: Hashes) -> Meetings:
    """Return the meetings of two short lists of patches: for a few thousand, quicker than building tables."""
    found = np.empty((4096, 2), np.uint32)
    count = 0
    for query in range(len(asked)):
        for row in range(len(kept)):
            low, high = asked[query, 0] ^ kept[row, 0], asked[query, 1] ^ kept[row, 1]
            if ones(low) + ones(high) > np.uint64(SEED_RADIUS) or not met_earlier(low, high, masked, len(masked)):
                continue
            if count == len(found):
                found = with_room(found)
            found[count, 0], found[count, 1] = query, row
            count += 1
    return found[:count]


class Tables:
    """Patches that are searched and never change; built in one go."""

    def __init__(self, hashes: Hashes) -> None:
        self.hashes = hashes
        self._width = int(np.clip(np.ceil(np.log2(max(2, len(hashes)))), 8, KEY_BITS))
        self._starts, self._rows = filled(hashes, BITS, self._width)

    def meetings(self, asked: Hashes) -> Meetings:
        """Return what `meetings_slowly(asked, self.hashes)` returns, in another order."""
        return looked_up(asked, self.hashes, self._starts, self._rows, BITS, MASKS, self._width)
