"""Hash lists of a centre: made, filled with records of an exchange, read back, and withdrawn entry by entry."""

from uuid import UUID

from fastapi import Request, Response

from portal.web.access import Role, door
from portal.web.api.clients import Cursor, Limit
from portal.web.api.machine import ERRORS, ApiError, inside, once, token_of
from portal.web.api.shapes import (
    BadRecord,
    HashList,
    ListEntries,
    ListEntry,
    NewList,
    NewRecords,
    TakenIn,
)
from portal.web.rooms import room
from registry import list_files, lists, looks
from registry.errors import BadValue, PersonExists
from registry.transaction import Transaction

router = room()
SCOPE = "lists"


@router.get("/api/v1/hash-lists", response_model=list[HashList], responses=ERRORS)
@door(Role.TOKEN)
def list_lists(request: Request) -> list[HashList]:
    """List the centre's hash lists, oldest first."""
    with inside(request, SCOPE) as tx:
        return [_list(each) for each in lists.lists(tx)]


@router.post("/api/v1/hash-lists", status_code=201, response_model=HashList, responses=ERRORS)
@door(Role.TOKEN)
def make(request: Request, new: NewList) -> Response:
    """Make a list. What is found for it is in the centre's queue, and told like any other find."""
    token = token_of(request, SCOPE)

    def act(tx: Transaction) -> HashList:
        about = {"purpose": new.purpose, "source": new.source}
        try:
            return _list(lists.make(tx, new.name, at=token.centre, days=new.days, minors=new.minors, **about))
        except (BadValue, PersonExists) as error:
            raise ApiError(422, "Not usable", str(error)) from error

    return once(request, SCOPE, new, act, confined=False)


@router.post("/api/v1/hash-lists/{list_id}/records", response_model=TakenIn, responses=ERRORS)
@door(Role.TOKEN)
def take(request: Request, list_id: UUID, new: NewRecords) -> Response:
    """Take records in. Those that are no good are named and change nothing; the others are taken."""
    read = [(number, list_files.record_of(each, number)) for number, each in enumerate(new.records, 1)]
    good = [row for _, row in read if isinstance(row, lists.Record)]
    bad = [BadRecord(number=number, why=row.why) for number, row in read if isinstance(row, list_files.BadRow)]

    def act(tx: Transaction) -> TakenIn:
        mine = lists.one(tx, list_id)
        try:
            taken = lists.take(tx, mine.id, good)
        except BadValue as error:
            raise ApiError(422, "Not usable", str(error)) from error
        looks.note(tx, "enrolled", [mine.id])
        other = len(read) - len(good) - len(bad)
        return TakenIn(**vars(taken), other=other, bad=bad)

    return once(request, SCOPE, new, act, status=200)


@router.get("/api/v1/hash-lists/{list_id}/entries", response_model=ListEntries, responses=ERRORS)
@door(Role.TOKEN)
def read(request: Request, list_id: UUID, cursor: Cursor = None, limit: Limit = 50) -> ListEntries:
    """Read a list back, with the entries that were withdrawn, without their hashes."""
    try:
        after = None if cursor is None else UUID(cursor)
    except ValueError as error:
        raise ApiError(400, "Bad cursor", "This cursor leads nowhere: start without one.") from error
    with inside(request, SCOPE) as tx:
        mine = lists.one(tx, list_id)
        found = lists.entries(tx, mine.id, after, limit + 1)
        looks.note(tx, "client-opened", [mine.id])
    shown = found[:limit]
    more = str(shown[-1].id) if len(found) > limit else None
    return ListEntries(items=[_entry(each) for each in shown], next=more)


@router.post("/api/v1/hash-lists/{list_id}/entries/{entry}/withdraw", status_code=204, responses=ERRORS)
@door(Role.TOKEN)
def withdraw(request: Request, list_id: UUID, entry: UUID) -> Response:
    """Withdraw one entry: its hash is deleted at once, and no import brings it back."""
    with inside(request, SCOPE) as tx:
        lists.withdraw_entry(tx, lists.one(tx, list_id).id, entry)
    return Response(status_code=204)


def _list(found: lists.HashList) -> HashList:
    return HashList(**{name: getattr(found, name) for name in HashList.model_fields})


def _entry(found: lists.Entry) -> ListEntry:
    return ListEntry(
        id=found.id,
        hash=None if found.hash is None else found.hash.hex,
        quality=found.quality,
        external_id=found.external,
        tags=list(found.tags),
        imported_at=found.imported_at,
        withdrawn_at=found.withdrawn_at,
    )
