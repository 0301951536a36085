"""How a centre's rooms reach the registry: always inside the centre, always noting who looked at what."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from portal.web import pages
from portal.web.access import house, visitor_of
from portal.web.forms import known_id
from registry import cases, centres, looks, people, reviews, tenancy, webhooks
from registry.people import Person
from registry.tenancy import Tenant
from registry.transaction import Transaction

PATHS = {"finds_path": "/support/cases", "letters_path": "/support/letters", "frame": "caseworker/frame.html"}
SUGGEST_BREAK = 45  # minutes at a stretch
COLOUR = "colour"


@contextmanager
def at_desk(request: Request, action: str | None = None, *subjects: Any) -> Iterator[tuple[Transaction, Tenant]]:
    """Give a unit of work inside the visitor's centre; with an `action`, note that they did it to these subjects."""
    someone = visitor_of(request).someone
    with house(request).registry.transaction(str(someone.id)) as tx:
        tenant = tenancy.confine(tx, someone.id)
        yield tx, tenant
        if action is not None:
            looks.note(tx, action, subjects)


def case(tx: Transaction, untrusted_id: str, scope: str = "watch") -> tuple[cases.Exposure, Person]:
    """Return an exposure of a client's and whom it shows; what is out of reach or not allowed does not exist."""
    exposure = cases.exposure(tx, known_id(untrusted_id))
    tenancy.require(tx, exposure.person, scope)
    if exposure.state == "held" or (scope != "watch" and reviews.frozen(tx, exposure.person)):
        raise HTTPException(404)
    return exposure, people.get(tx, exposure.person)


def letter(tx: Transaction, untrusted_id: str) -> tuple[cases.Notice, cases.Exposure, Person]:
    """Return a letter, what it is about and whom it shows."""
    notice = cases.notice(tx, known_id(untrusted_id))
    exposure, person = case(tx, str(notice.exposure), "letters")
    if person.minor:
        raise HTTPException(404)
    return notice, exposure, person


def look(request: Request) -> dict[str, Any]:
    """Return how the centre's pages look: where things are, and grey unless this browser asked for colour."""
    return {**PATHS, "grey": COLOUR not in request.cookies}


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """Return a page of the centre's rooms: grey unless this browser asked for colour, with the minutes spent."""
    visitor = visitor_of(request)
    with house(request).registry.reading() as tx:
        assert visitor.work is not None
        at = centres.centre(tx, visitor.work.centre)
        today, stretch = looks.minutes_today(tx, visitor.someone.id)
        colleagues = centres.staff(tx, at)
        hooks = webhooks.webhooks(tx) if visitor.work.lead else []
    return pages.page(
        request,
        template,
        status=status,
        centre=at,
        colleagues={each.person: each.shown_as for each in colleagues},
        minutes=today,
        stopped=any(each.stopped_at and each.centre == at.id for each in hooks),
        rest=stretch if stretch >= SUGGEST_BREAK else 0,
        **look(request),
        **values,
    )
