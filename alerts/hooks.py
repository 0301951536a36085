"""Telling the programs of centres: events go out signed, ids only; a webhook that never answers is stopped in the open.

Consent is asked once more just before: what the centre may not see any more is not told.
"""

import json
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from alerts import metrics
from alerts.errors import DeliveryFailed
from alerts.outbox import MOST_TRIES, wait_before
from alerts.signed_post import Poster, secret_bytes, signed
from registry import calls, cases, webhooks
from registry.calls import Call
from registry.database import Registry
from registry.errors import UnknownExposure, UnknownWebhook
from registry.news import UNTELLABLE
from registry.transaction import Transaction

LOOP_S = 60.0  # one round comes back after this long, however slow the other sides are
HREFS = {
    "exposure.created": "/api/v1/exposures/{exposure}",
    "verdict.changed": "/api/v1/exposures/{exposure}/verdicts",
    "notice.due": "/api/v1/notices/{notice}",
}

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Ready:
    """A call with all that is needed to make it."""

    call: Call
    url: str
    secrets: tuple[str, ...]


def call_webhooks(
    registry: Registry, poster: Poster, now: datetime | None = None, *, limit: int = 1_000, at_most_s: float = LOOP_S
) -> Counter[str]:
    """Make the calls that are due at `now` (None: the clock's time); return how many ended how."""
    ends: Counter[str] = Counter()
    stop = time.monotonic() + at_most_s
    while ends.total() < limit and time.monotonic() < stop:
        moment = now or datetime.now(UTC)
        with registry.transaction("webhooks") as tx:
            call = calls.lease(tx, moment)
            ready = _ready(tx, call) if call else None
        if call is None:
            break
        outcome = "withheld" if ready is None else _make(registry, poster, ready, moment)
        metrics.WEBHOOKS.labels(outcome=outcome).inc()
        ends[outcome] += 1
    return ends


def payload(call: Call) -> bytes:
    """Return the body: what happened, to which ids, and where in the API to read it. Nothing of what it is."""
    ids = {name: str(value) for name in ("client", "exposure", "notice") if (value := getattr(call, name)) is not None}
    data: dict[str, str] = dict(ids)
    if call.event in HREFS:
        data["href"] = HREFS[call.event].format(**ids)
    return json.dumps({"type": call.event, "timestamp": call.created_at.isoformat(), "data": data}).encode()


def _ready(tx: Transaction, call: Call) -> Ready | None:
    """Return the call with its address, or settle it as withheld."""
    try:
        if call.event != webhooks.PING and not _tellable(tx, call):
            calls.settle(tx, call.id, "withheld", "no-consent")
            return None
        hook = webhooks.webhook(tx, call.webhook)
    except (UnknownExposure, UnknownWebhook):
        return None  # deleted meanwhile, and the call with it
    return Ready(call, hook.url, tuple(webhooks.secrets_of(tx, hook.id)))


def _tellable(tx: Transaction, call: Call) -> bool:
    if call.client is None or call.exposure is None or not webhooks.may_still(tx, call.client, call.event):
        return False
    about = cases.exposure(tx, call.exposure)
    return about.state not in UNTELLABLE and cases.consented(tx, about)


def _make(registry: Registry, poster: Poster, ready: Ready, now: datetime) -> str:
    """Make one call and settle it; return how it ended."""
    call, body = ready.call, payload(ready.call)
    try:
        keys = [secret_bytes(each) for each in ready.secrets]
        poster.post(ready.url, body, signed(str(call.id), body, keys, int(time.time())))
    except DeliveryFailed as failure:
        return _failed(registry, call, failure, now)
    with registry.transaction("webhooks") as tx:
        calls.settle(tx, call.id, "done")
    return "delivered"


def _failed(registry: Registry, call: Call, failure: DeliveryFailed, now: datetime) -> str:
    """Try again later. After the last try the webhook is stopped, which its lead sees; a test event is tried once."""
    last = failure.final or call.tries + 1 >= MOST_TRIES or call.event == webhooks.PING
    with registry.transaction("webhooks") as tx:
        if last:
            calls.settle(tx, call.id, "given-up", failure.slug)
            if call.event != webhooks.PING:
                webhooks.stop(tx, call.webhook, failure.slug)
        else:
            calls.retry(tx, call, failure.slug, now + wait_before(call.tries, failure.wait_s))
    if last:
        log.error("webhook_given_up", reason=failure.slug, tries=call.tries + 1)
    return "given_up" if last else "retried"
