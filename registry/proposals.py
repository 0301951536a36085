"""Pictures that several people dismissed as "not me": perhaps common ones. Proposed to operators, decided by them.

Operators see counts and an opaque id: no person, no place, no picture. A dismissal may be a mistake or an attack, so
nothing becomes common by itself.
"""

import base64
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import exists, func, select

from registry import audit
from registry.dismissals import picture_of
from registry.errors import BadValue
from registry.models import DismissalRow, ExposureRow, HouseRow, NoticeRow
from registry.transaction import Transaction

if TYPE_CHECKING:
    from matchers.frames import Frame
    from matchers.likeness import Known

LEAST_PHOTOS, LEAST_PEOPLE = 3, 2
DECLINED = "common-declined-"
NEWEST = 5_000
"""Dismissals looked at; unsealing one takes some 50 microseconds."""


@dataclass(frozen=True)
class Proposal:
    """One picture, near copies of it included, that was dismissed for several photos.

    `others`: people who were shown it and did not dismiss it; `confirmed`: those among them who sent a notice about it,
    so that for them it is a find. `frames` are its fingerprints.
    """

    id: str
    photos: int
    people: int
    exposures: int
    others: int
    confirmed: int
    frames: tuple["Frame", ...] = field(repr=False)


def proposals(tx: Transaction, known: "Known | None" = None) -> list[Proposal]:
    """Return the pictures that at least three photos of at least two people were wrongly like, most dismissed first.

    `known`: common pictures, which need not be proposed again.
    """
    from matchers.likeness import families

    dismissed = _dismissed(tx)
    pictures = [(index, rows, seen) for index, rows in dismissed.items() if (seen := _frames(tx, rows))]
    made = []
    for family in families([seen for _, _, seen in pictures]):
        some = [pictures[number] for number in family]
        rows = [row for _, rows, _ in some for row in rows]
        people = {row.person_id for row in rows}
        photos = len({row.enrolment_id for row in rows})
        if photos < LEAST_PHOTOS or len(people) < LEAST_PEOPLE or (known is not None and known.has(some[0][2])):
            continue
        indexes = [index for index, _, _ in some]
        others, confirmed = _others(tx, indexes, people)
        exposures = len({row.exposure_id for row in rows})
        made.append(Proposal(_id(tx, indexes), photos, len(people), exposures, others, confirmed, some[0][2]))
    declined = _declined(tx)
    made = [each for each in made if each.id not in declined]
    return sorted(made, key=lambda each: (-each.photos, each.id))


def proposal(tx: Transaction, number: str) -> Proposal:
    """Return one proposal, and note in the audit trail that it was taken; BadValue where there is none."""
    for each in proposals(tx):
        if each.id == number:
            audit.append(tx, tx.actor, "common-accepted", UUID(bytes=bytes.fromhex(number).ljust(16, b"\0")))
            return each
    raise BadValue(f"There is no proposal {number} (any more): `watchlight common list` shows those there are.")


def decline(tx: Transaction, number: str) -> None:
    """Propose a picture no more; BadValue where it is not proposed."""
    if number not in {each.id for each in proposals(tx)}:
        raise BadValue(f"There is no proposal {number} (any more): `watchlight common list` shows those there are.")
    tx.add(HouseRow(name=f"{DECLINED}{number}", value=b"declined"))
    audit.append(tx, tx.actor, "common-declined", UUID(bytes=bytes.fromhex(number).ljust(16, b"\0")))


def _declined(tx: Transaction) -> set[str]:
    names = tx.session.scalars(select(HouseRow.name).where(HouseRow.name.startswith(DECLINED)))
    return {name.removeprefix(DECLINED) for name in names}


def _dismissed(tx: Transaction) -> dict[bytes, list[DismissalRow]]:
    """Return the newest dismissals as "not me", by the index of the picture file they are about."""
    newest = (
        select(DismissalRow, ExposureRow.picture_index)
        .join(ExposureRow, ExposureRow.id == DismissalRow.exposure_id)
        .where(DismissalRow.why == "not-me", ExposureRow.picture_index.is_not(None))
        .order_by(DismissalRow.created_at.desc(), DismissalRow.exposure_id)
        .limit(NEWEST)
    )
    found: defaultdict[bytes, list[DismissalRow]] = defaultdict(list)
    for row, index in tx.session.execute(newest):
        found[index or b""].append(row)
    return found


def _frames(tx: Transaction, rows: Sequence[DismissalRow]) -> tuple["Frame", ...]:
    """Return the fingerprints kept with one of these dismissals of one file, () where none has any."""
    from matchers import frames

    for row in rows:
        stored = picture_of(tx, row)["frames"]
        if stored:
            return frames.from_bytes(base64.b64decode(stored))
    return ()


def _others(tx: Transaction, indexes: Sequence[bytes], people: set[UUID]) -> tuple[int, int]:
    """Return how many other people were shown these files, and how many of those sent a notice about one."""
    sent = exists().where(NoticeRow.exposure_id == ExposureRow.id, NoticeRow.sent_at.is_not(None))
    shown = select(func.count(ExposureRow.person_id.distinct())).where(
        ExposureRow.picture_index.in_(indexes), ExposureRow.person_id.not_in(people)
    )
    return tx.session.scalar(shown) or 0, tx.session.scalar(shown.where(sent)) or 0


def _id(tx: Transaction, indexes: Sequence[bytes]) -> str:
    """Return eight letters that stand for a picture and tell nothing of it."""
    return tx.vault.index("proposal", min(indexes))[:4].hex()
