"""Letters that ask for removal: choose, say what only the sender can say, read, copy, note as sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from alerts.errors import BadValue, MissingField, NoticeError, UnknownLanguage, UnknownNotice
from alerts.notices import Notice, draft, has_open_places
from alerts.notices.asking import Question, desk_for, questions
from portal.web import metrics, pages
from portal.web.access import Role, Visitor, door, house, visitor_of
from portal.web.forms import Fields, known_id
from portal.web.person.finds import exposure_of, refuse_minor
from portal.web.rooms import room
from registry import audit, cases
from registry.transaction import Transaction

router = room()


@dataclass(frozen=True)
class Composer:
    """The form for one letter: its questions, what was typed, and what is wrong beside which field."""

    type: str
    language: str
    questions: list[Question]
    typed: Mapping[str, str]
    wrong: Mapping[str, str]


@router.get("/me/found/{exposure}/write")
@door(Role.PERSON)
def compose(request: Request, exposure: str, type: str = "", language: str = "") -> Response:
    """Ask what the letter needs and the registry does not know."""
    visitor = visitor_of(request)
    refuse_minor(visitor)
    with house(request).registry.reading() as tx:
        mine = exposure_of(tx, visitor, exposure)
    return _form(request, mine, type, language)


@router.post("/me/found/{exposure}/write")
@door(Role.PERSON)
def write(request: Request, exposure: str, fields: Fields) -> Response:
    """Draft the letter and keep it, or show the form again with what is missing beside its field."""
    visitor = visitor_of(request)
    refuse_minor(visitor)
    type_, language = fields.pop("type", ""), fields.pop("language", "")
    said = {name: text for name, text in fields.items() if text}
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        mine = exposure_of(tx, visitor, exposure)
        try:
            notice = draft(mine, visitor.someone, type_, language, said)
        except (MissingField, BadValue) as error:
            return _form(request, mine, type_, language, said, _wrong(visitor, error))
        except NoticeError as error:
            raise HTTPException(400) from error
        kept = _keep(tx, visitor, mine, notice)
    metrics.NOTICES.labels(outcome="drafted").inc()
    return pages.go(f"/me/letters/{kept.id}")


@router.get("/me/letters/{letter}")
@door(Role.PERSON)
def letter(request: Request, letter: str) -> Response:
    """Show one letter, to be read and copied, and where it can be sent."""
    visitor = visitor_of(request)
    refuse_minor(visitor)
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        kept, about = _mine(tx, visitor, letter)
        audit.append(tx, visitor.someone.id, "letter-shown", kept.id)
    return pages.page(
        request,
        "person/letter.html",
        letter=kept,
        desk=desk_for(about.page_url, kept.type),
        open_places=has_open_places(kept.text),
    )


@router.post("/me/letters/{letter}/sent")
@door(Role.PERSON)
def sent(request: Request, letter: str) -> Response:
    """Note that the person has sent the letter."""
    visitor = visitor_of(request)
    refuse_minor(visitor)
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        kept, _ = _mine(tx, visitor, letter)
        cases.mark_sent(tx, kept.id)
    metrics.NOTICES.labels(outcome="sent").inc()
    return pages.go(f"/me/letters/{kept.id}")


def _form(
    request: Request,
    exposure: cases.Exposure,
    type_: str,
    language: str,
    typed: Mapping[str, str] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> Response:
    visitor = visitor_of(request)
    try:
        asked = questions(type_, language, visitor.someone, visitor.words.language)
    except (UnknownNotice, UnknownLanguage) as error:
        raise HTTPException(404) from error
    composer = Composer(type_, language, asked, typed or {}, wrong or {})
    values: dict[str, Any] = {"composer": composer, "exposure": exposure.id}
    return pages.page(request, "person/write.html", status=422 if wrong else 200, **values)


def _wrong(visitor: Visitor, error: MissingField | BadValue) -> dict[str, str]:
    """Return what to say beside which field."""
    if isinstance(error, BadValue):
        return {error.field: visitor.words("write.bad")}
    return {name: visitor.words("write.missing", field=label) for name, label in error.fields.items()}


def _keep(tx: Transaction, visitor: Visitor, exposure: cases.Exposure, notice: Notice) -> cases.Notice:
    kept = cases.save_notice(
        tx,
        exposure,
        notice.type,
        notice.language,
        notice.body,
        subject=notice.subject,
        recipient=notice.desk.name,
    )
    audit.append(tx, visitor.someone.id, "letter-drafted", kept.id)
    return kept


def _mine(tx: Transaction, visitor: Visitor, untrusted_id: str) -> tuple[cases.Notice, cases.Exposure]:
    """Return a letter of this visitor's and what it is about."""
    kept = cases.notice(tx, known_id(untrusted_id))
    return kept, exposure_of(tx, visitor, str(kept.exposure))
