"""One case: what was found in words, where it stands, notes, and on a step of its own its address and its record."""

from datetime import UTC, datetime
from typing import Any

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from alerts.errors import AlertsError
from alerts.evidence.exporting import export
from alerts.notices.choosing import MATERIALS, choose, situation
from alerts.notices.facts import facts
from alerts.notices.offered import card, everything
from alerts.reasons import why
from alerts.tracking import progress
from portal.web import pages
from portal.web.access import Role, door, visitor_of
from portal.web.caseworker import desk
from portal.web.caseworker.desk import at_desk, page
from portal.web.forms import Fields, known_id
from portal.web.rooms import room
from registry import cases, casework, clients, looks, reviews, tenancy
from registry.errors import BadValue
from registry.people import Person

router = room()


@router.get("/support/cases/{exposure}")
@door(Role.STAFF)
def one(request: Request, exposure: str, material: str = "unknown") -> Response:
    """Show one case without its address."""
    return _one(request, exposure, material)


@router.post("/support/cases/{exposure}/note")
@door(Role.STAFF)
def write_note(request: Request, exposure: str, fields: Fields) -> Response:
    """Keep a note about this case, or say what is wrong with it and keep what was typed."""
    typed = fields.get("words", "")
    try:
        with at_desk(request) as (tx, _):
            about, person = desk.case(tx, exposure)
            casework.add_note(tx, clients.client_for(tx, person.id).id, typed, about.id)
    except BadValue:
        return _one(request, exposure, "unknown", wrong=visitor_of(request).words("case.note_wrong"), typed=typed)
    return pages.go(f"/support/cases/{about.id}")


@router.post("/support/cases/{exposure}/where")
@door(Role.STAFF)
def where(request: Request, exposure: str) -> Response:
    """Show the address as text, once asked for. Not of somebody under age: that goes to the police in the record."""
    with at_desk(request) as (tx, _):
        about, person = desk.case(tx, exposure, "addresses")
        if person.minor:
            raise HTTPException(404)
        looks.note(tx, "address-shown", [about.id])
    return page(request, "person/where.html", find=about)


@router.post("/support/cases/{exposure}/hands")
@door(Role.STAFF)
def change_hands(request: Request, exposure: str, fields: Fields) -> Response:
    """Take this case in hand, put it back, or hand it to a colleague."""
    to = fields.get("to", "")
    with at_desk(request) as (tx, _):
        about, _person = desk.case(tx, exposure)
        casework.assign(tx, [about.id], known_id(to) if to else None)
    return pages.go(f"/support/cases/{about.id}")


@router.get("/support/cases/{exposure}/evidence.json")
@door(Role.STAFF)
def evidence(request: Request, exposure: str) -> Response:
    """Give the sealed record as a file. For somebody under age only a lead takes it, for the police."""
    with at_desk(request) as (tx, tenant):
        about, person = desk.case(tx, exposure, "addresses")
        if person.minor and not tenant.lead:
            raise HTTPException(404)
        try:
            content = export(tx, about, datetime.now(UTC))
        except AlertsError as error:
            raise HTTPException(409) from error
        what = "evidence-exported-for-authority" if person.minor else "evidence-exported"
        looks.note(tx, what, [about.id])
    headers = {"Content-Disposition": 'attachment; filename="record.json"'}
    return Response(content, media_type="application/json", headers=headers)


def _one(request: Request, exposure: str, material: str, *, wrong: str = "", typed: str = "") -> Response:
    visitor, now = visitor_of(request), datetime.now(UTC)
    with at_desk(request) as (tx, tenant):
        about, person = desk.case(tx, exposure)
        frozen = reviews.frozen(tx, person)
        may = {scope: not frozen and tenancy.may(tx, person.id, scope) for scope in tenancy.SCOPES}
        letters = cases.notices(tx, about)
        client = clients.client_for(tx, person.id)
        values: dict[str, Any] = {
            "find": about,
            "why": why(about, visitor.words.language),
            "client": client,
            "person": person,
            "may": may,
            "frozen": frozen,
            "letters": letters,
            "stands": progress(tx, about, now),
            "verdicts": cases.verdicts(tx, about),
            "notes": casework.notes_about(tx, person.id, about.id),
            "hands": casework.assignments(tx).get(about.id),
            "me": visitor.someone.id,
            "record": may["addresses"] and (tenant.lead or not person.minor),
        }
        looks.note(tx, "case-opened", [about.id])
    values |= _offers(about, person, material, visitor.words.language, before=any(each.sent_at for each in letters))
    return page(request, "caseworker/case.html", status=422 if wrong else 200, wrong=wrong, typed=typed, **values)


def _offers(about: cases.Exposure, person: Person, material: str, language: str, *, before: bool) -> dict[str, Any]:
    """Return the letters and cards that fit, each with the reason."""
    today = datetime.now(UTC).date()
    known = facts(today)
    chosen = material if material in MATERIALS else "unknown"
    found = situation(about.page_url, person.country, person.minor, known, chosen, sent_before=before)
    offered = {each.id: each for each in everything(today)}
    return {
        "material": chosen,
        "materials": MATERIALS,
        "proposals": [(offered[each.type], each.words(known, language)) for each in choose(found, today)],
        "titles": {each.id: each.title.get(language) or each.title["en"] for each in offered.values()},
        "cards": {each.id: card(known, each.id, language) for each in offered.values() if each.card},
    }
