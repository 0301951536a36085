"""Webhooks of a centre: made, looked at, tried, resumed and deleted by its programs. Events tell ids only."""

from uuid import UUID

from fastapi import Request, Response

from egress.addresses import BadAddress, host_of, loopback_allowed, normal, refusal
from portal.web.access import Role, door
from portal.web.api.clients import Cursor, Limit
from portal.web.api.machine import ERRORS, ApiError, inside, once, page_of, token_of
from portal.web.api.shapes import Deliveries, Delivery, NewSecret, NewWebhook, Pinged, Waiting, Webhook
from portal.web.rooms import room
from registry import calls, webhooks
from registry.errors import BadValue
from registry.transaction import Transaction

router = room()
SCOPE = "webhooks"


@router.get("/api/v1/webhooks", response_model=list[Webhook], responses=ERRORS)
@door(Role.TOKEN)
def list_webhooks(request: Request) -> list[Webhook]:
    """List the centre's webhooks, newest first, without their secrets."""
    with inside(request, SCOPE) as tx:
        return [_webhook(each) for each in webhooks.webhooks(tx)]


@router.post("/api/v1/webhooks", status_code=201, response_model=NewSecret, responses=ERRORS)
@door(Role.TOKEN)
def make(request: Request, new: NewWebhook) -> Response:
    """Make a webhook. Its secret is in this answer and in no other; check the signature of every message with it."""
    token, url = token_of(request, SCOPE), _usable(new.url)

    def act(tx: Transaction) -> NewSecret:
        try:
            made, secret = webhooks.add(tx, token.centre, url, new.events)
        except BadValue as error:
            raise ApiError(422, "Not usable", str(error)) from error
        return NewSecret(**_webhook(made).model_dump(), secret=secret)

    return once(request, SCOPE, new, act)


@router.delete("/api/v1/webhooks/{webhook}", status_code=204, responses=ERRORS)
@door(Role.TOKEN)
def delete(request: Request, webhook: UUID) -> Response:
    """Delete a webhook, with what waits for it."""
    with inside(request, SCOPE) as tx:
        webhooks.remove(tx, webhook)
    return Response(status_code=204)


@router.post("/api/v1/webhooks/{webhook}/secret", status_code=201, response_model=NewSecret, responses=ERRORS)
@door(Role.TOKEN)
def rotate(request: Request, webhook: UUID) -> Response:
    """Give a webhook a new secret. For 24 hours messages carry a second signature, made with the former one."""

    def act(tx: Transaction) -> NewSecret:
        secret = webhooks.rotate(tx, webhook)
        return NewSecret(**_webhook(webhooks.webhook(tx, webhook)).model_dump(), secret=secret)

    return once(request, SCOPE, None, act)


@router.post("/api/v1/webhooks/{webhook}/ping", status_code=202, response_model=Pinged, responses=ERRORS)
@door(Role.TOKEN)
def ping(request: Request, webhook: UUID) -> Response:
    """Send a test event, once, also to a webhook that was stopped."""

    def act(tx: Transaction) -> Pinged:
        return Pinged(delivery=webhooks.ping(tx, webhook))

    return once(request, SCOPE, None, act, status=202)


@router.post("/api/v1/webhooks/{webhook}/resume", response_model=Waiting, responses=ERRORS)
@door(Role.TOKEN)
def resume(request: Request, webhook: UUID) -> Waiting:
    """Tell a stopped webhook again, beginning with what was given up."""
    with inside(request, SCOPE) as tx:
        return Waiting(waiting=webhooks.go_on(tx, webhook))


@router.get("/api/v1/webhooks/{webhook}/deliveries", response_model=Deliveries, responses=ERRORS)
@door(Role.TOKEN)
def log(request: Request, webhook: UUID, cursor: Cursor = None, limit: Limit = 50) -> Deliveries:
    """Show what became of each event: told, waiting, given up, or withheld because a consent had ended."""
    with inside(request, SCOPE) as tx:
        found = calls.calls(tx, webhooks.webhook(tx, webhook).id)
        shown, after = page_of(found, lambda each: each.id, cursor, limit)
        return Deliveries(items=[_delivery(each) for each in shown], next=after)


def _usable(untrusted_url: str) -> str:
    """Return the address as it will be dialled. What its name resolves to is judged each time it is."""
    try:
        url = normal(untrusted_url)
        inside_us = refusal(host_of(url), allow_loopback=loopback_allowed())
    except BadAddress as error:
        raise ApiError(422, "Not usable", f"The url cannot be used: {error}.") from error
    if inside_us not in (None, "not-an-address"):
        raise ApiError(422, "Not usable", "The url must lead to the public net.")
    if not url.startswith("https:") and not loopback_allowed():
        raise ApiError(422, "Not usable", "The url must begin with https.")
    return url


def _webhook(found: webhooks.Webhook) -> Webhook:
    return Webhook(
        id=found.id,
        url=found.url,
        events=list(found.events),  # type: ignore[arg-type]  # checked against the Literal when built
        created_at=found.created_at,
        stopped_at=found.stopped_at,
        stopped_because=found.stopped_because,
    )


def _delivery(call: calls.Call) -> Delivery:
    return Delivery(
        id=call.id,
        event=call.event,
        state=call.state,  # type: ignore[arg-type]  # checked against the Literal when built
        tries=call.tries,
        last_error=call.last_error,
        created_at=call.created_at,
        next_at=call.next_at if call.state == "waiting" else None,
        done_at=call.done_at,
    )
