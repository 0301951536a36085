"""Clients of the centre and their photos, by fingerprint."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from matchers import Fingerprint, Unhashable
from matchers.fingerprint import VERSION, require_usable
from portal.web.access import Role, door
from portal.web.api.machine import ERRORS, ApiError, inside, once, page_of, token_of
from portal.web.api.shapes import Client, Clients, Enrolment, NewClient, NewEnrolment
from portal.web.rooms import room
from registry import clients, consents, enrolments, looks, people
from registry.errors import AlreadyEnrolled, BadValue
from registry.transaction import Transaction

router = room()
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=64)]


@router.get("/api/v1/clients", response_model=Clients, responses=ERRORS)
@door(Role.TOKEN)
def list_clients(request: Request, cursor: Cursor = None, limit: Limit = 50) -> Response:
    """List the clients whose consent is open, newest first."""
    with inside(request, "clients:read") as tx:
        shown, after = page_of(clients.clients(tx), lambda each: each.id, cursor, limit)
        answer = Clients(items=[_client(tx, each) for each in shown], next=after)
        looks.note(tx, "client-listed", [each.person for each in shown])
    return Response(answer.model_dump_json(), media_type="application/json")


@router.post("/api/v1/clients", status_code=201, response_model=Client, responses=ERRORS)
@door(Role.TOKEN)
def take_in(request: Request, new: NewClient) -> Response:
    """Take somebody in who came to the centre and has no account."""
    token = token_of(request, "clients:write")

    def act(tx: Transaction) -> Client:
        try:
            made = clients.take_in(
                tx,
                token.centre,
                new.pseudonym,
                given_by=new.given_by,
                words=new.consent,
                scopes=new.scopes,
                until=tx.now() + timedelta(days=new.days),
                language=new.language,
                birth_year=new.birth_year,
            )
        except BadValue as error:
            raise ApiError(422, "Not usable", str(error)) from error
        return _client(tx, made)

    return once(request, "clients:write", new, act, confined=False)


@router.get("/api/v1/clients/{client}", response_model=Client, responses=ERRORS)
@door(Role.TOKEN)
def one_client(request: Request, client: UUID) -> Response:
    """Give one client."""
    with inside(request, "clients:read") as tx:
        mine = clients.client(tx, client)
        looks.note(tx, "client-opened", [mine.person])
        return Response(_client(tx, mine).model_dump_json(), media_type="application/json")


@router.post("/api/v1/clients/{client}/end", status_code=204, responses=ERRORS)
@door(Role.TOKEN)
def end(request: Request, client: UUID) -> Response:
    """Note that a client has ended their consent: from this moment nothing of them is within reach."""
    with inside(request, "clients:write") as tx:
        clients.end(tx, clients.client(tx, client).id)
    return Response(status_code=204)


@router.get("/api/v1/clients/{client}/enrolments", response_model=list[Enrolment], responses=ERRORS)
@door(Role.TOKEN)
def list_enrolments(request: Request, client: UUID) -> list[Enrolment]:
    """List a client's photos, without their fingerprints."""
    with inside(request, "clients:read") as tx:
        mine = clients.client(tx, client)
        looks.note(tx, "client-opened", [mine.person])
        return [_enrolment(each) for each in enrolments.enrolments(tx, mine.person)]


@router.post("/api/v1/clients/{client}/enrolments", status_code=201, response_model=Enrolment, responses=ERRORS)
@door(Role.TOKEN)
def enrol(request: Request, client: UUID, new: NewEnrolment) -> Response:
    """Enrol a photo of a client by its fingerprint. The photo itself is never sent."""
    token_of(request, "enrolments:write")
    fingerprint = _usable(new)

    def act(tx: Transaction) -> Enrolment:
        mine = clients.client(tx, client)
        consents.give(tx, mine.person)
        try:
            made = enrolments.enrol(tx, mine.person, fingerprint, new.label)
            looks.note(tx, "enrolled", [mine.person])
            return _enrolment(made)
        except AlreadyEnrolled as error:
            raise ApiError(409, "Enrolled already", "This client enrolled the same photo before.") from error
        except BadValue as error:
            raise ApiError(422, "Not usable", str(error)) from error

    return once(request, "enrolments:write", new, act)


@router.post("/api/v1/enrolments/{enrolment}/withdraw", status_code=204, responses=ERRORS)
@door(Role.TOKEN)
def withdraw(request: Request, enrolment: UUID) -> Response:
    """Look for a photo no more: its fingerprint is deleted at once."""
    with inside(request, "enrolments:write") as tx:
        consents.withdraw(tx, enrolment=enrolments.enrolment(tx, enrolment).id)
    return Response(status_code=204)


def _usable(new: NewEnrolment) -> Fingerprint:
    """Return the fingerprint if it passes the same gate as one that is made here."""
    try:
        fingerprint = Fingerprint.from_json(new.fingerprint)
        require_usable(fingerprint.width, fingerprint.height, fingerprint.quality)
    except Unhashable as error:
        raise ApiError(422, "Not usable", f"The photo is {error.reason}: choose another one.") from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ApiError(422, "Not a fingerprint", "Send what `watchlight fingerprint FILE --json` prints.") from error
    if fingerprint.version != VERSION:
        raise ApiError(422, "Another version", f"This house compares fingerprints of version {VERSION}.")
    return fingerprint


def _client(tx: Transaction, client: clients.Client) -> Client:
    person, now = people.get(tx, client.person), tx.now()
    until = client.until(now)
    assert until is not None, "only clients with an open consent are here"
    return Client(
        id=client.id,
        pseudonym=person.name,
        minor=person.minor,
        scopes=list(client.scopes_at(now)),  # type: ignore[arg-type]  # checked against the Literal when built
        until=until,
        created_at=client.created_at,
    )


def _enrolment(made: enrolments.Enrolment) -> Enrolment:
    return Enrolment(id=made.id, label=made.label, created_at=made.created_at, withdrawn_at=made.withdrawn_at)
