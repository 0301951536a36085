"""The centre's own machines: a lead makes and ends tokens, and sees to webhooks that were stopped."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from fastapi import Request, Response

from portal.web import pages
from portal.web.access import Role, door, house, visitor_of
from portal.web.caseworker.desk import at_desk, page
from portal.web.forms import Fields, known_id
from portal.web.rooms import room
from registry import calls, tokens, webhooks
from registry.errors import BadValue

router = room()

TERMS = (30, 90, 365)  # days


@router.get("/support/tokens")
@door(Role.LEAD)
def listed(request: Request) -> Response:
    """List the centre's tokens."""
    return _page(request)


@router.post("/support/tokens")
@door(Role.LEAD)
def make(request: Request, fields: Fields) -> Response:
    """Make a token and show its secret, this once."""
    visitor = visitor_of(request)
    chosen = [scope for scope in tokens.SCOPES if fields.get(f"scope-{scope}") == "yes"]
    if not fields.get("name") or not chosen or fields.get("days") not in {str(days) for days in TERMS}:
        return _page(request, wrong=visitor.words("tokens.wrong"), typed=fields)
    assert visitor.work is not None
    try:
        with house(request).registry.transaction(str(visitor.someone.id)) as tx:
            life = timedelta(days=int(fields["days"]))
            _, secret = tokens.make(tx, visitor.work.centre, fields["name"], chosen, life)
    except BadValue:
        return _page(request, wrong=visitor.words("tokens.wrong"), typed=fields)
    return _page(request, secret=secret)


@router.post("/support/tokens/{token}/revoke")
@door(Role.LEAD)
def revoke(request: Request, token: str) -> Response:
    """End a token from this moment."""
    with at_desk(request) as (tx, _):
        tokens.revoke(tx, known_id(token))
    return pages.go("/support/tokens")


@router.post("/support/webhooks/{webhook}/resume")
@door(Role.LEAD)
def resume(request: Request, webhook: str) -> Response:
    """Tell a stopped webhook again, beginning with what was given up."""
    with at_desk(request) as (tx, _):
        webhooks.go_on(tx, known_id(webhook))
    return pages.go("/support/tokens")


@router.post("/support/webhooks/{webhook}/remove")
@door(Role.LEAD)
def remove(request: Request, webhook: str) -> Response:
    """Delete a webhook with what waits for it."""
    with at_desk(request) as (tx, _):
        webhooks.remove(tx, known_id(webhook))
    return pages.go("/support/tokens")


def _page(request: Request, *, wrong: str = "", typed: Mapping[str, str] | None = None, secret: str = "") -> Response:
    with at_desk(request) as (tx, _):
        known, now = tokens.tokens(tx), tx.now()
        hooks = [(each, Counter(call.state for call in calls.calls(tx, each.id))) for each in webhooks.webhooks(tx)]
    return page(
        request,
        "caseworker/tokens.html",
        status=422 if wrong else 200,
        tokens=known,
        hooks=hooks,
        now=now,
        scopes=tokens.SCOPES,
        terms=TERMS,
        wrong=wrong,
        typed=typed or {},
        secret=secret,
    )
