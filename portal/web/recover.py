"""Coming in by a recovery code. The code alone says who it is, so that no address is asked about."""

from dataclasses import replace

from fastapi import Request, Response

from portal.web import metrics, pages
from portal.web.access import Role, door, form_token, house, visitor_of
from portal.web.entrance import first_room, let_in
from portal.web.forms import Fields
from portal.web.rooms import room
from registry import people, recovery
from registry.errors import BadCode

router = room()
ROOMS = (router,)


@router.get("/recover")
@door(Role.ANYONE)
def ask(request: Request) -> Response:
    """Ask for the code."""
    return pages.page(request, "recover.html", wrong=False, typed="")


@router.post("/recover")
@door(Role.ANYONE)
def enter(request: Request, fields: Fields) -> Response:
    """Use the code up, end what was open, sign in, and show the next code, this once."""
    visitor, at_home = visitor_of(request), house(request)
    at_home.pace.require(at_home.settings.code_tries_per_caller, "code", visitor.address)
    try:
        with at_home.registry.transaction() as tx:
            token, owner = recovery.redeem(tx, fields.get("code", ""), life=at_home.settings.session_length)
            next_code, person = recovery.new_code(tx, owner), people.get(tx, owner)
    except BadCode:
        metrics.SIGN_IN.labels(outcome="bad-code").inc()
        return pages.page(request, "recover.html", status=422, wrong=True, typed=fields.get("code", "")[:60])
    metrics.SIGN_IN.labels(outcome="recovered").inc()
    signed_in = replace(visitor, person=person, session=token, token=form_token(token), way="recovery")
    request.state.visitor = signed_in  # so that the forms of the page are those of the session that has just begun
    answer = pages.page(request, "code.html", code=next_code, next=first_room(person), used=True)
    let_in(at_home, answer, token)
    return answer
