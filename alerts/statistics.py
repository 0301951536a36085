"""Numbers that help all: per platform and kind of notice, what was sent, answered and removed, and how fast.

Honest denominators: every notice that was sent counts, the open ones too. A removal is what a re-check found, never
what an answer says, and it counts for the last notice sent before it. Times are estimated with the open notices taken
into account (Kaplan-Meier), since the median of those that were removed would flatter. Few people are nobody's numbers:
a group with fewer than `least` people joins "other", and what is left of too few is not shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from alerts.contacts import platform_of
from alerts.notices.facts import Facts, facts
from registry import cases
from registry.cases import Exposure, VerdictRecord
from registry.transaction import Transaction

LEAST_INSIDE = 5
LEAST_PUBLIC = 10
ELSEWHERE = "other-sites"
OTHER = "other"


@dataclass(frozen=True)
class Course:
    """How one notice that was sent went, so far. `hours` runs to removal where `removed`, else to where we stopped
    knowing: now, or when another notice about the same exposure was sent."""

    person: UUID
    platform: str
    notice_type: str
    sent_at: datetime
    answered: bool
    refused: bool
    removed: bool
    came_back: bool
    hours: float
    open: bool


@dataclass(frozen=True)
class Row:
    """The numbers of one group; a number that would tell of too few people is None.

    `median_hours` and `p90_hours` are when half and nine tenths of all sent notices are estimated to have led to
    removal; None where so many have not (yet). Removal is seen at a re-check, so times are upper bounds.
    """

    platform: str
    notice_type: str
    sent: int
    still_open: int | None
    answered: int | None
    refused: int | None
    removed: int | None
    re_appeared: int | None
    median_hours: float | None
    p90_hours: float | None

    def as_json(self) -> dict[str, Any]:
        """Return this row as plain JSON values."""
        return asdict(self)


def statistics(tx: Transaction, now: datetime, *, least: int = LEAST_INSIDE) -> list[Row]:
    """Return the rows, most notices first. `least` is how many people a number must be about."""
    groups: dict[tuple[str, str], list[Course]] = defaultdict(list)
    for course in courses(tx, now):
        groups[course.platform, course.notice_type].append(course)
    rows = [_row(*key, courses, least) for key, courses in sorted(_folded(groups, least).items())]
    return sorted(rows, key=lambda row: (row.platform == OTHER, -row.sent))


def courses(tx: Transaction, now: datetime, person: UUID | None = None) -> list[Course]:
    """Return how every notice that was sent (about one person) went. Those of erased people are gone with them."""
    known = facts(now.date())
    return [course for exposure in cases.exposures(tx, person) for course in _courses(tx, exposure, known, now)]


def _courses(tx: Transaction, exposure: Exposure, known: Facts, now: datetime) -> Iterable[Course]:
    letters = sorted(
        (each for each in cases.notices(tx, exposure) if each.sent_at is not None and each.sent_at <= now),
        key=lambda letter: (letter.sent_at, letter.created_at),
    )
    if not letters:
        return
    verdicts = cases.verdicts(tx, exposure)
    _, platform = platform_of(exposure.page_url, known)
    for number, letter in enumerate(letters):
        assert letter.sent_at is not None, "only letters that were sent are here"
        later = letters[number + 1].sent_at if number + 1 < len(letters) else None
        gone_at = _first_gone(verdicts, letter.sent_at, later)
        end = gone_at or later or now
        kinds = {reply.kind for reply in cases.replies(tx, letter.id)}
        yield Course(
            person=exposure.person,
            platform=str(platform["id"]) if platform else ELSEWHERE,
            notice_type=letter.type,
            sent_at=letter.sent_at,
            answered=bool(kinds),
            refused="refused" in kinds,
            removed=gone_at is not None,
            came_back=gone_at is not None and any(v.verdict == "re-appeared" and v.at >= gone_at for v in verdicts),
            hours=max((end - letter.sent_at).total_seconds() / 3600, 0.0),
            open=gone_at is None and later is None,
        )


def _first_gone(verdicts: Sequence[VerdictRecord], since: datetime, until: datetime | None) -> datetime | None:
    """Return when a re-check first said gone after a notice and before the next one."""
    found = (each.at for each in verdicts if each.verdict == "gone" and each.at >= since)
    return next((at for at in found if until is None or at < until), None)


def _folded(groups: dict[tuple[str, str], list[Course]], least: int) -> dict[tuple[str, str], list[Course]]:
    """Put the groups of too few people into one; leave that out too when it is still of too few.

    When only one group is small, the smallest other one joins it: else the difference of totals would tell.
    """
    small = [key for key, each in groups.items() if _people(each) < least]
    shown = {key: each for key, each in groups.items() if key not in small}
    rest = [course for key in small for course in groups[key]]
    if rest and _people(rest) < least and shown:
        joins = min(shown, key=lambda key: len(shown[key]))
        rest += shown.pop(joins)
    return {**shown, (OTHER, OTHER): rest} if _people(rest) >= least else shown


def _people(courses: Iterable[Course]) -> int:
    return len({course.person for course in courses})


def _row(platform: str, notice_type: str, courses: Sequence[Course], least: int) -> Row:
    def count(name: str) -> int | None:
        """A count is shown when it is nobody's, everybody's, or about enough people on both sides."""
        having = [course for course in courses if getattr(course, name)]
        without = [course for course in courses if not getattr(course, name)]
        enough = all(not side or _people(side) >= least for side in (having, without))
        return len(having) if enough else None

    removed = count("removed")
    return Row(
        platform=platform,
        notice_type=notice_type,
        sent=len(courses),
        still_open=count("open"),
        answered=count("answered"),
        refused=count("refused"),
        removed=removed,
        re_appeared=count("came_back"),
        median_hours=time_until(courses, 0.5) if removed else None,
        p90_hours=time_until(courses, 0.9) if removed else None,
    )


def time_until(courses: Sequence[Course], share: float) -> float | None:
    """Return after how many hours this share of notices is estimated to have led to removal (Kaplan-Meier).

    A notice that is still open, or that another one followed, counts for as long as it was watched. None when the
    share is not reached.
    """
    left = 1.0
    for hours in sorted({course.hours for course in courses if course.removed}):
        at_risk = sum(course.hours >= hours for course in courses)
        left *= 1 - sum(course.removed and course.hours == hours for course in courses) / at_risk
        if left <= 1 - share + 1e-12:
            return round(hours, 1)
    return None
