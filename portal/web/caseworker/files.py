"""Clients of the centre: the list, taking somebody in, and each client's file with consents, timeline and notes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from portal.web import pages
from portal.web.access import Role, Visitor, door, house, visitor_of
from portal.web.caseworker.desk import at_desk, page
from portal.web.forms import Fields, known_id
from portal.web.rooms import room
from registry import cases, casework, clients, enrolments, looks, people, reviews, tenancy
from registry.clients import GIVERS, Client
from registry.errors import BadValue
from registry.people import Person
from registry.tenancy import SCOPES
from registry.transaction import Transaction

router = room()

TERMS = (30, 90, 180, 365)  # days
ENDS_SOON = timedelta(days=14)


@dataclass(frozen=True)
class Event:
    """One thing on a client's timeline; `what` is a word of the catalogue, `words` what somebody wrote."""

    at: datetime
    what: str
    words: str = ""
    path: str = ""


@router.get("/support/clients")
@door(Role.STAFF)
def listed(request: Request) -> Response:
    """List the clients whose consent is open, and how many there are whose is not."""
    with at_desk(request) as (tx, _):
        found = [(each, people.get(tx, each.person), each.until(tx.now())) for each in clients.clients(tx)]
        ended, soon = clients.ended(tx), tx.now() + ENDS_SOON
        looks.note(tx, "client-listed", [person.id for _, person, _ in found])
    return page(request, "caseworker/clients.html", clients=found, ended=ended, soon=soon)


@router.get("/support/clients/new")
@door(Role.STAFF)
def ask(request: Request) -> Response:
    """Ask for a new client's pseudonym and what they allow."""
    return _form(request, {}, {})


@router.post("/support/clients")
@door(Role.STAFF)
def take_in(request: Request, fields: Fields) -> Response:
    """Take somebody in, or show the form again with what is missing beside its field."""
    visitor = visitor_of(request)
    wrong = _missing(visitor, fields)
    if wrong:
        return _form(request, fields, wrong)
    assert visitor.work is not None
    try:
        with house(request).registry.transaction(str(visitor.someone.id)) as tx:
            new = clients.take_in(
                tx,
                visitor.work.centre,
                fields["name"],
                **_consent(tx, fields),
                language=visitor.words.language,
                birth_year=int(fields["birth_year"]) if fields.get("birth_year") else None,
            )
    except BadValue as error:
        return _form(request, fields, {_field_of(error): visitor.words(f"clients.wrong.{_field_of(error)}")})
    return pages.go(f"/support/clients/{new.id}")


@router.get("/support/clients/{client}")
@door(Role.STAFF)
def file(request: Request, client: str) -> Response:
    """Show a client's file."""
    return _file(request, client)


@router.post("/support/clients/{client}/consent")
@door(Role.STAFF)
def renew(request: Request, client: str, fields: Fields) -> Response:
    """Record a further consent of a client whose consent is still open."""
    visitor = visitor_of(request)
    wrong = _missing(visitor, {"name": "-", **fields})
    if wrong:
        return _file(request, client, wrong, fields)
    with at_desk(request) as (tx, _):
        mine = clients.client(tx, known_id(client))
        if mine.own:
            raise HTTPException(404)
    try:
        with house(request).registry.transaction(str(visitor.someone.id)) as tx:
            clients.allow(tx, mine.centre, mine.person, **_consent(tx, fields))
    except BadValue as error:
        said = {_field_of(error): visitor.words(f"clients.wrong.{_field_of(error)}")}
        return _file(request, client, said, fields)
    return pages.go(f"/support/clients/{mine.id}")


@router.post("/support/clients/{client}/end")
@door(Role.STAFF)
def end(request: Request, client: str) -> Response:
    """Note that the client has ended their consent: from this moment the centre reaches nothing of them."""
    with at_desk(request) as (tx, _):
        clients.end(tx, clients.client(tx, known_id(client)).id)
    return pages.go("/support/clients")


@router.post("/support/clients/{client}/note")
@door(Role.STAFF)
def write_note(request: Request, client: str, fields: Fields) -> Response:
    """Keep a note in the file."""
    typed = fields.get("words", "")
    try:
        with at_desk(request) as (tx, _):
            casework.add_note(tx, known_id(client), typed)
    except BadValue:
        return _file(request, client, {"note": visitor_of(request).words("case.note_wrong")}, fields)
    return pages.go(f"/support/clients/{client}")


@router.post("/support/clients/{client}/verify")
@door(Role.LEAD)
def verify(request: Request, client: str) -> Response:
    """Note that the centre knows this client, and that the photos show them."""
    with at_desk(request) as (tx, _):
        mine = clients.client(tx, known_id(client))
        reviews.verify(tx, mine.person, "centre")
    return pages.go(f"/support/clients/{mine.id}")


@router.post("/support/clients/{client}/review")
@door(Role.LEAD)
def decide(request: Request, client: str, fields: Fields) -> Response:
    """Vouch for a client's photo that is under review, or withdraw it. The other side is decided by others."""
    with at_desk(request) as (tx, _):
        mine = clients.client(tx, known_id(client))
        if fields.get("outcome") not in reviews.OUTCOMES:
            raise HTTPException(422)
        for each in reviews.sides(tx, mine.person):
            if str(each.enrolment) == fields.get("photo"):
                reviews.decide(tx, each.review, each.enrolment, fields["outcome"])
    return pages.go(f"/support/clients/{mine.id}")


def _file(
    request: Request, client: str, wrong: Mapping[str, str] | None = None, typed: Mapping[str, str] | None = None
) -> Response:
    with at_desk(request) as (tx, _):
        mine = clients.client(tx, known_id(client))
        person = people.get(tx, mine.person)
        found = cases.exposures(tx, person)
        values: dict[str, Any] = {
            "client": mine,
            "person": person,
            "allowed": mine.scopes_at(tx.now()),
            "until": mine.until(tx.now()),
            "now": tx.now(),
            "photos": sum(each.withdrawn_at is None for each in enrolments.enrolments(tx, person)),
            "finds": [each for each in found if each.state != "held"],
            "timeline": _timeline(tx, mine, person, found),
            "verified": reviews.verified_by(tx, person),
            "sides": reviews.sides(tx, person),
        }
        looks.note(tx, "client-opened", [person.id])
    values |= {"givers": GIVERS, "scopes": SCOPES, "terms": TERMS, "wrong": wrong or {}, "typed": typed or {}}
    return page(request, "caseworker/file.html", status=422 if wrong else 200, **values)


def _timeline(tx: Transaction, mine: Client, person: Person, found: list[cases.Exposure]) -> list[Event]:
    """Return what happened, newest first: consents, finds, letters, answers, looks of the crawler, notes."""
    events = [Event(each.given_at, "consent-given", each.words) for each in mine.consents]
    events += [Event(each.withdrawn_at, "consent-ended") for each in mine.consents if each.withdrawn_at]
    writes = tenancy.may(tx, person.id, "letters")
    for each in found:
        if each.state == "held":
            continue
        path = f"/support/cases/{each.id}"
        events.append(Event(each.created_at, "found", path=path))
        events += [Event(one.at, f"verdict-{one.verdict}", path=path) for one in cases.verdicts(tx, each)]
        for letter in cases.notices(tx, each) if writes else ():
            there = f"/support/letters/{letter.id}"
            events.append(Event(letter.created_at, "drafted", path=there))
            events += [Event(letter.sent_at, "sent", path=there)] if letter.sent_at else []
            events += [Event(one.at, f"reply-{one.kind}", path=there) for one in cases.replies(tx, letter.id)]
    events += [Event(each.created_at, "note", each.words) for each in casework.notes(tx, mine.id)]
    return sorted(events, key=lambda event: event.at, reverse=True)


def _consent(tx: Transaction, fields: Mapping[str, str]) -> dict[str, Any]:
    return {
        "given_by": fields["given_by"],
        "words": fields["words"],
        "scopes": [scope for scope in SCOPES if fields.get(f"scope-{scope}") == "yes"],
        "until": tx.now() + timedelta(days=int(fields["days"])),
    }


def _missing(visitor: Visitor, fields: Mapping[str, str]) -> dict[str, str]:
    """Return what to say beside which field."""
    year = fields.get("birth_year", "")
    bad = {
        "name": not fields.get("name"),
        "birth_year": bool(year) and not (year.isdecimal() and year.isascii() and 1900 <= int(year[:5]) <= 2100),
        "given_by": fields.get("given_by") not in GIVERS,
        "words": not fields.get("words"),
        "scope": not any(fields.get(f"scope-{scope}") == "yes" for scope in SCOPES),
        "days": fields.get("days") not in {str(days) for days in TERMS},
    }
    return {name: visitor.words(f"clients.wrong.{name}") for name, is_bad in bad.items() if is_bad}


def _field_of(error: BadValue) -> str:
    """Return which field the registry's sentence is about: it names the field for operators."""
    said = str(error)
    if "under age" in said:
        return "given_by"
    return next((name for name in ("birth_year", "words", "scope") if name in said), "name")


def _form(request: Request, typed: Mapping[str, str], wrong: Mapping[str, str]) -> Response:
    return page(
        request,
        "caseworker/new.html",
        status=422 if wrong else 200,
        typed=typed,
        wrong=wrong,
        givers=GIVERS,
        scopes=SCOPES,
        terms=TERMS,
    )
