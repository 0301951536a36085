"""What was found: a list without addresses, one find, and its address as text on a step of its own."""

from datetime import UTC, datetime
from typing import Any

from fastapi import Request, Response

from alerts.notices import types
from portal.web import pages
from portal.web.access import Role, door, house, visitor_of
from portal.web.person.finds import exposure_of, find_of, finds, refuse_minor
from portal.web.rooms import room
from registry import audit, cases

router = room()


@router.get("/me/found")
@door(Role.PERSON)
def listed(request: Request) -> Response:
    """List what was found, in words."""
    visitor = visitor_of(request)
    found = []
    if not visitor.someone.minor:
        with house(request).registry.reading() as tx:
            found = finds(tx, visitor)
    return pages.page(request, "person/found.html", finds=found)


@router.get("/me/found/{exposure}")
@door(Role.PERSON)
def one(request: Request, exposure: str) -> Response:
    """Show one find, its letters, and what can be done."""
    visitor = visitor_of(request)
    if visitor.someone.minor:
        return pages.page(request, "person/found.html", finds=[])
    with house(request).registry.reading() as tx:
        mine = exposure_of(tx, visitor, exposure)
        values: dict[str, Any] = {
            "find": find_of(tx, mine),
            "letters": cases.notices(tx, mine),
            "verdict": next(iter(reversed(cases.verdicts(tx, mine))), None),
        }
    offered = types(datetime.now(UTC).date())
    return pages.page(request, "person/one.html", types=offered, titles=_titles(visitor.words.language), **values)


@router.post("/me/found/{exposure}/where")
@door(Role.PERSON)
def where(request: Request, exposure: str) -> Response:
    """Show the address as text, once asked for; that it was shown is noted in the audit trail."""
    visitor = visitor_of(request)
    refuse_minor(visitor)
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        mine = exposure_of(tx, visitor, exposure)
        audit.append(tx, visitor.someone.id, "address-shown", mine.id)
    return pages.page(request, "person/where.html", find=mine)


@router.post("/me/found/{exposure}/aside")
@door(Role.PERSON)
def set_aside(request: Request, exposure: str) -> Response:
    """Move a find out of the list of new ones."""
    return _moved(request, exposure, "dismissed")


@router.post("/me/found/{exposure}/back")
@door(Role.PERSON)
def take_back(request: Request, exposure: str) -> Response:
    """Put a find that was set aside back on the list, as it was before."""
    visitor = visitor_of(request)
    with house(request).registry.reading() as tx:
        letters = cases.notices(tx, exposure_of(tx, visitor, exposure))
    return _moved(request, exposure, "noticed" if any(each.sent_at for each in letters) else "told")


def _moved(request: Request, exposure: str, state: str) -> Response:
    visitor = visitor_of(request)
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        mine = exposure_of(tx, visitor, exposure)
        cases.set_state(tx, mine.id, state)
    return pages.go(f"/me/found/{mine.id}")


def _titles(language: str) -> dict[str, str]:
    """Return what each type of notice is called, in this language where it has a name there."""
    return {each.id: each.title.get(language) or each.title["en"] for each in types()}
