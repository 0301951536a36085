"""Letters that a centre writes for its client: the same forms as the person's own. A person sends each one."""

from datetime import UTC, datetime

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from alerts.errors import BadValue, MissingField, NoticeError
from alerts.notices import draft, has_open_places, kept
from alerts.notices.asking import that_fit
from portal.web import metrics, pages
from portal.web.access import Role, door, visitor_of
from portal.web.caseworker import desk
from portal.web.caseworker.desk import at_desk, look, page
from portal.web.caseworker.queue import sender
from portal.web.composing import case_of, form, what_is_wrong
from portal.web.forms import Fields
from portal.web.person.letter_forms import FILES, as_file, shown
from portal.web.rooms import room
from registry import cases, looks
from registry.errors import BadValue as RegistryBadValue

router = room()


@router.get("/support/cases/{exposure}/write")
@door(Role.STAFF)
def compose(request: Request, exposure: str, type: str = "", language: str = "") -> Response:
    """Ask what the letter needs; what the centre says of itself is filled in."""
    with at_desk(request) as (tx, _):
        about, person = desk.case(tx, exposure, "letters")
        if person.minor:
            raise HTTPException(404)
        case, given = case_of(tx, about, person), sender(tx, visitor_of(request))
    try:
        fitting = that_fit(given, about.page_url, type, language, datetime.now(UTC).date())
    except NoticeError as error:
        raise HTTPException(404) from error
    return form(request, case, type, language, fitting, **look(request))


@router.post("/support/cases/{exposure}/write")
@door(Role.STAFF)
def write(request: Request, exposure: str, fields: Fields) -> Response:
    """Draft the letter and keep it, or show the form again with what is missing beside its field."""
    visitor = visitor_of(request)
    type_, language = fields.pop("type", ""), fields.pop("language", "")
    said = {name: text for name, text in fields.items() if text}
    with at_desk(request) as (tx, _):
        about, person = desk.case(tx, exposure, "letters")
        if person.minor:
            raise HTTPException(404)
        case = case_of(tx, about, person)
        try:
            whom = kept.desk_of(tx, about, type_)
            given = that_fit(sender(tx, visitor), about.page_url, type_, language, datetime.now(UTC).date())
            notice = draft(
                about, person, type_, language, {**given, **said}, past=case.past, relay=case.relay, desk=whom
            )
        except (MissingField, BadValue) as error:
            return form(request, case, type_, language, said, what_is_wrong(visitor, error), **look(request))
        except NoticeError as error:
            raise HTTPException(400) from error
        letter = kept.keep(tx, about, notice)
        looks.note(tx, "letter-drafted", [letter.id])
    metrics.NOTICES.labels(outcome="drafted").inc()
    return pages.go(f"/support/letters/{letter.id}")


@router.get("/support/letters/{letter}")
@door(Role.STAFF)
def read(request: Request, letter: str) -> Response:
    """Show one letter with what it tells, what was checked, and where it can be sent."""
    with at_desk(request) as (tx, _):
        mine, about, _person = desk.letter(tx, letter)
        whom, answers = kept.desk_of(tx, about, mine.type), cases.replies(tx, mine.id)
        looks.note(tx, "letter-shown", [mine.id])
    return page(
        request,
        "person/letter.html",
        letter=mine,
        desk=whom,
        look_up=False,
        open_places=has_open_places(mine.text),
        **shown(mine, visitor_of(request).words),
        answers=answers,
        reply_kinds=cases.REPLY_KINDS,
    )


@router.get("/support/letters/{letter}/{file}")
@door(Role.STAFF)
def download(request: Request, letter: str, file: str) -> Response:
    """Give one form of a letter as a file."""
    if file not in FILES:
        raise HTTPException(404)
    with at_desk(request) as (tx, _):
        mine, about, _person = desk.letter(tx, letter)
        whom = kept.desk_of(tx, about, mine.type)
        looks.note(tx, "letter-downloaded", [mine.id])
    return as_file(mine, whom, file)


@router.post("/support/letters/{letter}/sent")
@door(Role.STAFF)
def sent(request: Request, letter: str) -> Response:
    """Note that this one letter was sent, by a person."""
    with at_desk(request) as (tx, _):
        mine, _about, _person = desk.letter(tx, letter)
        cases.mark_sent(tx, mine.id)
        looks.note(tx, "letter-marked-sent", [mine.id])
    metrics.NOTICES.labels(outcome="sent").inc()
    return pages.go(f"/support/letters/{mine.id}")


@router.post("/support/letters/{letter}/answer")
@door(Role.STAFF)
def answer(request: Request, letter: str, fields: Fields) -> Response:
    """Keep what was answered."""
    with at_desk(request) as (tx, _):
        mine, about, _person = desk.letter(tx, letter)
        try:
            cases.record_reply(tx, mine.id, fields.get("kind", ""), fields.get("words") or None)
        except RegistryBadValue as error:
            raise HTTPException(400) from error
        looks.note(tx, "reply-recorded", [mine.id])
    return pages.go(f"/support/cases/{about.id}")
