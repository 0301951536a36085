"""The first operator: who has the link that this machine printed makes themselves one, once, while there is none."""

from fastapi import Request, Response

from portal.web import metrics, pages
from portal.web.access import Role, door, house, visitor_of
from portal.web.entrance import MAIL_ADDRESS, let_in
from portal.web.forms import Fields
from portal.web.rooms import room
from registry import first_operator
from registry.errors import BadLink, BadValue, PersonExists

router = room()
ROOMS = (router,)


@router.get("/set-up/{link}")
@door(Role.ANYONE)
def ask(request: Request, link: str) -> Response:
    """Ask what the operator is called; the link is used up by the form alone."""
    with house(request).registry.reading() as tx:
        opens = first_operator.opens(tx, link)
    if not opens:
        return _bad(request)
    return pages.page(request, "set_up.html", link=link, wrong={}, typed={})


@router.post("/set-up")
@door(Role.ANYONE)
def make(request: Request, fields: Fields) -> Response:
    """Make the operator and sign them in; then they make a passkey."""
    visitor, at_home = visitor_of(request), house(request)
    at_home.pace.require(at_home.settings.link_tries_per_caller, "set-up", visitor.address)
    link, name, address = (fields.get(each, "") for each in ("link", "name", "address"))
    wrong = _wrong(name, address)
    try:
        if not wrong:
            with at_home.registry.transaction("portal") as tx:
                _, token = first_operator.redeem(tx, link, name, address or None, visitor.words.language)
    except BadLink:
        metrics.SIGN_IN.labels(outcome="bad-link").inc()
        return _bad(request)
    except PersonExists:
        wrong = {"name": "taken"}
    except BadValue:
        wrong = {"name": "bad_name"}
    if wrong:
        return pages.page(request, "set_up.html", status=422, link=link, wrong=wrong, typed=fields)
    metrics.SIGN_IN.labels(outcome="set-up").inc()
    answer = pages.go("/keys")
    let_in(at_home, answer, token)
    return answer


def _wrong(name: str, address: str) -> dict[str, str]:
    """Return which sentence belongs beside which field."""
    wrong = {} if name else {"name": "bad_name"}
    if address and not MAIL_ADDRESS.fullmatch(address):
        wrong["address"] = "bad_address"
    return wrong


def _bad(request: Request) -> Response:
    return pages.page(request, "set_up_bad.html", status=403)
