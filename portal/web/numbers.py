"""How notices went, in numbers: for operators what may be known inside, for others what may be published."""

from datetime import UTC, datetime

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from alerts.statistics import LEAST_INSIDE, LEAST_PUBLIC, statistics
from portal.web import pages
from portal.web.access import Role, door, house
from portal.web.rooms import room

router = room()
ROOMS = (router,)


@router.get("/operator/removals")
@door(Role.OPERATOR)
def inside(request: Request) -> Response:
    """Show the numbers of groups that are large enough to name nobody inside the house."""
    return _numbers(request, LEAST_INSIDE)


@router.get("/support/removals")
@door(Role.CASEWORKER)
def public(request: Request) -> Response:
    """Show the numbers that could be published."""
    return _numbers(request, LEAST_PUBLIC)


@router.get("/api/v1/removals")
@door(Role.MACHINE)
def for_machines(request: Request) -> Response:
    """Give the numbers that could be published, as JSON, to the machines that may also read the metrics."""
    with house(request).registry.reading() as tx:
        rows = statistics(tx, datetime.now(UTC), least=LEAST_PUBLIC)
    return JSONResponse({"least_people": LEAST_PUBLIC, "removals": [row.as_json() for row in rows]})


def _numbers(request: Request, least: int) -> Response:
    with house(request).registry.reading() as tx:
        rows = statistics(tx, datetime.now(UTC), least=least)
    return pages.page(request, "numbers.html", rows=rows, least=least)
