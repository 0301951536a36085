"""Comparing each new photo with those of other people, so that nobody finds somebody else by enrolling their photo.

It runs beside the portal, never inside a request: what a person is answered, and how fast, does not depend on who
else is enrolled. However many there are, a few thousand photos are in memory at a time.
"""

from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from alerts.live import STEP
from matchers.hashes import ImageHash, pdq
from registry import cases, consents, enrolments, lists, reviews
from registry.database import Registry
from registry.enrolments import Added
from registry.reviews import COMPARED

NEAR = 31  # of 256 bits, in any orientation: the same photo, saved again, turned, or lightly edited
WORDS = pdq.BITS // 64


def look_for_doubles(registry: Registry) -> int:
    """Compare the photos enrolled since the last time; return how many reviews that opened.

    The reading position moves in the same unit of work: addresses of a photo are not released before it was compared.
    """
    opened = 0
    with registry.reading() as tx:
        compared = cases.cursor(tx, COMPARED)
    for new, position in _photos(registry, compared):
        pairs = _pairs(registry, new)
        with registry.transaction("doubles") as tx:
            for pair in pairs:
                if len(consents.open_among(tx, pair)) == len(pair):  # either may have been withdrawn meanwhile
                    opened += reviews.open_review(tx, pair) is not None
            cases.move_cursor(tx, COMPARED, position)
    return opened


def _photos(registry: Registry, position: int) -> Iterator[tuple[list[Added], int]]:
    """Yield the photos that are looked for and changed after `position`, some at a time, and how far that was."""
    while True:
        with registry.reading() as tx:
            changed, position = enrolments.changes(tx, position, most=STEP)
        if not changed:
            return
        yield [each for each in changed if isinstance(each, Added)], position


def _pairs(registry: Registry, new: Sequence[Added]) -> list[tuple[UUID, UUID]]:
    """Return which of these photos are nearly one of somebody else, with that one, in the order of the new ones."""
    of_people = _owners(registry, [each.enrolment for each in new])
    uprights = [(each.enrolment, _words(each.fingerprint.whole[:1])[0]) for each in new if each.enrolment in of_people]
    found = list[tuple[UUID, UUID]]()
    for some, _ in _photos(registry, 0) if uprights else ():
        words = _words([one for each in some for one in each.fingerprint.whole])
        whose = np.repeat(np.arange(len(some)), [len(each.fingerprint.whole) for each in some])
        near = [(mine, some[at].enrolment) for mine, upright in uprights for at in _near(upright, words, whose)]
        found += _of_different_people(registry, near)
    rank = {each.enrolment: n for n, each in enumerate(new)}
    return sorted(found, key=lambda pair: rank[pair[0]])


def _words(hashes: Sequence[ImageHash]) -> NDArray[np.uint64]:
    return np.frombuffer(b"".join(each.bits for each in hashes), np.uint64).reshape(-1, WORDS)


def _near(upright: NDArray[np.uint64], words: NDArray[np.uint64], whose: NDArray[np.int64]) -> list[int]:
    """Return whose whole picture, turned or mirrored in any way, is nearly this one."""
    distances = np.bitwise_count(words ^ upright).sum(axis=1, dtype=np.uint16)
    return [int(each) for each in np.unique(whose[distances <= NEAR])]


def _of_different_people(registry: Registry, pairs: Sequence[tuple[UUID, UUID]]) -> list[tuple[UUID, UUID]]:
    """Return the pairs of two accounts."""
    owner = _owners(registry, {each for pair in pairs for each in pair})
    return [(one, other) for one, other in pairs if {one, other} <= owner.keys() and owner[one] != owner[other]]


def _owners(registry: Registry, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return whose these are. Lists are nobody's photos: an account is not frozen because one has its hash."""
    with registry.reading() as tx:
        listed = lists.accounts(tx) if ids else set()
        return {each: person for each, person in enrolments.owners(tx, ids).items() if person not in listed}
