"""Empty the outbox: hand each alert to its channel, try again later, and give up only in the open."""

import random
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from alerts import metrics
from alerts.channels import Channel
from alerts.errors import DeliveryFailed
from alerts.message import Outgoing
from alerts.outgoing import compose
from alerts.rhythm import SUPPORTER, next_open
from alerts.telling import fall_back
from registry import cases, people
from registry.cases import Delivery
from registry.database import Registry
from registry.transaction import Transaction

MOST_TRIES = 12  # with the waits below: a little over a day
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
LOOP_S = 120.0  # one call comes back after this long, however slow the other sides are

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class DrainReport:
    """How many deliveries ended how in one go."""

    delivered: int = 0
    retried: int = 0
    given_up: int = 0
    postponed: int = 0
    withheld: int = 0
    not_set_up: int = 0


def drain(
    registry: Registry,
    channels: Mapping[str, Channel],
    now: datetime | None = None,
    *,
    limit: int = 1_000,
    at_most_s: float = LOOP_S,
) -> DrainReport:
    """Hand over what is due at `now` (None: the clock's time, read anew for each delivery).

    One delivery is leased at a time, so that a lease never runs out behind a slow neighbour and nobody else
    sends the same one meanwhile.
    """
    ends: Counter[str] = Counter()
    stop = time.monotonic() + at_most_s
    while sum(ends.values()) < limit and time.monotonic() < stop:
        moment = now or datetime.now(UTC)
        with registry.transaction("outbox") as tx:
            leased = cases.outbox_due(tx, moment, limit=1)
            ready = [_ready(tx, delivery, moment) for delivery in leased]
        if not leased:
            break
        outcome = ready[0] if isinstance(ready[0], str) else _deliver(registry, channels, leased[0], ready[0], moment)
        metrics.DELIVERIES.labels(channel=leased[0].channel, outcome=outcome).inc()
        ends[outcome] += 1
    return DrainReport(**ends)


def wait_before(tries: int, asked_s: float = 0.0) -> timedelta:
    """Return how long to wait after `tries` failures: doubling, capped, and spread so that nobody queues up.

    A wish of the other side (`asked_s` seconds) is granted up to the cap.
    """
    doubled = min(FIRST_WAIT * 2 ** min(tries, 20), LONGEST_WAIT)
    wished = min(timedelta(seconds=asked_s), LONGEST_WAIT)
    spread = timedelta(seconds=doubled.total_seconds() * random.uniform(0.75, 1.25))
    return max(spread, wished)


def _ready(tx: Transaction, delivery: Delivery, now: datetime) -> Outgoing | str:
    """Return what to send, or how a delivery that must not go out now was settled."""
    person = people.get(tx, delivery.person)
    later = now if delivery.channel == SUPPORTER else next_open(person, now)
    if later > now:
        cases.outbox_postpone(tx, delivery.id, later)
        return "postponed"
    outgoing = compose(tx, delivery, person)
    if outgoing is None:
        cases.outbox_withheld(tx, delivery.id)
        return "withheld"
    return outgoing


def _deliver(
    registry: Registry,
    channels: Mapping[str, Channel],
    delivery: Delivery,
    outgoing: Outgoing,
    now: datetime,
) -> str:
    """Send one delivery and settle it; return how it ended, in the words of DrainReport."""
    channel = channels.get(delivery.channel)
    if channel is None:
        # Its lease runs out by itself and it is due again: a missing setting costs no try.
        return "not_set_up"
    try:
        _send(channel, outgoing)
    except DeliveryFailed as failure:
        return _failed(registry, delivery, failure, now)
    with registry.transaction("outbox") as tx:
        cases.outbox_done(tx, delivery.id)
    return "delivered"


def _send(channel: Channel, outgoing: Outgoing) -> None:
    try:
        channel.send(outgoing)
    except DeliveryFailed:
        raise
    except Exception as error:
        # One odd delivery or channel must not keep the others from people; it is counted and tried again.
        log.exception("channel_broke", channel=channel.name)
        raise DeliveryFailed("unexpected") from error


def _failed(registry: Registry, delivery: Delivery, failure: DeliveryFailed, now: datetime) -> str:
    """Try again later, or give up where everybody who should know can see it."""
    last = failure.final or delivery.tries + 1 >= MOST_TRIES
    with registry.transaction("outbox") as tx:
        if last:
            cases.outbox_given_up(tx, delivery.id, failure.slug)
            if delivery.channel == SUPPORTER:
                fall_back(tx, cases.alert(tx, delivery.alert), people.get(tx, delivery.person), now)
        else:
            cases.outbox_retry(tx, delivery.id, failure.slug, now + wait_before(delivery.tries, failure.wait_s))
    if last:
        log.error("alert_given_up", channel=delivery.channel, reason=failure.slug, tries=delivery.tries + 1)
    return "given_up" if last else "retried"
