"""Erasing a person: their rows, their key, and then their bytes in the database files."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from registry import audit, floods, scrub
from registry.database import Registry
from registry.errors import UnknownPerson
from registry.models import ApiAnswerRow, EnrolmentChangeRow, EnrolmentRow, PersonRow


@dataclass(frozen=True)
class Receipt:
    """Proof for the person: `id` stands in the audit trail beside "person-erased" and names nobody.

    `files_clean` says whether the database files were rewritten too; when another program held them it
    is False, and the next opening of the registry, or `scrub.scrub`, finishes it.
    """

    id: UUID
    at: datetime
    files_clean: bool


def erase_person(registry: Registry, person: UUID, *, actor: str = "system", wait_s: float = 30.0) -> Receipt:
    """Erase a person for good and return the receipt.

    One unit of work deletes the person with everything that hangs on them (the tables cascade), tells the
    live index to forget their enrolments, and notes that the files want cleaning; then the files are
    rewritten, waiting up to `wait_s` seconds for others to let go.
    """
    receipt = uuid4()
    with registry.transaction(actor) as tx:
        at = tx.now()
        enrolled = tx.session.scalars(select(EnrolmentRow.id).where(EnrolmentRow.person_id == person)).all()
        erased = tx.session.execute(delete(PersonRow).where(PersonRow.id == person).returning(PersonRow.id))
        if erased.scalar() is None:
            raise UnknownPerson(f"There is no person {person} (any more).")
        for each in enrolled:
            tx.add(EnrolmentChangeRow(enrolment_id=each, at=at))
        floods.drop_empty(tx)
        tx.session.execute(delete(ApiAnswerRow))  # one of them could name the person; a day's repeats are lost
        audit.append(tx, tx.actor, "person-erased", receipt)
        scrub.ask(tx)
    return Receipt(receipt, at, scrub.scrub(registry, wait_s=wait_s))
