"""The numbers of one year, for the centre's report: counts of its own clients, no name, no address."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import Request, Response

from alerts.statistics import Course, courses, time_until
from portal.web.access import Role, door
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
    """Show the numbers of a year: of clients whose consent is open today, since nobody else can be counted."""
    now = datetime.now(UTC)
    chosen = year if FIRST_YEAR <= year <= now.year else now.year
    with at_desk(request) as (tx, _):
        numbers = year_of(tx, chosen, now)
    years = range(now.year, FIRST_YEAR - 1, -1)
    return page(request, "caseworker/report.html", year=chosen, years=years, numbers=numbers)


def year_of(tx: Transaction, year: int, now: datetime) -> Year:
    """Return the numbers of a year for the centre this unit of work is inside of."""
    mine, found = clients.clients(tx), [each for each in cases.exposures(tx) if each.state != "held"]
    went = [each for each in courses(tx, now) if each.sent_at.year == year]
    return Year(
        counts={
            "clients": len(mine),
            "new_clients": sum(each.created_at.year == year for each in mine),
            "exposures": sum(each.created_at.year == year for each in found),
            "people_exposed": len({each.person for each in found if each.created_at.year == year}),
            "letters": len(went),
            "answered": sum(each.answered for each in went),
            "removed": sum(each.removed for each in went),
            "back": sum(each.came_back for each in went),
        },
        platforms=_by_platform(went),
        median_hours=time_until(went, 0.5) if went else None,
    )


def _by_platform(went: list[Course]) -> list[tuple[str, int, int]]:
    sent = Counter(each.platform for each in went)
    removed = Counter(each.platform for each in went if each.removed)
    return [(name, number, removed[name]) for name, number in sent.most_common()]
