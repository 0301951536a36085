"""The queue: open exposures of the centre's clients, sorted, taken in hand, handed over, drafted in bulk."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from fastapi import Request, Response

from alerts.caseload import SORTS, Waiting, waiting
from alerts.errors import NoticeError
from alerts.notices import draft, kept
from alerts.notices.asking import that_fit
from alerts.notices.choosing import choose, situation
from alerts.notices.facts import facts
from portal.web import metrics, pages
from portal.web.access import PasskeyNeeded, Role, Visitor, door, house, visitor_of
from portal.web.caseworker.desk import COLOUR, at_desk, page
from portal.web.forms import Fields, known_id
from portal.web.rooms import room
from registry import audit, cases, casework, centres, looks, people, tenancy
from registry.errors import OutOfReach
from registry.transaction import Transaction

router = room()

A_PAGE = 50
SHOWN = ("all", "mine", "free")
PICK = "pick-"


@dataclass(frozen=True)
class Drafted:
    """What came of one draft in bulk: the letter, or None and what is in the way."""

    name: str
    letter: UUID | None
    exposure: UUID
    why: str


@router.get("/support")
@door(Role.ANYONE)
def support(request: Request, sort: str = "severity", show: str = "all", at: int = 1) -> Response:
    """Show the queue to staff of a centre; to everybody else, how a centre works here."""
    visitor = visitor_of(request)
    if visitor.needs_passkey:
        raise PasskeyNeeded
    if visitor.work is None:
        return pages.page(request, "caseworker/room.html")
    sort, show = (sort if sort in SORTS else SORTS[0]), (show if show in SHOWN else SHOWN[0])
    with at_desk(request) as (tx, _):
        everything = waiting(tx, tx.now(), sort)
        queue = [each for each in everything if _shown(each, show, visitor.someone.id)]
        last = max((len(queue) - 1) // A_PAGE + 1, 1)
        number = min(max(at, 1), last)
        rows = queue[(number - 1) * A_PAGE : number * A_PAGE]
        looks.note(tx, "client-listed", sorted({each.person for each in rows}))
        now = tx.now()
    return page(
        request,
        "caseworker/queue.html",
        rows=rows,
        total=len(everything),
        shown=len(queue),
        sort=sort,
        sorts=SORTS,
        show=show,
        shows=SHOWN,
        at=number,
        last=last,
        now=now,
    )


@router.post("/support/queue")
@door(Role.STAFF)
def change_hands(request: Request, fields: Fields) -> Response:
    """Take the ticked cases in hand, put them back, hand them over, or draft a letter for each; nothing is sent."""
    visitor = visitor_of(request)
    picked = [known_id(name.removeprefix(PICK)) for name, value in fields.items() if name.startswith(PICK) and value]
    do, to = fields.get("do", ""), fields.get("to", "")
    if do.startswith("one-"):  # the button of one row, without JavaScript too
        picked, do = [known_id(do.removeprefix("one-"))], "mine"
    if do == "draft":
        return _draft_each(request, picked)
    staff = {"mine": visitor.someone.id, "free": None, "hand": known_id(to) if do == "hand" else None}.get(do)
    with at_desk(request) as (tx, _):
        casework.assign(tx, picked, staff)
    return pages.go(_back(fields))


@router.post("/support/colour")
@door(Role.STAFF)
def colour(request: Request, fields: Fields) -> Response:
    """Show the rooms in colour until the browser closes, or in grey again."""
    answer = pages.go("/support")
    cookies = house(request).cookies
    if fields.get("colour") == "yes":
        cookies.set(answer, COLOUR, "yes")
    else:
        cookies.forget(answer, COLOUR)
    return answer


def _shown(each: Waiting, show: str, me: UUID) -> bool:
    return show == "all" or each.staff == (me if show == "mine" else None)


def _back(fields: Mapping[str, str]) -> str:
    """Return the page of the queue that the form was on, from parts that can say nothing else."""
    sort, show, number = fields.get("sort", ""), fields.get("show", ""), fields.get("at", "")
    chosen = {"sort": sort if sort in SORTS else "", "show": show if show in SHOWN else ""}
    chosen["at"] = number if number.isdecimal() and number.isascii() and len(number) < 6 else ""
    asked = "&".join(f"{name}={value}" for name, value in chosen.items() if value)
    return f"/support?{asked}" if asked else "/support"


def _draft_each(request: Request, picked: list[UUID]) -> Response:
    """Draft the letter that fits best for each case. Each one is read and sent by a person, one by one."""
    visitor = visitor_of(request)
    with at_desk(request) as (tx, _):
        drafted = [_draft_one(tx, visitor, each) for each in picked]
    metrics.NOTICES.labels(outcome="drafted").inc(sum(each.letter is not None for each in drafted))
    return page(request, "caseworker/drafted.html", drafted=drafted)


def _draft_one(tx: Transaction, visitor: Visitor, exposure: UUID) -> Drafted:
    about = cases.exposure(tx, exposure)
    client = people.get(tx, about.person)
    if client.minor:
        return Drafted(client.name, None, exposure, "minor")
    try:
        tenancy.require(tx, client.id, "letters")
    except OutOfReach:
        return Drafted(client.name, None, exposure, "not-allowed")
    letters = cases.notices(tx, about)
    open_ones = [each for each in letters if each.sent_at is None]
    if open_ones:
        return Drafted(client.name, open_ones[0].id, exposure, "there-already")
    now = datetime.now(UTC)
    sent_before = bool(letters)  # none of them is open
    found = situation(about.page_url, client.country, client.minor, facts(now.date()), "unknown", sent_before)
    best = next((each for each in choose(found, now.date()) if not each.card), None)
    if best is None:
        return Drafted(client.name, None, exposure, "nothing-fits")
    try:
        given = that_fit(sender(tx, visitor), about.page_url, best.type, best.language, now.date())
        desk = kept.desk_of(tx, about, best.type)
        notice = draft(about, client, best.type, best.language, given, past=kept.past(tx, about), desk=desk)
    except NoticeError:
        return Drafted(client.name, None, exposure, "asks-more")
    letter = kept.keep(tx, about, notice)
    audit.append(tx, tx.actor, "letter-drafted", letter.id)
    return Drafted(client.name, letter.id, exposure, "drafted")


def sender(tx: Transaction, visitor: Visitor) -> dict[str, str]:
    """Return what a letter says of its sender when a centre writes for its client: never the caseworker's own name."""
    assert visitor.work is not None
    at = centres.centre(tx, visitor.work.centre)
    return {
        "requester_role": "support_centre",
        "requester_name": at.name,
        "authority_basis": visitor.words("case.authority", name=at.name),
        **({"requester_email": at.email, "reply_channel": at.email} if at.email else {}),
    }
