"""How somebody signs in: their passkeys, and the recovery code for the day they have neither mailbox nor key."""

import json
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from portal.web import ceremony, metrics, pages
from portal.web.access import PasskeyNeeded, Role, Visitor, door, house, visitor_of
from portal.web.ceremony import BadAnswer, Place
from portal.web.entrance import first_room, let_in
from portal.web.forms import Fields, known_id
from portal.web.house import House
from portal.web.key_entrance import here
from portal.web.rooms import room
from registry import passkeys, recovery, signin
from registry.errors import BadValue
from registry.transaction import Transaction

router = room()
ROOMS = (router,)

MAKING = "make"


@router.get("/keys")
@door(Role.KNOWN)
def keys(request: Request) -> Response:
    """Show the passkeys there are, and whether there is a recovery code."""
    return _page(request)


@router.post("/keys/start")
@door(Role.KNOWN)
def start(request: Request) -> Response:
    """Give what the browser needs to make a passkey."""
    visitor, at_home, at = visitor_of(request), house(request), here(request)
    with at_home.registry.reading() as tx:
        _may_change(tx, visitor)
        handle = passkeys.handle(tx, visitor.someone)
        known = [each.credential for each in passkeys.passkeys(tx, visitor.someone)]
    challenge = at_home.challenges.new(MAKING, visitor.token)
    shown_as = visitor.words("keys.shown_as")
    return JSONResponse(json.loads(ceremony.to_register(at, challenge, handle, shown_as, known)))


@router.post("/keys")
@door(Role.KNOWN)
async def make(request: Request) -> Response:
    """Keep a new passkey; a session begun by a link goes on as one begun by passkey."""
    visitor, at_home, at = visitor_of(request), house(request), here(request)
    try:
        told = ceremony.read(await request.body())
        session = await run_in_threadpool(_make, at_home, visitor, at, told)
    except BadAnswer:
        return JSONResponse({"error": "refused"}, status_code=422)
    except BadValue:
        return JSONResponse({"error": "name"}, status_code=422)
    metrics.SIGN_IN.labels(outcome="passkey-made").inc()
    answer = JSONResponse({"go": "/keys"})
    let_in(at_home, answer, session)
    return answer


@router.post("/keys/code")
@door(Role.KNOWN)
def new_code(request: Request) -> Response:
    """Make a recovery code and show it, this once; the one before is worth nothing from now on."""
    visitor = visitor_of(request)
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        _may_change(tx, visitor)
        code = recovery.new_code(tx, visitor.someone)
    return pages.page(request, "code.html", code=code, next="/keys", used=False)


@router.post("/keys/{key}/name")
@door(Role.KNOWN)
def rename(request: Request, key: str, fields: Fields) -> Response:
    """Call a passkey something else."""
    visitor, wanted = visitor_of(request), known_id(key)
    try:
        with house(request).registry.transaction(str(visitor.someone.id)) as tx:
            passkeys.rename(tx, visitor.someone, wanted, fields.get("name", ""))
    except BadValue:
        return _page(request, wrong=wanted, typed=fields.get("name", "")[: passkeys.LONGEST_NAME * 2])
    return pages.go("/keys")


@router.get("/keys/{key}/remove")
@door(Role.KNOWN)
def ask_to_remove(request: Request, key: str) -> Response:
    """Ask whether to remove a passkey."""
    with house(request).registry.reading() as tx:
        mine = _mine(tx, visitor_of(request), key)
    return pages.page(request, "key_remove.html", key=mine)


@router.post("/keys/{key}/remove")
@door(Role.KNOWN)
def remove(request: Request, key: str) -> Response:
    """Remove a passkey, and end every other session of its owner: it may be in other hands."""
    visitor = visitor_of(request)
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        mine = _mine(tx, visitor, key)
        _may_change(tx, visitor)
        passkeys.remove(tx, visitor.someone, mine.id, but=visitor.session)
    return pages.go("/keys")


def _may_change(tx: Transaction, visitor: Visitor) -> None:
    """Where a passkey is demanded, whoever has one shows it before they change how they sign in."""
    if visitor.needs_passkey and passkeys.has_any(tx, visitor.someone):
        raise PasskeyNeeded


def _make(at_home: House, visitor: Visitor, at: Place, told: dict[str, object]) -> str:
    """Keep the passkey and return the token of the session that goes on."""
    untrusted, name = told["credential"], told.get("name")
    assert isinstance(untrusted, dict)
    challenge = ceremony.challenge_in(untrusted, registering=True)
    if not at_home.challenges.take(challenge, MAKING, visitor.token):
        raise BadAnswer
    new = ceremony.registered(untrusted, challenge, at)
    with at_home.registry.transaction(str(visitor.someone.id)) as tx:
        _may_change(tx, visitor)
        called = name if isinstance(name, str) and name.strip() else visitor.words("keys.unnamed")
        passkeys.add(tx, visitor.someone, called, new.credential_id, new.credential_public_key, new.sign_count)
        assert visitor.session is not None
        signin.end(tx, visitor.session)
        return signin.begin(tx, visitor.someone, "passkey", life=at_home.settings.session_length)


def _mine(tx: Transaction, visitor: Visitor, untrusted_id: str) -> passkeys.Passkey:
    wanted = known_id(untrusted_id)
    return passkeys.own(tx, visitor.someone, wanted)


def _page(request: Request, *, wrong: UUID | None = None, typed: str = "") -> Response:
    visitor, at_home = visitor_of(request), house(request)
    with at_home.registry.reading() as tx:
        known = passkeys.passkeys(tx, visitor.someone)
        code_made = recovery.made_at(tx, visitor.someone)
    return pages.page(
        request,
        "keys.html",
        status=422 if wrong else 200,
        keys=known,
        code_made=code_made,
        possible=ceremony.place(request.headers.get("host", ""), at_home.settings) is not None,
        later=None if visitor.needs_passkey else first_room(visitor.someone),
        longest=passkeys.LONGEST_NAME,
        wrong=wrong,
        typed=typed,
    )
