"""Who looked: the audit trail as the person concerned may read it, and how long a reader has been looking today."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from sqlalchemy import select

from registry import audit
from registry.centres import centre, work_of
from registry.errors import UnknownPerson
from registry.models import ApiTokenRow, AuditRow, ClientRow, ExposureRow, NoticeRow
from registry.people import Person, id_of
from registry.transaction import Transaction

# What a centre does with somebody's data, as words of the audit trail: every one of them is told to the person.
SEEN = ("client-listed", "client-opened", "case-opened", "address-shown", "letter-shown", "letter-downloaded")
DONE = ("letter-drafted", "letter-marked-sent", "reply-recorded", "note-written", "evidence-exported")
TOLD = (*SEEN, *DONE, "evidence-exported-for-authority", "case-assigned", "case-freed", "enrolled")
LONGEST_GAP = timedelta(minutes=5)  # whoever does nothing for longer has looked away
REST = timedelta(minutes=10)  # a break of this length begins a new stretch
CHUNK = 500


@dataclass(frozen=True)
class Look:
    """Somebody of a centre did something with the person's data, `times` times that day; `who` is what they show."""

    day: datetime
    centre: str
    who: str = field(repr=False)
    action: str
    times: int


def note(tx: Transaction, action: str, subjects: Iterable[UUID]) -> None:
    """Note that the actor of this unit of work saw or did something with each of these."""
    for subject in subjects:
        audit.append(tx, tx.actor, action, subject)


def looks_at(tx: Transaction, person: Person | UUID) -> list[Look]:
    """Return what staff of centres did with this person's data, newest day first, folded by day, reader and action."""
    whose = id_of(person)
    counted: dict[tuple[str, str, str], tuple[datetime, int]] = {}
    for row in _about(tx, _subjects(tx, whose)):
        if row.actor == str(whose) or row.action not in TOLD:
            continue
        key = (row.at.date().isoformat(), row.actor, row.action)
        at, times = counted.get(key, (row.at, 0))
        counted[key] = (max(at, row.at), times + 1)
    found = [
        Look(at, *_reader(tx, actor), action, times)
        for (_, actor, action), (at, times) in counted.items()
        if _is_person(actor)
    ]
    return sorted(found, key=lambda look: look.day, reverse=True)


def minutes_today(tx: Transaction, staff: UUID) -> tuple[int, int]:
    """Return how many minutes this member of staff has looked at cases today, and since their last break.

    Counted from what the audit trail notes: the time between two looks counts, up to five minutes. Days are UTC.
    """
    now = tx.now()
    since = now.replace(hour=0, minute=0, second=0, microsecond=0)
    times = tx.session.scalars(
        select(AuditRow.at)
        .where(AuditRow.actor == str(staff), AuditRow.at >= since, AuditRow.action.in_((*SEEN, *DONE)))
        .order_by(AuditRow.position)
    ).all()
    today = stretch = timedelta()
    for before, after in pairwise((*times, now)):
        gap = after - before
        today += min(gap, LONGEST_GAP)
        stretch = timedelta() if gap >= REST else stretch + min(gap, LONGEST_GAP)
    return int(today.total_seconds() // 60), int(stretch.total_seconds() // 60)


def _subjects(tx: Transaction, person: UUID) -> list[UUID]:
    exposures = select(ExposureRow.id).where(ExposureRow.person_id == person)
    letters = select(NoticeRow.id).where(NoticeRow.exposure_id.in_(exposures))
    clients = select(ClientRow.id).where(ClientRow.person_id == person)
    return [person, *(each for wanted in (exposures, letters, clients) for each in tx.session.scalars(wanted))]


def _about(tx: Transaction, subjects: list[UUID]) -> Iterable[AuditRow]:
    for start in range(0, len(subjects), CHUNK):
        yield from tx.session.scalars(
            select(AuditRow).where(AuditRow.subject_id.in_(subjects[start : start + CHUNK]))
        ).all()


def _reader(tx: Transaction, actor: str) -> tuple[str, str]:
    """Return the centre and the name shown of whoever looked; both empty when they do not work there any more."""
    try:
        work = work_of(tx, UUID(actor))
    except UnknownPerson:
        work = None
    if work is not None:
        return centre(tx, work.centre).name, work.shown_as
    token = tx.session.get(ApiTokenRow, UUID(actor))
    return ("", "") if token is None else (centre(tx, token.centre_id).name, token.name)


def _is_person(actor: str) -> bool:
    try:
        UUID(actor)
    except ValueError:
        return False
    return True
