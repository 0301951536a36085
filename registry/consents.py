"""Consents: nothing is enrolled, compared or told without an open one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update

from registry import audit
from registry.errors import BadValue, UnknownEnrolment
from registry.models import ConsentRow, DecisionRow, EnrolmentChangeRow, EnrolmentRow
from registry.people import Person, get, id_of
from registry.transaction import Transaction

VERSION = "2026-11"  # of the words a person agrees to, in docs/privacy.md


@dataclass(frozen=True)
class Consent:
    """A yes to one version of the words, from `given_at` until `withdrawn_at` (None: still open)."""

    id: UUID
    person: UUID
    version: str
    given_at: datetime
    withdrawn_at: datetime | None


def give(tx: Transaction, person: Person | UUID, version: str = VERSION) -> Consent:
    """Record that the person said yes to `version` of the words; the same yes twice stays one."""
    owner = get(tx, id_of(person)).id
    if not (0 < len(version) <= 40 and version.isascii() and version.isprintable()):
        raise BadValue("The version of a consent is a short word such as 2026-11.")
    row = tx.session.scalar(
        select(ConsentRow).where(
            ConsentRow.person_id == owner, ConsentRow.version == version, ConsentRow.withdrawn_at.is_(None)
        )
    )
    if row is None:
        row = ConsentRow(id=uuid4(), person_id=owner, version=version, given_at=tx.now(), withdrawn_at=None)
        tx.add(row)
        audit.append(tx, tx.actor, "consent-given", row.id)
    return _consent(row)


def withdraw(tx: Transaction, *, person: Person | UUID | None = None, enrolment: UUID | None = None) -> int:
    """End the consent for one enrolment, or for all of a person, from this moment.

    Return how many enrolments ended. A withdrawn enrolment loses its fingerprint at once: there is no
    purpose left for it.
    """
    if (person is None) == (enrolment is None):
        raise ValueError("withdraw wants a person or an enrolment")
    if enrolment is not None:
        return _withdraw_one(tx, enrolment)
    assert person is not None
    owner = get(tx, id_of(person)).id
    for consent in open_consents(tx, owner):
        tx.session.execute(update(ConsentRow).where(ConsentRow.id == consent.id).values(withdrawn_at=tx.now()))
        audit.append(tx, tx.actor, "consent-withdrawn", consent.id)
    open_ones = tx.session.scalars(
        select(EnrolmentRow).where(EnrolmentRow.person_id == owner, EnrolmentRow.withdrawn_at.is_(None))
    )
    return sum(_close(tx, row) for row in open_ones.all())


def is_open(tx: Transaction, enrolment: UUID) -> bool:
    """Say whether this enrolment may be compared and told about now; unknown means no."""
    return enrolment in open_among(tx, [enrolment])


def open_among(tx: Transaction, some: Collection[UUID]) -> set[UUID]:
    """Return those of these enrolments, a few hundred at most, that may be compared and told about now."""
    found = tx.session.scalars(
        select(EnrolmentRow.id)
        .join(ConsentRow, ConsentRow.id == EnrolmentRow.consent_id)
        .where(
            EnrolmentRow.id.in_(some),
            EnrolmentRow.withdrawn_at.is_(None),
            ConsentRow.withdrawn_at.is_(None),
        )
    )
    return set(found)


def open_consents(tx: Transaction, person: Person | UUID) -> list[Consent]:
    """Return the person's consents that are not withdrawn, newest last."""
    return [consent for consent in consents(tx, person) if consent.withdrawn_at is None]


def consents(tx: Transaction, person: Person | UUID | None = None) -> list[Consent]:
    """Return the consents of one person, or of everybody, open and withdrawn, oldest first."""
    wanted = select(ConsentRow).order_by(ConsentRow.given_at, ConsentRow.id)
    if person is not None:
        wanted = wanted.where(ConsentRow.person_id == id_of(person))
    return [_consent(row) for row in tx.session.scalars(wanted)]


def _withdraw_one(tx: Transaction, enrolment: UUID) -> int:
    row = tx.session.get(EnrolmentRow, enrolment)
    if row is None:
        raise UnknownEnrolment(
            f"There is no enrolment {enrolment}: `watchlight person show NAME` lists the enrolments of a person."
        )
    return 0 if row.withdrawn_at is not None else _close(tx, row)


def _close(tx: Transaction, row: EnrolmentRow) -> int:
    row.withdrawn_at = tx.now()
    row.fingerprint = row.fingerprint_index = None
    tx.session.execute(delete(DecisionRow).where(DecisionRow.enrolment_id == row.id))
    tx.add(EnrolmentChangeRow(enrolment_id=row.id, at=tx.now()))
    audit.append(tx, tx.actor, "enrolment-withdrawn", row.id)
    return 1


def _consent(row: ConsentRow) -> Consent:
    return Consent(row.id, row.person_id, row.version, row.given_at, row.withdrawn_at)
