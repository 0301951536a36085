"""Comparing each new photo with those of other people, so that nobody finds somebody else by enrolling their photo.

It runs beside the portal, never inside a request: what a person is answered, and how fast, does not depend on who
else is enrolled.
"""

from collections.abc import Sequence
from uuid import UUID

import numpy

from matchers import Fingerprint
from registry import cases, enrolments, lists, reviews
from registry.database import Registry
from registry.enrolments import Added
from registry.reviews import COMPARED
from registry.transaction import Transaction

NEAR = 31  # of 256 bits, in any orientation: the same photo, saved again, turned, or lightly edited


def look_for_doubles(registry: Registry) -> int:
    """Compare the photos enrolled since the last time; return how many reviews that opened.

    The reading position moves in the same unit of work: addresses of a photo are not released before it was compared.
    """
    with registry.reading() as tx:
        changes, position = enrolments.changes(tx, cases.cursor(tx, COMPARED))
    new = [each for each in changes if isinstance(each, Added)]
    with registry.transaction("doubles") as tx:
        everybody = enrolments.active(tx) if new else []
        owner = _owners(tx) if new else {}
        opened = 0
        for each in new:
            for other in _near(each.fingerprint, everybody):
                if each.enrolment in owner and other in owner and owner[other] != owner[each.enrolment]:
                    opened += reviews.open_review(tx, (each.enrolment, other)) is not None
        if changes:
            cases.move_cursor(tx, COMPARED, position)
    return opened


def _owners(tx: Transaction) -> dict[UUID, UUID]:
    """Return whose each enrolment is. Lists are nobody's photos: an account is not frozen because one has its hash."""
    listed = lists.accounts(tx)
    return {each.id: each.person for each in enrolments.enrolments(tx) if each.person not in listed}


def _near(fingerprint: Fingerprint, everybody: Sequence[tuple[UUID, Fingerprint]]) -> list[UUID]:
    """Return the enrolments whose whole picture, turned or mirrored in any way, is nearly this one."""
    upright = numpy.frombuffer(fingerprint.whole[0].bits, numpy.uint8)
    found = []
    for enrolment, other in everybody:
        turned = numpy.frombuffer(b"".join(each.bits for each in other.whole), numpy.uint8).reshape(
            len(other.whole), -1
        )
        if int(numpy.bitwise_count(turned ^ upright).sum(axis=1).min()) <= NEAR:
            found.append(enrolment)
    return found
