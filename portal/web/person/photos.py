"""Photos: add some by their numbers alone, see which are looked for, stop looking for one."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from matchers import Fingerprint
from matchers.frames import Frame
from portal.web import metrics, pages
from portal.web.access import Role, Visitor, door, house, visitor_of
from portal.web.forms import known_id
from portal.web.house import House
from portal.web.person import numbers
from portal.web.person.numbers import BadNumbers
from portal.web.rooms import room
from registry import consents, enrolments
from registry.errors import AlreadyEnrolled, BadValue
from registry.transaction import Transaction

router = room()

LONGEST_LABEL = 80
STATES = (
    *("waiting", "working", "ready", "weak", "small", "untried", "flat", "tiny", "unreadable", "too-large"),
    *("stopped", "sending", "sent", "known", "common", "refused", "no-answer"),
)
TRIALS = ("smaller", "mirror", "crop", "caption", "screenshot", "composite")
"""What the page's script does to a photo on the device, to see what would be found; `trying/edits.js` has the same."""


@dataclass(frozen=True)
class Photo:
    """One photo as its owner sees it: the name they gave it, or a number, and since when it is looked for."""

    id: UUID
    label: str | None
    number: int
    since: datetime
    again: bool = False
    """Whether more copies of it would be found if it were added again."""


@router.get("/me/photos")
@door(Role.PERSON)
def photos(request: Request) -> Response:
    """List the photos that are looked for."""
    with house(request).registry.reading() as tx:
        mine = _photos(tx, visitor_of(request))
    return pages.page(request, "person/photos.html", photos=mine)


@router.get("/me/photos/add")
@door(Role.PERSON)
def add(request: Request) -> Response:
    """Show the page whose script makes fingerprints in the browser."""
    words = visitor_of(request).words
    # The script puts the least size in itself, so that the rule stands in one place.
    said = {state: words(f"add.state.{state}", pixels="{pixels}") for state in STATES}
    said |= {f"try-{name}": words(f"add.trial.{name}") for name in TRIALS}
    return pages.page(request, "person/add.html", said=json.dumps(said, ensure_ascii=False))


@router.post("/me/photos")
@door(Role.PERSON)
async def enrol(request: Request) -> Response:
    """Take one photo's fingerprint, with the person's agreement: JSON from our own page, hashes only."""
    visitor, at_home = visitor_of(request), house(request)
    at_home.pace.require(at_home.settings.enrolments_per_person, "enrol", str(visitor.someone.id))
    try:
        sent = await run_in_threadpool(numbers.read, await request.body())
        state = await run_in_threadpool(_enrol, at_home, visitor, sent)
    except BadNumbers as error:
        metrics.ENROLMENTS.labels(outcome=error.state).inc()
        return JSONResponse({"state": error.state}, status_code=422)
    metrics.ENROLMENTS.labels(outcome=state).inc()
    return JSONResponse({"state": state})


@router.get("/me/photos/{photo}/stop")
@door(Role.PERSON)
def ask_to_stop(request: Request, photo: str) -> Response:
    """Ask whether to stop looking for one photo."""
    with house(request).registry.reading() as tx:
        mine = _mine(tx, visitor_of(request), photo)
    return pages.page(request, "person/stop.html", photo=mine)


@router.post("/me/photos/{photo}/stop")
@door(Role.PERSON)
def stop(request: Request, photo: str) -> Response:
    """Withdraw the consent for one photo: its fingerprint is deleted at once."""
    visitor = visitor_of(request)
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        consents.withdraw(tx, enrolment=_mine(tx, visitor, photo).id)
    return pages.go("/me/photos")


def _enrol(at_home: House, visitor: Visitor, sent: numbers.Numbers) -> str:
    """Keep one fingerprint and return what the page shall say."""
    if _is_common(at_home, visitor, sent.fingerprint):
        return "common"
    try:
        with at_home.registry.transaction(str(visitor.someone.id)) as tx:
            consents.give(tx, visitor.someone)
            enrolments.enrol(tx, visitor.someone, sent.fingerprint, _label(sent.untrusted_label))
    except AlreadyEnrolled:
        return "known"
    except BadValue as error:
        raise BadNumbers("refused") from error
    return "sent"


def _is_common(at_home: House, visitor: Visitor, fingerprint: Fingerprint) -> bool:
    """Say whether the operator marked this picture as common, so that its finds would be told to nobody.

    That says nothing of any other person's photos. The question can still be put by sending: whoever heard "common"
    too often today is not told any more, and the photo is kept like any other.
    """
    if not at_home.crawl_store.log.common.known().has((Frame(fingerprint),)):
        return False
    return at_home.pace.allows(at_home.settings.common_answers_per_person, "common", str(visitor.someone.id))


def _label(untrusted: str | None) -> str | None:
    text = " ".join((untrusted or "").split())[:LONGEST_LABEL]
    return "".join(letter for letter in text if letter.isprintable()) or None


def _photos(tx: Transaction, visitor: Visitor) -> list[Photo]:
    mine = enumerate(enrolments.enrolments(tx, visitor.someone), start=1)
    again = enrolments.to_add_again(tx, visitor.someone)
    return [
        Photo(each.id, each.label, number, each.created_at, each.id in again)
        for number, each in mine
        if each.withdrawn_at is None
    ]


def _mine(tx: Transaction, visitor: Visitor, untrusted_id: str) -> Photo:
    """Return a photo of this visitor's that is looked for, or say that there is none."""
    wanted = known_id(untrusted_id)
    for photo in _photos(tx, visitor):
        if photo.id == wanted:
            return photo
    raise HTTPException(404)
