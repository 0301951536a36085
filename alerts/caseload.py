"""The queue of a centre: the open exposures of its clients, by how much they press, without any address.

Runs inside a centre (registry.tenancy). Five questions to the database for the whole queue, however long it is.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select

from alerts.clocks import Clock, clock_of
from alerts.contacts import platform_of
from alerts.notices.facts import Facts, facts
from alerts.reasons import LIKELY, VERY_LIKELY
from registry import cases, casework, clients, people
from registry.cases import Exposure
from registry.models import NoticeRow, ReplyRow, VerdictRow
from registry.transaction import Transaction

OPEN = ("new", "told", "noticed")
SORTS = ("severity", "age", "clock")
SEVERITIES = ("urgent", "high", "usual", "unsure")
SPREADS = 3  # pages with the same picture from which on it counts as spreading
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Waiting:
    """One open exposure as the queue shows it. `clock` is that of the newest letter that waits for an answer."""

    exposure: UUID
    client: UUID
    person: UUID
    name: str = field(repr=False)
    state: str
    kind: str
    severity: str
    platform: str | None
    pages: int
    found_at: datetime
    letters: int
    clock: Clock | None
    overdue: bool
    staff: UUID | None


@dataclass(frozen=True)
class _Letter:
    type: str
    sent_at: datetime | None
    answered: bool


def waiting(tx: Transaction, now: datetime, sort: str = "severity") -> list[Waiting]:
    """Return the queue of the centre this unit of work is inside of, what presses most first.

    `sort` is one of SORTS: by severity, then clock, then age; by age, oldest first; by clock, soonest first.
    """
    known = facts(now.date())
    found = cases.exposures(tx, states=OPEN)
    persons = {each.person: (each.id, people.get(tx, each.person)) for each in clients.clients(tx)}
    pages, letters, back, hands = _pages(found), _letters(tx), _came_back(tx), casework.assignments(tx)
    queue = []
    for each in found:
        client, person = persons[each.person]
        _, platform = platform_of(each.page_url, known)
        clock = _clock(letters.get(each.id, ()), known)
        queue.append(
            Waiting(
                exposure=each.id,
                client=client,
                person=each.person,
                name=person.name,
                state=each.state,
                kind=each.kind,
                severity=severity(each, minor=person.minor, pages=pages[each.story], back=each.id in back),
                platform=str(platform["names"][0]) if platform else None,
                pages=pages[each.story],
                found_at=each.created_at,
                letters=len(letters.get(each.id, ())),
                clock=clock,
                overdue=clock is not None and clock.over(now),
                staff=hands.get(each.id),
            )
        )
    return sorted(queue, key=_ORDER[sort])


def severity(exposure: Exposure, *, minor: bool, pages: int, back: bool) -> str:
    """Return one of SEVERITIES.

    Urgent: the person is under age, or it came back after it was gone. High: surely their picture, and on several
    pages. Unsure: only possibly their picture. Everything else is usual.
    """
    if minor or back:
        return "urgent"
    if exposure.confidence < LIKELY:
        return "unsure"
    return "high" if exposure.confidence >= VERY_LIKELY and pages >= SPREADS else "usual"


def _due(each: Waiting) -> datetime:
    return each.clock.due_at if each.clock else NEVER


_ORDER = {
    "severity": lambda each: (SEVERITIES.index(each.severity), _due(each), each.found_at, each.exposure),
    "age": lambda each: (each.found_at, each.exposure),
    "clock": lambda each: (_due(each), each.found_at, each.exposure),
}


def _pages(found: list[Exposure]) -> Counter[UUID]:
    return Counter(story for story, _ in {(each.story, each.page_url) for each in found})


def _letters(tx: Transaction) -> Mapping[UUID, list[_Letter]]:
    """Return the letters about each exposure, without opening one."""
    final = ("refused", "removed", "asks-more")
    answered = set(tx.session.scalars(select(ReplyRow.notice_id).where(ReplyRow.kind.in_(final))))
    rows = tx.session.execute(select(NoticeRow.exposure_id, NoticeRow.id, NoticeRow.type, NoticeRow.sent_at)).all()
    letters: dict[UUID, list[_Letter]] = {}
    for exposure, notice, kind, sent_at in rows:
        letters.setdefault(exposure, []).append(_Letter(kind, sent_at, notice in answered))
    return letters


def _came_back(tx: Transaction) -> set[UUID]:
    """Return the exposures of which the last verdict is that they are there again."""
    newest = select(func.max(VerdictRow.position)).group_by(VerdictRow.exposure_id)
    rows = select(VerdictRow.exposure_id).where(VerdictRow.position.in_(newest), VerdictRow.verdict == "re-appeared")
    return set(tx.session.scalars(rows))


def _clock(letters: "list[_Letter] | tuple[()]", known: Facts) -> Clock | None:
    waits = [each for each in letters if each.sent_at is not None and not each.answered]
    clocks = [clock_of(each.type, each.sent_at, known) for each in waits if each.sent_at is not None]
    return max(clocks, key=lambda clock: clock.due_at, default=None)
