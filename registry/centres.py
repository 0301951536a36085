"""Support centres and who works there. The operator sets them up; what staff may reach is decided in tenancy.py."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from registry import audit
from registry.errors import BadValue, UnknownCentre
from registry.models import CentreRow, StaffRow
from registry.people import LONGEST, Person, change, get, id_of
from registry.tenancy import ROLES
from registry.transaction import Transaction
from registry.wishes import looks_like_mail


@dataclass(frozen=True)
class Centre:
    """A support centre. `email` is where it hears that there is news; a closed one may name its `successor`."""

    id: UUID
    name: str
    email: str | None
    created_at: datetime
    closed_at: datetime | None = None
    successor: UUID | None = None


@dataclass(frozen=True)
class Staff:
    """One person at work at a centre; `shown_as` is the name that clients and colleagues see."""

    person: UUID
    centre: UUID
    role: str
    shown_as: str = field(repr=False)
    created_at: datetime

    @property
    def lead(self) -> bool:
        """Say whether they lead the centre."""
        return self.role == "lead"


def add_centre(tx: Transaction, name: str, email: str | None = None) -> Centre:
    """Keep a new centre and return it. Raises BadValue for a name that is taken."""
    plain = " ".join(name.split())
    if not (0 < len(plain) <= LONGEST and plain.isprintable()):
        raise BadValue(f"The name of a centre is 1 to {LONGEST} printable characters.")
    if email is not None and not looks_like_mail(email):
        raise BadValue("The email of a centre must look like name@example.org.")
    if any(each.name.casefold() == plain.casefold() for each in centres(tx)):
        raise BadValue(f"There is a centre called {plain} already.")
    row = CentreRow(id=uuid4(), name=plain, email=email, created_at=tx.now(), closed_at=None, successor_id=None)
    tx.add(row)
    audit.append(tx, tx.actor, "centre-added", row.id)
    return _centre(row)


def centres(tx: Transaction) -> list[Centre]:
    """Return all centres by name; inside a centre, that one."""
    return [_centre(row) for row in tx.session.scalars(select(CentreRow).order_by(CentreRow.name))]


def centre(tx: Transaction, centre_id: UUID) -> Centre:
    """Return one centre, or raise UnknownCentre."""
    row = tx.session.get(CentreRow, centre_id)
    if row is None:
        raise UnknownCentre(f"There is no centre {centre_id} (any more).")
    return _centre(row)


def find_centre(tx: Transaction, name: str) -> Centre:
    """Return the centre with this name (case does not count), or raise UnknownCentre."""
    wanted = " ".join(name.split()).casefold()
    for each in centres(tx):
        if each.name.casefold() == wanted:
            return each
    raise UnknownCentre(f"There is no centre called {name!r}. `watchlight centre list` shows those there are.")


def put_to_work(tx: Transaction, at: Centre, person: Person | UUID, role: str, shown_as: str) -> Staff:
    """Let a person work at a centre, or change as what; nobody works at two."""
    who = get(tx, id_of(person))
    if centre(tx, at.id).closed_at is not None:
        raise BadValue(f"{at.name} is closed: nobody works there.")
    if role not in ROLES:
        raise BadValue(f"Staff of a centre are one of {', '.join(ROLES)}.")
    name = " ".join(shown_as.split())
    if not (0 < len(name) <= LONGEST and name.isprintable()):
        raise BadValue(f"The name that clients see is 1 to {LONGEST} printable characters.")
    tx.session.execute(delete(StaffRow).where(StaffRow.person_id == who.id))
    if "caseworker" not in who.roles:
        change(tx, who, roles=(*who.roles, "caseworker"))
    sealed = tx.seal(who.id, f"centre_staff/{who.id}/shown_as", name.encode())
    row = StaffRow(person_id=who.id, centre_id=at.id, role=role, shown_as=sealed, created_at=tx.now())
    tx.add(row)
    audit.append(tx, tx.actor, f"staff-{role}", who.id)
    return _staff(tx, row)


def send_home(tx: Transaction, person: Person | UUID) -> None:
    """Let somebody work at no centre any more: from this moment they reach nothing of it."""
    who = get(tx, id_of(person))
    tx.session.execute(delete(StaffRow).where(StaffRow.person_id == who.id))
    if "caseworker" in who.roles:
        change(tx, who, roles=tuple(role for role in who.roles if role != "caseworker") or ("person",))
    audit.append(tx, tx.actor, "staff-ended", who.id)


def staff(tx: Transaction, at: Centre | UUID) -> list[Staff]:
    """Return who works at a centre, leads first, then by the name they show."""
    where = at.id if isinstance(at, Centre) else at
    rows = tx.session.scalars(select(StaffRow).where(StaffRow.centre_id == where)).all()
    return sorted((_staff(tx, row) for row in rows), key=lambda each: (not each.lead, each.shown_as))


def work_of(tx: Transaction, person: Person | UUID) -> Staff | None:
    """Return where somebody works and as what, None for nowhere."""
    row = tx.session.get(StaffRow, id_of(person))
    return None if row is None else _staff(tx, row)


def _centre(row: CentreRow) -> Centre:
    return Centre(row.id, row.name, row.email, row.created_at, row.closed_at, row.successor_id)


def _staff(tx: Transaction, row: StaffRow) -> Staff:
    shown_as = tx.unseal(row.person_id, f"centre_staff/{row.person_id}/shown_as", row.shown_as).decode()
    return Staff(row.person_id, row.centre_id, row.role, shown_as, row.created_at)
