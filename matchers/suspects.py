"""Which kept sightings could be a likeness of a few enrolments? Told from their hashes in blocks alone.

Nothing here decides: what is passed over can be no likeness by the rules of the index, whatever else is known of
it; the rest is read whole and judged by the index itself.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from matchers.blocks import WORDS, Block
from matchers.compiled import compiled, ones
from matchers.deciding import RADIUS
from matchers.fingerprint import Fingerprint
from matchers.hashes.pdq import ORIENTATIONS
from matchers.negative import NegativeBank
from matchers.regions.agreement import ENOUGH_BITS, Caps
from matchers.regions.index import COMMON_BITS
from matchers.regions.kept import MIRROR, Hashes, distances
from matchers.regions.repeats import repeated
from matchers.regions.sieve import PatchSieve, read_only
from matchers.regions.tables import Meetings

Ids = npt.NDArray[np.int64]


@compiled
def near_rows(whole: npt.NDArray[np.uint64], enrolled: npt.NDArray[np.uint64], radius: int) -> npt.NDArray[np.bool_]:
    """Say of each frame (n, 8, 4) whether an orientation is within `radius` bits of an enrolled hash (m, 4)."""
    near = np.zeros(len(whole), np.bool_)
    for row in range(len(whole)):
        for turn in range(whole.shape[1]):
            for each in range(len(enrolled)):
                apart = ones(whole[row, turn, 0] ^ enrolled[each, 0]) + ones(whole[row, turn, 1] ^ enrolled[each, 1])
                if apart > np.uint64(radius):
                    continue
                apart += ones(whole[row, turn, 2] ^ enrolled[each, 2]) + ones(whole[row, turn, 3] ^ enrolled[each, 3])
                if apart <= np.uint64(radius):
                    near[row] = True
    return near


class Patches:
    """The enrolled patches that are evidence, upright and mirrored, with their worth and a number for whose and which.

    Their worth is the index's: it leaves out what the photo itself shows more than once.
    """

    def __init__(self, enrolled: Sequence[Fingerprint], bank: NegativeBank) -> None:
        hashes, caps, owner = [np.empty((0, 2), np.uint64)], [np.empty(0, np.uint8)], [np.empty(0, np.int64)]
        for number, fp in enumerate(enrolled):
            if fp.regions is None:
                continue
            worth = np.minimum(bank.caps(fp.regions.hashes), repeated(fp.regions.hashes, fp.regions.places))
            telling = np.flatnonzero(worth > COMMON_BITS)
            for turned, mask in enumerate((np.zeros_like(MIRROR), MIRROR)):
                hashes.append(np.asarray(fp.regions.hashes[telling] ^ mask, np.uint64))
                caps.append(worth[telling])
                owner.append(np.full(len(telling), 2 * number + turned, np.int64))
        self.hashes: Hashes = np.concatenate(hashes)
        self.caps: Caps = np.concatenate(caps)
        self.owner: Ids = np.concatenate(owner)


class Sieve:
    """A few enrolments; `suspects(block)` are the sightings that the index could call a likeness of one of them."""

    def __init__(self, enrolled: Sequence[Fingerprint], bank: NegativeBank | None = None) -> None:
        upright = [np.frombuffer(fp.whole[0].bits, "<u8") for fp in enrolled]
        self._upright = np.array(upright, np.uint64).reshape(-1, WORDS)
        self._bank = bank or NegativeBank()
        self._enrolled = Patches(enrolled, self._bank)
        self._patches = PatchSieve(self._enrolled.hashes) if len(self._enrolled.hashes) else None

    @property
    def wants_patches(self) -> bool:
        """Say whether any of the enrolments has patches to look for."""
        return self._patches is not None

    def suspects(self, block: Block) -> Ids:
        """Return the ids of the sightings of a block that must be read whole, in order, each once."""
        assert block.whole.shape[1:] == (len(ORIENTATIONS), WORDS)
        near = near_rows(read_only(block.whole), self._upright, RADIUS)
        near[self._agreeing(block)] = True
        return np.unique(block.ids[near])

    def _agreeing(self, block: Block) -> Ids:
        """Return the frames of which two patches or more speak for one enrolment, mirrored or not."""
        if self._patches is None or not len(block.patches):
            return np.empty(0, np.int64)
        met = self._patches.meetings(block.patches)
        frame = np.searchsorted(np.cumsum(block.counts, dtype=np.int64), met[:, 0], "right")
        twice = _twice(frame, self._enrolled.owner[met[:, 1]])
        met, frame = met[twice], frame[twice]
        # What patches are worth is asked of the few only that are left: a patch is compared with the whole bank.
        worth = self._are_worth_something(block.patches, met)
        met, frame = met[worth], frame[worth]
        return np.unique(frame[_twice(frame, self._enrolled.owner[met[:, 1]])])

    def _are_worth_something(self, patches: Hashes, met: Meetings) -> npt.NDArray[np.bool_]:
        theirs, ours = patches[met[:, 0]], self._enrolled.hashes[met[:, 1]]
        caps = self._bank.caps(theirs)
        apart = distances(theirs, ours)
        return (caps > COMMON_BITS) & (
            np.minimum(np.minimum(caps, self._enrolled.caps[met[:, 1]]), ENOUGH_BITS) > apart
        )


def _twice(frame: Ids, owner: Ids) -> npt.NDArray[np.bool_]:
    """Say of each meeting whether its frame and its enrolment meet once more."""
    both = frame * (int(owner.max(initial=0)) + 1) + owner
    _, which, counts = np.unique(both, return_inverse=True, return_counts=True)
    return np.asarray(counts[which] > 1, np.bool_)
