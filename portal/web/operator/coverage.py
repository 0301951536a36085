"""What was looked at, day by day and place by place: coverage and yield. No person's data."""

from datetime import UTC, datetime, timedelta

from fastapi import Request, Response

from portal.web import pages
from portal.web.access import Role, door, house
from portal.web.operator.plots import plots
from portal.web.rooms import room

router = room()
DAYS = 30


@router.get("/operator/coverage")
@door(Role.OPERATOR)
def coverage(request: Request) -> Response:
    """Show the last 30 days."""
    store, now = house(request).crawl_store, datetime.now(UTC)
    since = (now - timedelta(days=DAYS - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return pages.page(
        request,
        "operator/coverage.html",
        days=DAYS,
        plots=plots(store.coverage.started_since(since), now, DAYS),
        places=store.coverage.since(since),
    )
