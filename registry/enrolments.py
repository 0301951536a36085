"""Enrolments: the fingerprints people opted in, sealed, and a feed of changes for a live index."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import Select, func, select

from registry import audit
from registry.consents import open_consents
from registry.errors import AlreadyEnrolled, BadValue, NoConsent, NotAlone, UnknownEnrolment
from registry.models import ConsentRow, EnrolmentChangeRow, EnrolmentRow
from registry.people import LONGEST, Person, get, id_of
from registry.transaction import Transaction

if TYPE_CHECKING:
    from matchers import Fingerprint


@dataclass(frozen=True)
class Enrolment:
    """One photo a person opted in: when, by which algorithm, until when. The photo itself was never here."""

    id: UUID
    person: UUID
    consent: UUID
    algorithm: str
    label: str | None = field(repr=False)
    created_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class Added:
    """This enrolment is to be compared from now on."""

    enrolment: UUID
    fingerprint: "Fingerprint" = field(repr=False)


@dataclass(frozen=True)
class Removed:
    """This enrolment must not be compared any more: withdrawn or erased."""

    enrolment: UUID


def enrol(tx: Transaction, person: Person | UUID, fingerprint: "Fingerprint", label: str | None = None) -> Enrolment:
    """Keep the fingerprint under the person's newest open consent.

    Raises NoConsent without one, AlreadyEnrolled when this person enrolled the same picture before, unless this
    fingerprint finds more than the one kept (see `finds_more`): then it takes its place.
    """
    whose = get(tx, id_of(person))
    owner = whose.id
    if whose.minor and tx.actor == str(owner) and not _accompanied(tx, owner):
        raise NotAlone("Somebody under age enrols a photo with a guardian or a centre beside them.")
    consents = open_consents(tx, owner)
    if not consents:
        raise NoConsent("This person has not consented (any more): ask them, record it, then enrol.")
    index = _fingerprint_index(tx, owner, fingerprint)
    there = tx.session.scalar(
        select(EnrolmentRow).where(EnrolmentRow.person_id == owner, EnrolmentRow.fingerprint_index == index)
    )
    if there is not None:
        return _renewed(tx, there, fingerprint)
    new = uuid4()
    row = EnrolmentRow(
        id=new,
        person_id=owner,
        consent_id=consents[-1].id,
        algorithm=fingerprint.version,
        fingerprint=tx.seal(owner, f"enrolments/{new}/fingerprint", fingerprint.to_bytes()),
        fingerprint_index=index,
        label=None if label is None else _sealed_label(tx, owner, new, label),
        created_at=tx.now(),
        withdrawn_at=None,
    )
    tx.add(row)
    tx.add(EnrolmentChangeRow(enrolment_id=new, at=tx.now()))
    audit.append(tx, tx.actor, "enrolled", new)
    return _enrolment(tx, row)


def _accompanied(tx: Transaction, person: UUID) -> bool:
    from registry.clients import accompanied

    return accompanied(tx, person)


def active(tx: Transaction) -> list[tuple[UUID, "Fingerprint"]]:
    """Return every enrolment with an open consent, with its fingerprint."""
    return [(row.id, _fingerprint(tx, row)) for row in tx.session.scalars(_open_rows())]


def fingerprints_of(tx: Transaction, person: Person | UUID) -> dict[UUID, "Fingerprint"]:
    """Return the fingerprints of one person's photos that are looked for, by enrolment."""
    mine = tx.session.scalars(_open_rows().where(EnrolmentRow.person_id == id_of(person)))
    return {row.id: _fingerprint(tx, row) for row in mine}


def changes(
    tx: Transaction, after: int, most: int | None = None, upto: int | None = None
) -> tuple[list[Added | Removed], int]:
    """Return what changed after position `after` (0: from the start), and the position to ask from next.

    Each enrolment appears once, as it is now; applying the same change twice does no harm. The new
    position of an unchanged registry is `after` again. `most`: no more enrolments than that at once. `upto`: none
    that changed after this position.
    """
    rows = tx.session.execute(_changed(after, most, upto)).all()
    if not rows:
        return [], after
    changed = [enrolment for enrolment, _ in rows]
    now_open = {row.id: row for row in _open_among(tx, changed)}
    return [
        Added(each, _fingerprint(tx, now_open[each])) if each in now_open else Removed(each) for each in changed
    ], int(rows[-1][1])


def ended(tx: Transaction, after: int) -> tuple[list[UUID], int]:
    """Return which enrolments that changed after position `after` are withdrawn or erased, and the newest position.

    Nothing is unsealed: this is quick after a large import, too.
    """
    wanted = (
        select(EnrolmentChangeRow.enrolment_id)
        .distinct()
        .outerjoin(EnrolmentRow, EnrolmentRow.id == EnrolmentChangeRow.enrolment_id)
        .outerjoin(ConsentRow, ConsentRow.id == EnrolmentRow.consent_id)
        .where(
            EnrolmentChangeRow.position > after,
            EnrolmentRow.fingerprint.is_(None)  # erased ones have no row at all
            | EnrolmentRow.withdrawn_at.is_not(None)
            | ConsentRow.id.is_(None)
            | ConsentRow.withdrawn_at.is_not(None),
        )
    )
    return list(tx.session.scalars(wanted)), max(newest_change(tx), after)


def newest_change(tx: Transaction) -> int:
    """Return the position of the newest change, 0 where there was none."""
    return tx.session.scalar(select(func.max(EnrolmentChangeRow.position))) or 0


def end_of_changes(tx: Transaction, after: int, most: int) -> int:
    """Return the position at which no more than `most` enrolments have changed since `after`, or `after` again."""
    ends = tx.session.execute(_changed(after, most, None)).all()
    return int(ends[-1][1]) if ends else after


def _changed(after: int, most: int | None, upto: int | None) -> "Select[UUID, int]":
    """Ask which enrolments changed, each with its last change, in the order of these."""
    last = func.max(EnrolmentChangeRow.position)
    wanted = (
        select(EnrolmentChangeRow.enrolment_id, last)
        .where(EnrolmentChangeRow.position > after)
        .group_by(EnrolmentChangeRow.enrolment_id)
        .order_by(last)
        .limit(most)
    )
    return wanted if upto is None else wanted.having(last <= upto)


def enrolments(tx: Transaction, person: Person | UUID | None = None) -> list[Enrolment]:
    """Return the enrolments of one person, or all, with the withdrawn ones, oldest first."""
    wanted = select(EnrolmentRow).order_by(EnrolmentRow.created_at, EnrolmentRow.id)
    if person is not None:
        wanted = wanted.where(EnrolmentRow.person_id == id_of(person))
    return [_enrolment(tx, row) for row in tx.session.scalars(wanted)]


def enrolment(tx: Transaction, enrolment_id: UUID) -> Enrolment:
    """Return one enrolment, or raise UnknownEnrolment."""
    row = tx.session.get(EnrolmentRow, enrolment_id)
    if row is None:
        raise UnknownEnrolment(f"There is no enrolment {enrolment_id} (any more).")
    return _enrolment(tx, row)


def owners(tx: Transaction, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return whose these enrolments are; those of somebody who was erased are missing."""
    wanted, found = list(ids), dict[UUID, UUID]()
    for start in range(0, len(wanted), CHUNK):
        of = select(EnrolmentRow.id, EnrolmentRow.person_id).where(EnrolmentRow.id.in_(wanted[start : start + CHUNK]))
        found.update((row.id, row.person_id) for row in tx.session.execute(of))
    return found


def person_behind(tx: Transaction, enrolment_id: UUID) -> Person | None:
    """Return whose enrolment this is while their consent is open, else None."""
    row = tx.session.scalar(_open_rows().where(EnrolmentRow.id == enrolment_id))
    return None if row is None else get(tx, row.person_id)


CHUNK = 500  # ids in one question; SQLite and PostgreSQL both limit them


def _open_among(tx: Transaction, ids: list[UUID]) -> list[EnrolmentRow]:
    found: list[EnrolmentRow] = []
    for start in range(0, len(ids), CHUNK):
        found += tx.session.scalars(_open_rows().where(EnrolmentRow.id.in_(ids[start : start + CHUNK])))
    return found


def _open_rows() -> Select[EnrolmentRow]:
    return (
        select(EnrolmentRow)
        .join(ConsentRow, ConsentRow.id == EnrolmentRow.consent_id)
        .where(
            EnrolmentRow.withdrawn_at.is_(None),
            EnrolmentRow.fingerprint.is_not(None),
            ConsentRow.withdrawn_at.is_(None),
        )
        .order_by(EnrolmentRow.created_at, EnrolmentRow.id)
    )


def finds_more(new: "Fingerprint", kept: "Fingerprint") -> bool:
    """Say whether a photo would be found in more pictures by its new fingerprint than by the one that is kept."""
    return kept.version != new.version or (kept.regions is None and new.regions is not None)


def to_add_again(tx: Transaction, person: Person | UUID) -> frozenset[UUID]:
    """Return the photos that are looked for only as wholes, or by an older version, though they could be by parts."""
    from matchers.fingerprint import VERSION

    mine = fingerprints_of(tx, person).items()
    return frozenset(one for one, kept in mine if kept.version != VERSION or kept.lacks_parts)


def _renewed(tx: Transaction, row: EnrolmentRow, fingerprint: "Fingerprint") -> Enrolment:
    """Keep the fingerprint that finds more in the place of the one before, or raise AlreadyEnrolled.

    The enrolment stays the same, so that what was found is not told twice; it counts from now, so that what has to
    pass before addresses are released passes again for what the new fingerprint finds.
    """
    if row.fingerprint is None or not finds_more(fingerprint, _fingerprint(tx, row)):
        raise AlreadyEnrolled(row.id)
    row.fingerprint = tx.seal(row.person_id, f"enrolments/{row.id}/fingerprint", fingerprint.to_bytes())
    row.algorithm, row.created_at = fingerprint.version, tx.now()
    tx.session.flush()
    tx.add(EnrolmentChangeRow(enrolment_id=row.id, at=tx.now()))
    audit.append(tx, tx.actor, "enrolled-again", row.id)
    return _enrolment(tx, row)


def _fingerprint_index(tx: Transaction, owner: UUID, fingerprint: "Fingerprint") -> bytes:
    """The same upright hash of the same person is the same photo, whoever computed the rest of it."""
    upright = fingerprint.whole[0]
    name = f"{upright.algorithm}/{upright.version}".encode()
    return tx.vault.index("fingerprint", owner.bytes + name + b"\0" + upright.bits)


def _sealed_label(tx: Transaction, owner: UUID, new: UUID, label: str) -> bytes:
    if not (0 < len(label) <= LONGEST and label.isprintable()):
        raise BadValue(f"The label must be 1 to {LONGEST} printable characters.")
    return tx.seal(owner, f"enrolments/{new}/label", label.encode())


def _fingerprint(tx: Transaction, row: EnrolmentRow) -> "Fingerprint":
    from matchers import Fingerprint

    assert row.fingerprint is not None
    return Fingerprint.from_bytes(tx.unseal(row.person_id, f"enrolments/{row.id}/fingerprint", row.fingerprint))


def _enrolment(tx: Transaction, row: EnrolmentRow) -> Enrolment:
    label = None
    if row.label is not None:
        label = tx.unseal(row.person_id, f"enrolments/{row.id}/label", row.label).decode()
    return Enrolment(
        id=row.id,
        person=row.person_id,
        consent=row.consent_id,
        algorithm=row.algorithm,
        label=label,
        created_at=row.created_at,
        withdrawn_at=row.withdrawn_at,
    )
