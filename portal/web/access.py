"""Who may open which door. Every route says so itself; one that says nothing is refused when the app is built.

    @router.get("/me")
    @door(Role.PERSON)
    def home(request: Request) -> Response: ...

Before a room runs, its caller has been recognised by the session cookie, has one of the roles named on
the door, and, when something is changed, has sent the token that only our own pages can know.
"""

import hmac
import ipaddress
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute

from portal.web.house import House
from portal.web.language import Words, choose, languages
from portal.web.settings import LOOPBACK_NAMES, Settings, host_name
from registry import centres, people, signin, tokens

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Role(StrEnum):
    """Whom a door is for. PERSON, CASEWORKER and OPERATOR are the registry's roles.

    TOKEN is a machine of a centre, and MACHINE one that stands nearby.
    STAFF is whoever works at a centre, LEAD whoever leads one: their rooms are inside that centre. KNOWN is whoever is
    signed in.
    """

    ANYONE = "anyone"
    MACHINE = "machine"
    TOKEN = "token"  # noqa: S105 - the name of a role
    PERSON = "person"
    CASEWORKER = "caseworker"
    OPERATOR = "operator"
    STAFF = "staff"
    LEAD = "lead"
    KNOWN = "known"


# Roles that reach other people's data, or run the house: for them a passkey is asked, or demanded.
WORKING = frozenset({Role.CASEWORKER, Role.OPERATOR, Role.STAFF, Role.LEAD})


class UndeclaredDoor(RuntimeError):
    """A route that does not say whom it is for: nothing is served until it does."""


class SignInNeeded(Exception):
    """The room is for somebody we know, and nobody is signed in."""


class NotYourDoor(Exception):
    """Somebody is signed in, and the room is not theirs."""


class PasskeyNeeded(Exception):
    """The room is theirs, and the operator demands that they come in by passkey."""


class BeingReviewed(Exception):
    """The address is not released (yet). The page says the same, whatever the reason."""


class FormExpired(Exception):
    """The form's token is missing or of another session."""


@dataclass(frozen=True)
class Visitor:
    """Who is asking: somebody signed in, or nobody yet, and the language to speak to them."""

    person: people.Person | None
    session: str | None
    token: str
    """What our forms carry back, so that no other site can post in this visitor's name."""
    words: Words
    address: str
    """The network address, for rate limits only; never stored."""
    new_visit: str | None = None
    """A cookie value to set: this browser has none yet."""
    work: centres.Staff | None = None
    """Where this person works, if at a centre."""
    way: str | None = None
    """How they signed in: one of registry.signin.WAYS."""
    demanded: bool = False
    """Whether a passkey is demanded of whoever works here."""

    @property
    def someone(self) -> people.Person:
        """Return the person signed in; rooms behind a role have one."""
        if self.person is None:
            raise SignInNeeded
        return self.person

    @property
    def roles(self) -> frozenset[str]:
        """Return every role this visitor has at this moment, whether or not they came in by passkey."""
        if self.person is None:
            return frozenset()
        at_centre = () if self.work is None else (Role.STAFF, *([Role.LEAD] if self.work.lead else []))
        return frozenset((Role.KNOWN, *self.person.roles, *at_centre))

    @property
    def works(self) -> bool:
        """Say whether this visitor has a role that is more than looking after themselves."""
        return not WORKING.isdisjoint(self.roles)

    @property
    def needs_passkey(self) -> bool:
        """Say whether the rooms of their work stay closed until they come in by passkey."""
        return self.demanded and self.works and self.way not in signin.STRONG


def door(*roles: Role) -> Callable[[Endpoint], Endpoint]:
    """Declare whom a route is for; several roles mean any of them."""

    def declared(endpoint: Endpoint) -> Endpoint:
        endpoint.__doors__ = frozenset(roles)  # type: ignore[attr-defined]
        return endpoint

    return declared


def roles_of(endpoint: object) -> frozenset[Role]:
    """Return the roles declared on an endpoint, or raise UndeclaredDoor."""
    roles: frozenset[Role] = getattr(endpoint, "__doors__", frozenset())
    if not roles:
        raise UndeclaredDoor(f"{endpoint} does not say whom it is for: add @door(Role....).")
    return roles


class GuardedRoute(APIRoute):
    """A route that lets nobody in before the door has been looked at."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Refuse to exist without declared roles."""
        self.roles = roles_of(endpoint)
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        """Return the handler FastAPI made, behind the door."""
        inner = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            visitor = await admit(request, self.roles)
            request.state.visitor = visitor
            response = await inner(request)
            remember_visit(request, response, visitor)
            return response

        return guarded


def refuse_undeclared(routes: list[BaseRoute]) -> None:
    """Raise UndeclaredDoor for any route that got into the app around the guard."""
    for route in routes:
        if not isinstance(route, GuardedRoute):
            raise UndeclaredDoor(f"{route} is served without a door: use a GuardedRoute.")


def house(request: Request | FastAPI) -> House:
    """Return what the rooms work with: registry, crawl store, settings."""
    app = request if isinstance(request, FastAPI) else request.app
    found: House = app.state.house
    return found


def visitor_of(request: Request) -> Visitor:
    """Return the visitor that the door has recognised."""
    visitor: Visitor = request.state.visitor
    return visitor


async def admit(request: Request, roles: frozenset[Role]) -> Visitor:
    """Return the visitor if this door is theirs; raise what says why not."""
    if Role.TOKEN in roles:
        request.state.token = await run_in_threadpool(_bearer, request)
        return stranger(request)  # a cookie opens nothing here, so no other site can make a browser do anything
    visitor = await run_in_threadpool(recognise, request)
    request.state.visitor = visitor
    if Role.MACHINE in roles:
        only_near_machines(visitor.address, request.headers.get("host", ""), house(request).settings)
        return visitor
    if Role.ANYONE not in roles:
        if visitor.person is None:
            raise SignInNeeded
        theirs = roles & visitor.roles
        if not theirs:
            raise NotYourDoor
        if visitor.needs_passkey and theirs <= WORKING:
            raise PasskeyNeeded
    if request.method != "GET":
        await _same_token(request, visitor.token)
    return visitor


def _bearer(request: Request) -> tokens.Token:
    """Return the token that a machine of a centre carries. What is wrong with one that opens nothing is not said."""
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    at_home, address = house(request), request.client.host if request.client else "unknown"
    with at_home.registry.reading() as tx:
        found = tokens.bearer(tx, secret.strip()) if kind.lower() == "bearer" else None
    if found is None:
        at_home.pace.require(at_home.settings.bad_tokens_per_caller, "token", address)
        raise SignInNeeded
    if found.last_used_at is None or tx.now() - found.last_used_at >= tokens.USED_AGAIN:
        with at_home.registry.transaction(str(found.id)) as tx:
            tokens.used(tx, found.id)
    return found


def recognise(request: Request) -> Visitor:
    """Look up the session cookie. An unknown or ended one is as good as none."""
    at_home = house(request)
    session = request.cookies.get(at_home.cookies.session)
    if session is None:
        return _visitor(request, None, None)
    with at_home.registry.reading() as tx:
        person = signin.session(tx, session)
        work = centres.work_of(tx, person) if person else None
        way = signin.way_of(tx, session) if person else None
    known = _visitor(request, person, session if person else None)
    return replace(known, work=work, way=way, demanded=at_home.settings.passkeys == "demanded")


def stranger(request: Request) -> Visitor:
    """Return a visitor without asking the registry, for pages that say why something did not work."""
    return _visitor(request, None, None)


def _visitor(request: Request, person: people.Person | None, session: str | None) -> Visitor:
    cookies = house(request).cookies
    visit = request.cookies.get(cookies.visit)
    new_visit = None if visit else secrets.token_urlsafe(32)
    language = choose(
        request.cookies.get(cookies.language),
        person.language if person else None,
        request.headers.get("accept-language", ""),
    )
    return Visitor(
        person=person,
        session=session,
        token=form_token(session or visit or str(new_visit)),
        words=languages()[language],
        address=request.client.host if request.client else "unknown",
        new_visit=new_visit,
    )


def form_token(secret: str) -> str:
    """Return the token of the forms shown under this cookie; it does not give the cookie away."""
    return hmac.new(secret.encode(), b"form", sha256).hexdigest()


def remember_visit(request: Request, response: Response, visitor: Visitor) -> None:
    """Give a browser without one the cookie that its forms' tokens are made from."""
    if visitor.new_visit is not None:
        house(request).cookies.set(response, house(request).cookies.visit, visitor.new_visit)


async def _same_token(request: Request, expected: str) -> None:
    """Fetch Metadata has been checked by the wall; the token stands also where a browser does not send it."""
    sent = request.headers.get("x-form-token")
    if sent is None:
        await request.body()  # keeps the bytes, so that the room can read them again
        field = (await request.form()).get("token")
        sent = field if isinstance(field, str) else ""
    if not hmac.compare_digest(sent.encode(), expected.encode()):
        raise FormExpired


def only_near_machines(address: str, untrusted_host: str, settings: Settings) -> None:
    """Raise NotYourDoor unless the caller is in a network that may read metrics.

    What a proxy on this machine hands on comes from loopback too, but asks for our public name.
    """
    try:
        caller = ipaddress.ip_address(address)
    except ValueError as error:
        raise NotYourDoor from error
    handed_on = caller.is_loopback and host_name(untrusted_host) not in LOOPBACK_NAMES
    if handed_on or not any(caller in ipaddress.ip_network(network) for network in settings.allow_metrics_from):
        raise NotYourDoor
