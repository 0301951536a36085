"""Coming in by passkey. No address is asked for, so there is nothing to ask about anybody."""

import json
from functools import cache

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from portal.web import ceremony, metrics
from portal.web.access import Role, Visitor, door, house, visitor_of
from portal.web.ceremony import BadAnswer, Place
from portal.web.entrance import first_room, let_in
from portal.web.house import House
from portal.web.rooms import room
from registry import audit, passkeys, people, signin
from registry.errors import PasskeyCopied

router = room()
ROOMS = (router,)

ENTERING = "enter"


@router.post("/sign-in/key/start")
@door(Role.ANYONE)
def start(request: Request) -> Response:
    """Give what the browser needs to sign; it is the same for everybody but for the challenge."""
    challenge = house(request).challenges.new(ENTERING, visitor_of(request).token)
    return JSONResponse(json.loads(ceremony.to_sign_in(here(request), challenge)))


@router.post("/sign-in/key")
@door(Role.ANYONE)
async def enter(request: Request) -> Response:
    """Sign in whoever holds the passkey. What was wrong with one that opens nothing is not said."""
    visitor, at_home, at = visitor_of(request), house(request), here(request)
    try:
        untrusted = ceremony.read(await request.body())["credential"]
        person, session = await run_in_threadpool(_enter, at_home, visitor, at, untrusted)
    except (BadAnswer, PasskeyCopied) as error:
        outcome = "passkey-copied" if isinstance(error, PasskeyCopied) else "passkey-refused"
        metrics.SIGN_IN.labels(outcome=outcome).inc()
        at_home.pace.require(at_home.settings.bad_keys_per_caller, "key", visitor.address)
        return JSONResponse({"error": "refused"}, status_code=422)
    metrics.SIGN_IN.labels(outcome="passkey").inc()
    answer = JSONResponse({"go": first_room(person)})
    let_in(at_home, answer, session)
    return answer


def here(request: Request) -> Place:
    """Return where passkeys of this request belong; where browsers allow none there is no such page."""
    found = ceremony.place(request.headers.get("host", ""), house(request).settings)
    if found is None:
        raise HTTPException(404)
    return found


def _enter(at_home: House, visitor: Visitor, at: Place, untrusted: dict[str, object]) -> tuple[people.Person, str]:
    """Return who signed and the token of their new session; the session before ends."""
    challenge = ceremony.challenge_in(untrusted, registering=False)
    if not at_home.challenges.take(challenge, ENTERING, visitor.token):
        raise BadAnswer
    credential, handle = ceremony.named_in(untrusted)
    with at_home.registry.reading() as tx:
        known = passkeys.by_credential(tx, credential)
    answer = ceremony.signed(untrusted, challenge, at, known.public_key if known else _nobodys_key())
    if known is None:
        raise BadAnswer
    try:
        with at_home.registry.transaction() as tx:
            if handle != passkeys.handle(tx, known.person):
                raise BadAnswer
            passkeys.used(tx, known.id, answer.new_sign_count)
            if visitor.session is not None:
                signin.end(tx, visitor.session)
            session = signin.begin(tx, known.person, "passkey", life=at_home.settings.session_length)
            return people.get(tx, known.person), session
    except PasskeyCopied:
        with at_home.registry.transaction() as tx:
            audit.append(tx, "portal", "passkey-copied", known.id)
        raise


@cache
def _nobodys_key() -> bytes:
    return ceremony.nobodys_key()
