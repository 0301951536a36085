"""The person and their support centre: let one in for a while, see what it may do, end that, and see who looked."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from alerts.telling import change_wishes
from portal.web import pages
from portal.web.access import Role, Visitor, door, house, visitor_of
from portal.web.forms import Fields, known_id
from portal.web.rooms import room
from registry import centres, clients, looks
from registry.errors import BadValue
from registry.tenancy import SCOPES
from registry.transaction import Transaction

router = room()

TERMS = (30, 90, 180, 365)  # days


@router.get("/me/centre")
@door(Role.PERSON)
def centre(request: Request) -> Response:
    """Show which centres may act, until when, and let one more."""
    return _page(request)


@router.post("/me/centre")
@door(Role.PERSON)
def allow(request: Request, fields: Fields) -> Response:
    """Keep what the person allows a centre, or say beside the form what is missing."""
    visitor = visitor_of(request)
    chosen = [scope for scope in SCOPES if fields.get(f"scope-{scope}") == "yes"]
    wrong = _missing(visitor, fields, chosen)
    if wrong:
        return _page(request, wrong=wrong, typed=fields)
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        at = next(
            (each for each in centres.centres(tx) if str(each.id) == fields["centre"] and each.closed_at is None), None
        )
        if at is None:
            raise HTTPException(404)
        until = tx.now() + timedelta(days=int(fields["days"]))
        try:
            clients.allow(tx, at, visitor.someone, given_by="self", words=clients.IN_PORTAL, scopes=chosen, until=until)
        except BadValue as error:
            raise HTTPException(400) from error
        if fields.get("first") == "yes" and at.email:
            change_wishes(tx, visitor.someone, supporter_email=at.email, told_first="supporter")
    return pages.go("/me/centre")


@router.post("/me/centre/{client}/end")
@door(Role.PERSON)
def end(request: Request, client: str) -> Response:
    """End what a centre may do, from this moment; it is not told news first any more either."""
    visitor = visitor_of(request)
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        at = centres.centre(tx, _mine(tx, visitor, client))
        clients.end(tx, known_id(client))
        if at.email and visitor.someone.supporter_email == at.email:
            change_wishes(tx, visitor.someone, supporter_email=None, told_first="me")
    return pages.go("/me/centre")


@router.get("/me/looks")
@door(Role.PERSON)
def who_looked(request: Request) -> Response:
    """Show which centre did what with the person's data, and when."""
    with house(request).registry.reading() as tx:
        seen = looks.looks_at(tx, visitor_of(request).someone)
    return pages.page(request, "person/looks.html", looks=seen)


def _mine(tx: Transaction, visitor: Visitor, untrusted_id: str) -> UUID:
    """Return the centre of one of the visitor's own client records."""
    wanted = known_id(untrusted_id)
    for each in clients.centres_of(tx, visitor.someone):
        if each.id == wanted:
            return each.centre
    raise HTTPException(404)


def _missing(visitor: Visitor, fields: Mapping[str, str], chosen: list[str]) -> dict[str, str]:
    """Return what to say beside which field."""
    wrong = {}
    if not fields.get("centre"):
        wrong["centre"] = visitor.words("centre.choose_one")
    if not chosen:
        wrong["scope"] = visitor.words("centre.choose_scope")
    if fields.get("days") not in {str(days) for days in TERMS}:
        wrong["days"] = visitor.words("centre.choose_days")
    return wrong


def _page(
    request: Request, *, wrong: Mapping[str, str] | None = None, typed: Mapping[str, str] | None = None
) -> Response:
    visitor = visitor_of(request)
    with house(request).registry.reading() as tx:
        known = {each.id: each for each in centres.centres(tx)}
        mine = [(known[each.centre], each) for each in clients.centres_of(tx, visitor.someone)]
        now = tx.now()
    return pages.page(
        request,
        "person/centre.html",
        status=422 if wrong else 200,
        mine=[(at, each, each.scopes_at(now), each.until(now)) for at, each in mine],
        centres=[each for each in known.values() if each.closed_at is None],
        known=known,
        scopes=SCOPES,
        terms=TERMS,
        typed=typed or {},
        wrong=wrong or {},
    )
