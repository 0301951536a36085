"""Centres as tenants: the one place that decides which rows of the registry a member of staff can reach.

`confine` puts a unit of work inside a centre. From then on every statement of it is looked at before it runs: each
table it names must have a rule below, and the rule is added to it, wherever in the statement the table stands. A
table without a rule, a statement that is not made from our models, or raw SQL is refused, and so is writing a row
that belongs to somebody out of reach. Rules are conditions on ids, times and flags, so they hold on SQLite and
PostgreSQL alike. What a row holds is sealed with the key of its person, and that key lies in a row that is out of
reach as well: a mistake here would show ciphertext.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, and_, event, inspect, or_, select, true
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnClause

from registry.errors import OutOfReach
from registry.models import (
    ApiAnswerRow,
    ApiTokenRow,
    AssignmentRow,
    AuditRow,
    Base,
    CaseNoteRow,
    CentreRow,
    ClientConsentRow,
    ClientRow,
    ConsentRow,
    ContactLookupRow,
    DecisionRow,
    EnrolmentChangeRow,
    EnrolmentRow,
    EvidenceKeyRow,
    EvidenceRecordRow,
    EvidenceRow,
    EvidenceStampRow,
    ExposureRow,
    HashListRow,
    HouseRow,
    ListEntryRow,
    NoticeRow,
    PersonRow,
    ReminderRow,
    ReplyRow,
    ReviewSideRow,
    RoleRow,
    StaffRow,
    StoryRow,
    VerdictRow,
    VerificationRow,
    WebhookDeliveryRow,
    WebhookRow,
)
from registry.transaction import Transaction

SCOPES = ("watch", "addresses", "letters")  # what a client can allow: see that there is news; see where; write
ROLES = ("caseworker", "lead")
FLAGS = {"watch": "may_watch", "addresses": "may_see_addresses", "letters": "may_write"}
TENANT = "watchlight_tenant"


@dataclass(frozen=True)
class Tenant:
    """Inside which centre a unit of work is, for which member of staff, and at what moment consents must be open."""

    centre: UUID
    staff: UUID | None
    role: str
    now: datetime

    @property
    def lead(self) -> bool:
        """Say whether this member of staff leads the centre."""
        return self.role == "lead"


def confine(tx: Transaction, staff: UUID) -> Tenant:
    """Put the rest of this unit of work inside the centre where this person works; there is no way out of it.

    Raises OutOfReach for somebody who works at none.
    """
    row = tx.session.get(StaffRow, staff)
    if row is None:
        raise OutOfReach("This person works at no centre.")
    return _enter(tx, Tenant(row.centre_id, staff, row.role, tx.now()))


def confine_to(tx: Transaction, centre: UUID) -> Tenant:
    """Put the rest of this unit of work inside a centre, for a machine of the centre's that holds a token."""
    if tx.session.get(CentreRow, centre) is None:
        raise OutOfReach("There is no such centre (any more).")
    return _enter(tx, Tenant(centre, None, "machine", tx.now()))


def tenant_of(tx: Transaction) -> Tenant:
    """Return inside which centre this unit of work is, or raise OutOfReach."""
    tenant: Tenant | None = tx.session.info.get(TENANT)
    if tenant is None:
        raise OutOfReach("This is done inside a centre only.")
    return tenant


def may(tx: Transaction, person: UUID, scope: str) -> bool:
    """Say whether a person has allowed the centre `scope`, one of SCOPES, at this moment."""
    client, consent = ClientRow.__table__.c, ClientConsentRow.__table__.c
    allowed = _allowing(tenant_of(tx), scope).where(client.person_id == person)
    return tx.session.scalar(select(ClientConsentRow.id).where(consent.client_id.in_(allowed)).limit(1)) is not None


def require(tx: Transaction, person: UUID, scope: str) -> None:
    """Raise OutOfReach unless the person has allowed the centre `scope` at this moment."""
    if not may(tx, person, scope):
        raise OutOfReach("The client has not allowed this, or not for today.")


def _enter(tx: Transaction, tenant: Tenant) -> Tenant:
    if TENANT in tx.session.info:
        raise OutOfReach("A unit of work is inside one centre and stays there.")
    tx.session.flush()
    tx.session.expunge_all()  # what was loaded before is not handed out again without asking
    tx.session.info[TENANT] = tenant
    return tenant


def _allowing(tenant: Tenant, scope: str | None, column: str = "id") -> Select[Any]:
    """Return the clients (their ids, or their people's) with an open consent of the centre that has this scope.

    Plain tables: the rules are not applied to themselves.
    """
    client, consent = ClientRow.__table__, ClientConsentRow.__table__
    is_open = (
        client.c.centre_id == tenant.centre,
        consent.c.withdrawn_at.is_(None),
        consent.c.until > tenant.now,
        true() if scope is None else consent.c[FLAGS[scope]],
    )
    return select(client.c[column]).join(consent, consent.c.client_id == client.c.id).where(*is_open)


def _people(tenant: Tenant, scope: str | None) -> Select[Any]:
    return _allowing(tenant, scope, "person_id")


def _exposures(tenant: Tenant, scope: str) -> Select[Any]:
    table = ExposureRow.__table__
    return select(table.c.id).where(table.c.person_id.in_(_people(tenant, scope)))


def _letters(tenant: Tenant) -> Select[Any]:
    table = NoticeRow.__table__
    return select(table.c.id).where(table.c.exposure_id.in_(_exposures(tenant, "letters")))


def _here(tenant: Tenant) -> Select[Any]:
    """Return everybody who works at the centre."""
    table = StaffRow.__table__
    return select(table.c.person_id).where(table.c.centre_id == tenant.centre)


def _of_somebody_known(row: Any, column: str) -> Callable[[Tenant], ColumnElement[bool]]:
    def rule(tenant: Tenant) -> ColumnElement[bool]:
        whose = getattr(row, column)
        return or_(whose.in_(_people(tenant, None)), whose.in_(_here(tenant)))

    return rule


def _of_the_centre(row: type[Base], tenant: Tenant, column: str = "id") -> Select[Any]:
    return select(row.__table__.c[column]).where(row.__table__.c.centre_id == tenant.centre)


def _everything(_tenant: Tenant) -> ColumnElement[bool]:
    return true()


RULES: Mapping[type[Base], Callable[[Tenant], ColumnElement[bool]]] = {
    CentreRow: lambda t: CentreRow.id == t.centre,
    ApiTokenRow: lambda t: ApiTokenRow.centre_id == t.centre,
    ApiAnswerRow: lambda t: ApiAnswerRow.token_id.in_(_of_the_centre(ApiTokenRow, t)),
    HashListRow: lambda t: HashListRow.centre_id == t.centre,
    ListEntryRow: lambda t: ListEntryRow.list_id.in_(_of_the_centre(HashListRow, t, "person_id")),
    WebhookRow: lambda t: WebhookRow.centre_id == t.centre,
    WebhookDeliveryRow: lambda t: WebhookDeliveryRow.webhook_id.in_(_of_the_centre(WebhookRow, t)),
    StaffRow: lambda t: StaffRow.centre_id == t.centre,
    ClientRow: lambda t: ClientRow.centre_id == t.centre,
    ClientConsentRow: lambda t: ClientConsentRow.client_id.in_(_of_the_centre(ClientRow, t)),
    AssignmentRow: lambda t: and_(
        AssignmentRow.centre_id == t.centre, AssignmentRow.exposure_id.in_(_exposures(t, "watch"))
    ),
    CaseNoteRow: lambda t: CaseNoteRow.client_id.in_(_allowing(t, None)),
    PersonRow: _of_somebody_known(PersonRow, "id"),
    VerificationRow: lambda t: VerificationRow.person_id.in_(_people(t, None)),
    ReviewSideRow: lambda t: ReviewSideRow.person_id.in_(_people(t, None)),
    RoleRow: _of_somebody_known(RoleRow, "person_id"),
    ConsentRow: lambda t: ConsentRow.person_id.in_(_people(t, "watch")),
    EnrolmentRow: lambda t: EnrolmentRow.person_id.in_(_people(t, "watch")),
    DecisionRow: lambda t: DecisionRow.person_id.in_(_people(t, "watch")),
    StoryRow: lambda t: StoryRow.person_id.in_(_people(t, "watch")),
    ExposureRow: lambda t: ExposureRow.person_id.in_(_people(t, "watch")),
    VerdictRow: lambda t: VerdictRow.exposure_id.in_(_exposures(t, "watch")),
    NoticeRow: lambda t: NoticeRow.exposure_id.in_(_exposures(t, "letters")),
    ReplyRow: lambda t: ReplyRow.notice_id.in_(_letters(t)),
    ReminderRow: lambda t: ReminderRow.notice_id.in_(_letters(t)),
    EvidenceRecordRow: lambda t: EvidenceRecordRow.exposure_id.in_(_exposures(t, "addresses")),
    # These tell of nobody: digests, random ids, keys of the house, hosts that anybody could have looked up.
    AuditRow: _everything,
    EnrolmentChangeRow: _everything,
    EvidenceRow: _everything,
    EvidenceKeyRow: _everything,
    EvidenceStampRow: _everything,
    ContactLookupRow: _everything,
    HouseRow: _everything,
}
BY_TABLE = {row.__tablename__: row for row in RULES}
# A new row belongs to whom these columns name; each of them has to be within reach.
OWNERS: Mapping[str, type[Base]] = {
    "person_id": PersonRow,
    "client_id": ClientRow,
    "exposure_id": ExposureRow,
    "notice_id": NoticeRow,
    "centre_id": CentreRow,
    "staff_id": StaffRow,
    "author_id": StaffRow,
    "token_id": ApiTokenRow,
    "webhook_id": WebhookRow,
    "list_id": HashListRow,
}


@event.listens_for(Session, "do_orm_execute")
def _every_statement(state: ORMExecuteState) -> None:
    """Add the rules to a statement of a confined unit of work, or refuse it."""
    tenant: Tenant | None = state.session.info.get(TENANT)
    if tenant is None:
        return
    named = _tables(state.statement)
    unruled = named - BY_TABLE.keys()
    if unruled or not (named and state.is_orm_statement):
        raise OutOfReach(f"No rule says what a centre may see of {', '.join(sorted(unruled)) or 'this statement'}.")
    rules = (RULES[BY_TABLE[name]] for name in named)
    criteria = [
        with_loader_criteria(BY_TABLE[name], rule(tenant), include_aliases=True)
        for name, rule in zip(named, rules, strict=True)
        if rule is not _everything
    ]
    state.statement = state.statement.options(*criteria)


def _tables(statement: Any) -> set[str]:
    """Return the names of all tables in a statement, wherever they stand."""
    found = {statement.table.name} if hasattr(statement, "table") else set()
    for element in visitors.iterate(statement):
        if isinstance(element, Table):
            found.add(element.name)
        elif isinstance(element, ColumnClause) and isinstance(element.table, Table):
            found.add(element.table.name)
    return found


@event.listens_for(Session, "before_flush")
def _every_row(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    """Refuse to write a row of a confined unit of work that belongs to somebody out of reach."""
    if TENANT not in session.info:
        return
    for row in (*session.new, *session.deleted):
        if type(row) not in RULES or type(row) is PersonRow or type(row) is CentreRow:
            raise OutOfReach(f"A centre does not write {type(row).__name__}.")
        for column, owner in OWNERS.items():
            value = getattr(row, column, None)
            if value is not None and not _within_reach(session, owner, value):
                raise OutOfReach("This belongs to somebody out of reach.")


def _within_reach(session: Session, owner: type[Base], value: UUID) -> bool:
    """Ask as any statement would be asked; a row that waits to be written is asked for by itself."""
    if any(type(each) is owner and _key(each) == value for each in session.new):
        return True
    key = getattr(owner, _key_name(owner))
    with session.no_autoflush:
        return session.scalar(select(key).where(key == value)) is not None


def _key(row: Base) -> UUID:
    key: UUID = getattr(row, _key_name(type(row)))
    return key


def _key_name(row: type[Base]) -> str:
    return str(inspect(row).primary_key[0].name)
