"""Letters that ask for removal: choose, say what only the sender can say, read, copy, note as sent."""

import os

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from alerts.errors import BadValue, MissingField, NoticeError
from alerts.lookup import remembered
from alerts.lookup.asked import looked_up, lookups_allowed
from alerts.notices import Notice, draft, has_open_places, kept
from portal.web import metrics, pages
from portal.web.access import Role, Visitor, door, house, visitor_of
from portal.web.composing import case_of, form, what_is_wrong
from portal.web.forms import Fields
from portal.web.person import letter_forms
from portal.web.person.finds import address_of, letter_of, refuse_minor
from portal.web.rooms import room
from registry import audit, cases
from registry.errors import BadValue as RegistryBadValue
from registry.transaction import Transaction

router = room()


@router.get("/me/found/{exposure}/write")
@door(Role.PERSON)
def compose(request: Request, exposure: str, type: str = "", language: str = "") -> Response:
    """Ask what the letter needs and the registry does not know."""
    visitor = visitor_of(request)
    refuse_minor(visitor)
    with house(request).registry.reading() as tx:
        mine = address_of(tx, visitor, exposure, house(request).settings)
        case = case_of(tx, mine, visitor.someone)
    return form(request, case, type, language)


@router.post("/me/found/{exposure}/write")
@door(Role.PERSON)
def write(request: Request, exposure: str, fields: Fields) -> Response:
    """Draft the letter and keep it, or show the form again with what is missing beside its field."""
    visitor = visitor_of(request)
    refuse_minor(visitor)
    type_, language = fields.pop("type", ""), fields.pop("language", "")
    said = {name: text for name, text in fields.items() if text}
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        mine = address_of(tx, visitor, exposure, house(request).settings)
        case = case_of(tx, mine, visitor.someone)
        try:
            desk = kept.desk_of(tx, mine, type_)
            notice = draft(mine, visitor.someone, type_, language, said, past=case.past, relay=case.relay, desk=desk)
        except (MissingField, BadValue) as error:
            return form(request, case, type_, language, said, what_is_wrong(visitor, error))
        except NoticeError as error:
            raise HTTPException(400) from error
        letter = _keep(tx, visitor, mine, notice)
    metrics.NOTICES.labels(outcome="drafted").inc()
    return pages.go(f"/me/letters/{letter.id}")


@router.get("/me/letters/{letter}")
@door(Role.PERSON)
def letter(request: Request, letter: str) -> Response:
    """Show one letter: what it tells about its sender, what was checked, where it can be sent, its other forms."""
    visitor = visitor_of(request)
    refuse_minor(visitor)
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        mine, about = letter_of(tx, visitor, letter, house(request).settings)
        desk = kept.desk_of(tx, about, mine.type)
        audit.append(tx, visitor.someone.id, "letter-shown", mine.id)
        answers = cases.replies(tx, mine.id)
    return pages.page(
        request,
        "person/letter.html",
        letter=mine,
        desk=desk,
        look_up=lookups_allowed(os.environ),
        open_places=has_open_places(mine.text),
        **letter_forms.shown(mine, visitor.words),
        answers=answers,
        reply_kinds=cases.REPLY_KINDS,
    )


@router.post("/me/letters/{letter}/look-up")
@door(Role.PERSON)
def look_up(request: Request, letter: str) -> Response:
    """Look up whom to write to, where the operator allows it: the domain is asked about, never the page."""
    visitor = visitor_of(request)
    refuse_minor(visitor)
    if not lookups_allowed(os.environ):
        raise HTTPException(404)
    with house(request).registry.reading() as tx:
        mine, about = letter_of(tx, visitor, letter, house(request).settings)
    found = looked_up(about.page_url, os.environ)
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        remembered.remember(tx, found)
        audit.append(tx, visitor.someone.id, "contacts-looked-up", about.id)
    return pages.go(f"/me/letters/{mine.id}")


@router.post("/me/letters/{letter}/sent")
@door(Role.PERSON)
def sent(request: Request, letter: str) -> Response:
    """Note that the person has sent the letter."""
    visitor = visitor_of(request)
    refuse_minor(visitor)
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        mine, _ = letter_of(tx, visitor, letter, house(request).settings)
        cases.mark_sent(tx, mine.id)
    metrics.NOTICES.labels(outcome="sent").inc()
    return pages.go(f"/me/letters/{mine.id}")


@router.post("/me/letters/{letter}/answer")
@door(Role.PERSON)
def answer(request: Request, letter: str, fields: Fields) -> Response:
    """Keep what was answered to a letter that was sent."""
    visitor = visitor_of(request)
    refuse_minor(visitor)
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        mine, about = letter_of(tx, visitor, letter, house(request).settings)
        try:
            cases.record_reply(tx, mine.id, fields.get("kind", ""), fields.get("words") or None)
        except RegistryBadValue as error:
            raise HTTPException(400) from error
        audit.append(tx, visitor.someone.id, "reply-recorded", mine.id)
    return pages.go(f"/me/found/{about.id}")


def _keep(tx: Transaction, visitor: Visitor, exposure: cases.Exposure, notice: Notice) -> cases.Notice:
    letter = kept.keep(tx, exposure, notice)
    audit.append(tx, visitor.someone.id, "letter-drafted", letter.id)
    return letter
