"""What was found for the centre's clients, and letters: read, and drafted for a person to send."""

from typing import Annotated, Literal, get_args
from uuid import UUID

from fastapi import Query, Request, Response

from alerts.errors import NoticeError
from alerts.notices import draft, kept
from alerts.tracking import progress
from portal.web.access import Role, door
from portal.web.api.clients import Cursor, Limit
from portal.web.api.machine import ERRORS, ApiError, inside, once, page_of
from portal.web.api.shapes import Exposure, Exposures, NewNotice, Notice, Verdict
from portal.web.rooms import room
from registry import cases, clients, looks, people, reviews, tenancy
from registry.errors import OutOfReach, UnknownExposure
from registry.transaction import Transaction

router = room()
State = Literal["new", "told", "noticed", "gone", "dismissed"]
SHOWN = get_args(State)


@router.get("/api/v1/exposures", response_model=Exposures, responses=ERRORS)
@door(Role.TOKEN)
def list_exposures(
    request: Request,
    state: Annotated[State | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List what was found, newest first."""
    with inside(request, "exposures:read") as tx:
        found = cases.exposures(tx, states=[state] if state else SHOWN)
        shown, after = page_of(found, lambda each: each.id, cursor, limit)
        answer = Exposures(items=[_exposure(tx, each) for each in shown], next=after)
        looks.note(tx, "case-opened", [each.id for each in shown])
    return Response(answer.model_dump_json(), media_type="application/json")


@router.get("/api/v1/exposures/{exposure}", response_model=Exposure, responses=ERRORS)
@door(Role.TOKEN)
def one_exposure(request: Request, exposure: UUID) -> Response:
    """Give one exposure."""
    with inside(request, "exposures:read") as tx:
        answer = _exposure(tx, _shown(tx, exposure))
        looks.note(tx, "address-shown" if answer.page_url else "case-opened", [answer.id])
    return Response(answer.model_dump_json(), media_type="application/json")


@router.get("/api/v1/exposures/{exposure}/verdicts", response_model=list[Verdict], responses=ERRORS)
@door(Role.TOKEN)
def list_verdicts(request: Request, exposure: UUID) -> list[Verdict]:
    """List what looking again found, oldest first."""
    with inside(request, "exposures:read") as tx:
        found = cases.verdicts(tx, _shown(tx, exposure))
        looks.note(tx, "case-opened", [exposure])
    return [Verdict(verdict=each.verdict, at=each.at) for each in found]


@router.get("/api/v1/exposures/{exposure}/notices", response_model=list[Notice], responses=ERRORS)
@door(Role.TOKEN)
def list_notices(request: Request, exposure: UUID) -> list[Notice]:
    """List the letters about one exposure."""
    with inside(request, "notices:read") as tx:
        about = _writable(tx, exposure)
        found = [_notice(each) for each in cases.notices(tx, about)]
        looks.note(tx, "letter-shown", [each.id for each in found])
    return found


@router.post("/api/v1/exposures/{exposure}/notices", status_code=201, response_model=Notice, responses=ERRORS)
@door(Role.TOKEN)
def draft_notice(request: Request, exposure: UUID, new: NewNotice) -> Response:
    """Draft a letter. A person reads it and sends it; no machine does."""

    def act(tx: Transaction) -> Notice:
        about = _writable(tx, exposure)
        client = people.get(tx, about.person)
        if client.minor:
            raise ApiError(409, "Under age", "No letter is written for somebody under age: turn to the police.")
        try:
            desk = kept.desk_of(tx, about, new.type)
            made = draft(about, client, new.type, new.language, new.values, past=kept.past(tx, about), desk=desk)
        except NoticeError as error:
            raise ApiError(422, "Not written", str(error)) from error
        letter = kept.keep(tx, about, made)
        looks.note(tx, "letter-drafted", [letter.id])
        return _notice(letter)

    return once(request, "notices:draft", new, act)


@router.get("/api/v1/notices/{notice}", response_model=Notice, responses=ERRORS)
@door(Role.TOKEN)
def one_notice(request: Request, notice: UUID) -> Notice:
    """Give one letter."""
    with inside(request, "notices:read") as tx:
        letter = cases.notice(tx, notice)
        _writable(tx, letter.exposure)
        looks.note(tx, "letter-shown", [letter.id])
        return _notice(letter)


def _shown(tx: Transaction, exposure: UUID) -> cases.Exposure:
    found = cases.exposure(tx, exposure)
    if found.state not in SHOWN:
        raise UnknownExposure("There is no such exposure.")
    return found


def _writable(tx: Transaction, exposure: UUID) -> cases.Exposure:
    found = _shown(tx, exposure)
    if reviews.frozen(tx, found.person):
        raise OutOfReach("This client's photos are under review.")
    tenancy.require(tx, found.person, "letters")
    return found


def _exposure(tx: Transaction, found: cases.Exposure) -> Exposure:
    person = people.get(tx, found.person)
    open_ = tenancy.may(tx, person.id, "addresses") and not person.minor and not reviews.frozen(tx, person)
    return Exposure(
        id=found.id,
        client=clients.client_for(tx, person.id).id,
        state=found.state,
        kind=found.kind,
        confidence=found.confidence,
        first_seen=found.first_seen,
        last_seen=found.last_seen,
        created_at=found.created_at,
        next=progress(tx, found, tx.now()).action,
        page_url=found.page_url if open_ else None,
        picture_url=found.picture_url if open_ else None,
    )


def _notice(letter: cases.Notice) -> Notice:
    return Notice(
        id=letter.id,
        exposure=letter.exposure,
        type=letter.type,
        language=letter.language,
        subject=letter.subject,
        text=letter.text,
        created_at=letter.created_at,
        sent_at=letter.sent_at,
    )
