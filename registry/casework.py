"""Work on cases inside a centre: who has which one in hand, and notes in a client's file, sealed with their key."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select

from registry import audit
from registry.clients import client, client_for
from registry.errors import BadValue, OutOfReach
from registry.exposures import row_of
from registry.models import AssignmentRow, CaseNoteRow, StaffRow
from registry.tenancy import tenant_of
from registry.transaction import Transaction

LONGEST_NOTE = 4000


@dataclass(frozen=True)
class Note:
    """One note. `author` is None once they have been erased; `exposure` None when it is about the client at large."""

    id: UUID
    exposure: UUID | None
    author: UUID | None
    words: str = field(repr=False)
    created_at: datetime


def assign(tx: Transaction, exposures: Iterable[UUID], staff: UUID | None) -> int:
    """Put exposures into the hands of somebody at the centre (None: of nobody); return how many changed hands."""
    centre = tenant_of(tx).centre
    if staff is not None and tx.session.get(StaffRow, staff) is None:
        raise OutOfReach("They do not work at this centre.")
    changed = 0
    for each in exposures:
        exposure = row_of(tx, each).id
        row = tx.session.get(AssignmentRow, (exposure, centre))
        if (row.staff_id if row else None) == staff:
            continue
        if row is not None:
            tx.session.delete(row)
            tx.session.flush()
        if staff is not None:
            tx.add(AssignmentRow(exposure_id=exposure, centre_id=centre, staff_id=staff, at=tx.now()))
        audit.append(tx, tx.actor, "case-assigned" if staff else "case-freed", exposure)
        changed += 1
    return changed


def assignments(tx: Transaction) -> dict[UUID, UUID]:
    """Return who has which exposure in hand at this centre."""
    rows = tx.session.execute(select(AssignmentRow.exposure_id, AssignmentRow.staff_id))
    return {row.exposure_id: row.staff_id for row in rows}


def add_note(tx: Transaction, client_id: UUID, words: str, exposure: UUID | None = None) -> Note:
    """Keep a note in a client's file; lines stay lines."""
    tenant, about = tenant_of(tx), client(tx, client_id)
    plain = "\n".join(" ".join(line.split()) for line in words.strip().splitlines())
    if not (0 < len(plain) <= LONGEST_NOTE and all(line.isprintable() for line in plain.split("\n"))):
        raise BadValue(f"A note has 1 to {LONGEST_NOTE} printable characters.")
    if exposure is not None and row_of(tx, exposure).person_id != about.person:
        raise OutOfReach("The exposure is another client's.")
    new = uuid4()
    row = CaseNoteRow(
        id=new,
        client_id=about.id,
        exposure_id=exposure,
        author_id=tenant.staff,
        words=tx.seal(about.person, f"case_notes/{new}/words", plain.encode()),
        created_at=tx.now(),
    )
    tx.add(row)
    audit.append(tx, tx.actor, "note-written", about.id)
    return _note(tx, about.person, row)


def notes(tx: Transaction, client_id: UUID) -> list[Note]:
    """Return the notes in a client's file, oldest first."""
    about = client(tx, client_id)
    wanted = select(CaseNoteRow).where(CaseNoteRow.client_id == about.id)
    rows = tx.session.scalars(wanted.order_by(CaseNoteRow.created_at, CaseNoteRow.id)).all()
    return [_note(tx, about.person, row) for row in rows]


def notes_about(tx: Transaction, person: UUID, exposure: UUID) -> list[Note]:
    """Return the notes about one exposure, oldest first."""
    return [each for each in notes(tx, client_for(tx, person).id) if each.exposure == exposure]


def _note(tx: Transaction, person: UUID, row: CaseNoteRow) -> Note:
    words = tx.unseal(person, f"case_notes/{row.id}/words", row.words).decode()
    return Note(row.id, row.exposure_id, row.author_id, words, row.created_at)
