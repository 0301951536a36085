"""The numbers of one year, for the centre's report: counts of its own clients, no name, no address."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from fastapi import Request, Response

from alerts.statistics import Course, courses, time_until
from portal.web.access import Role, door, house
from portal.web.caseworker.desk import at_desk, page
from portal.web.rooms import room
from registry import cases, clients
from registry.transaction import Transaction

router = room()

FIRST_YEAR = 2024


@dataclass(frozen=True)
class Year:
    """The numbers of one calendar year in UTC. `median_hours` counts letters that are still open, too."""

    counts: Mapping[str, int]
    platforms: list[tuple[str, int, int]]
    median_hours: float | None


@router.get("/support/report")
@door(Role.STAFF)
def report(request: Request, year: int = 0) -> Response:
    """Show the numbers of a year, of everybody who was a client: of those who left, until their consent ended."""
    now = datetime.now(UTC)
    chosen = year if FIRST_YEAR <= year <= now.year else now.year
    with at_desk(request) as (_, tenant):
        centre = tenant.centre
    # Outside the centre, where nobody is shown: what leaves this unit of work are counts.
    with house(request).registry.reading() as tx:
        numbers = year_of(tx, centre, chosen, now)
    years = range(now.year, FIRST_YEAR - 1, -1)
    return page(request, "caseworker/report.html", year=chosen, years=years, numbers=numbers)


def year_of(tx: Transaction, centre: UUID, year: int, now: datetime) -> Year:
    """Return the numbers of a year for a centre; those of erased people are gone with them."""
    served = clients.served(tx, centre)
    found = [each for person, (_, end) in served.items() for each in _found(tx, person, year, end)]
    went = [each for person, (_, end) in served.items() for each in _sent(tx, person, year, end, now)]
    return Year(
        counts={
            "clients": sum(end > now for _, end in served.values()),
            "new_clients": sum(since.year == year for since, _ in served.values()),
            "exposures": len(found),
            "people_exposed": len({each.person for each in found}),
            "letters": len(went),
            "answered": sum(each.answered for each in went),
            "removed": sum(each.removed for each in went),
            "back": sum(each.came_back for each in went),
        },
        platforms=_by_platform(went),
        median_hours=time_until(went, 0.5) if went else None,
    )


def _found(tx: Transaction, person: UUID, year: int, end: datetime) -> list[cases.Exposure]:
    found = cases.exposures(tx, person)
    return [each for each in found if each.state != "held" and each.created_at.year == year and each.created_at < end]


def _sent(tx: Transaction, person: UUID, year: int, end: datetime, now: datetime) -> list[Course]:
    return [each for each in courses(tx, now, person) if each.sent_at.year == year and each.sent_at < end]


def _by_platform(went: list[Course]) -> list[tuple[str, int, int]]:
    sent = Counter(each.platform for each in went)
    removed = Counter(each.platform for each in went if each.removed)
    return [(name, number, removed[name]) for name, number in sent.most_common()]
