"""The outbox: an alert is written with its match, and stays here until it is out or given up in the open.

A delivery is "waiting" (for `next_at`), "leased" (somebody is sending it; when they die, the lease runs
out), "done", "given-up" or "withheld" (consent ended before it went out). Its `delivery_id` never changes,
so that the other side can fold doubles.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import and_, or_, select, update

from registry.errors import BadValue
from registry.exposures import set_state
from registry.models import AlertRow, DeliveryRow
from registry.news import tellable
from registry.people import Person, id_of
from registry.transaction import Transaction

LEASE = timedelta(minutes=5)  # longer than any channel may take for one delivery
NO_CHANNEL = "none"  # stands where a person has no address to be told at: given up from the start, and shown
SLUG = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")
STATES = ("waiting", "leased", "done", "given-up", "withheld")
FINAL = ("done", "withheld")


@dataclass(frozen=True)
class Delivery:
    """One alert through one channel. `tries` counts the attempts that failed."""

    id: UUID
    alert: UUID
    person: UUID
    channel: str
    delivery_id: UUID
    state: str
    tries: int
    next_at: datetime
    leased_until: datetime | None
    last_error: str | None
    created_at: datetime
    done_at: datetime | None


def add_delivery(tx: Transaction, alert_id: UUID, channel: str, next_at: datetime) -> None:
    """Write one delivery of an alert; without a channel it is given up from the start, and shown."""
    nowhere = channel == NO_CHANNEL
    tx.add(
        DeliveryRow(
            id=uuid4(),
            alert_id=alert_id,
            channel=_slug(channel),
            delivery_id=uuid4(),
            state="given-up" if nowhere else "waiting",
            tries=0,
            due_at=next_at,
            next_at=next_at,
            leased_until=None,
            last_error="no-channel" if nowhere else None,
            created_at=tx.now(),
            done_at=tx.now() if nowhere else None,
        )
    )


def outbox_due(tx: Transaction, now: datetime, limit: int = 50, *, lease: timedelta = LEASE) -> list[Delivery]:
    """Lease up to `limit` deliveries that are due, oldest first; nobody else gets them until the lease ends."""
    due = or_(
        and_(DeliveryRow.state == "waiting", DeliveryRow.next_at <= now),
        and_(DeliveryRow.state == "leased", DeliveryRow.leased_until <= now),
    )
    rows = tx.session.scalars(
        select(DeliveryRow)
        .where(due)
        .order_by(DeliveryRow.next_at, DeliveryRow.created_at, DeliveryRow.id)
        .limit(limit)
    ).all()
    for row in rows:
        row.state, row.leased_until = "leased", now + lease
    tx.session.flush()
    return [_delivery(tx, row) for row in rows]


def outbox_done(tx: Transaction, delivery: UUID) -> bool:
    """Mark a delivery as out and its new exposures as told; False when it was so, or erased meanwhile."""
    row = _row(tx, delivery)
    if row is None or row.state == "done":
        return False
    _settle(tx, row, "done", None)
    for each in tellable(tx, row.alert_id):
        if each.state == "new":
            set_state(tx, each.id, "told")
    return True


def outbox_retry(tx: Transaction, delivery: UUID, error: str, next_at: datetime) -> bool:
    """Count a failed try (`error` is a slug such as "smtp-451") and wait until `next_at`."""
    row, error = _row(tx, delivery), _slug(error)
    if row is None or row.state != "leased":
        return False
    row.state, row.leased_until, row.next_at = "waiting", None, next_at
    row.tries, row.last_error = row.tries + 1, error
    tx.session.flush()
    return True


def outbox_postpone(tx: Transaction, delivery: UUID, next_at: datetime) -> bool:
    """Let a leased delivery wait until `next_at`; it costs no try."""
    row = _row(tx, delivery)
    if row is None or row.state != "leased":
        return False
    row.state, row.leased_until, row.next_at = "waiting", None, next_at
    if row.tries == 0:
        row.due_at = next_at
    tx.session.flush()
    return True


def outbox_reroute(tx: Transaction, alert_id: UUID, deliveries: Mapping[str, datetime]) -> None:
    """Give an alert these deliveries: waiting ones get the new time, missing ones are added, settled ones stay."""
    rows = tx.session.scalars(select(DeliveryRow).where(DeliveryRow.alert_id == alert_id)).all()
    there = {row.channel: row for row in rows}
    for channel, next_at in deliveries.items():
        if channel not in there:
            add_delivery(tx, alert_id, channel, next_at)
        elif there[channel].state == "waiting":
            there[channel].next_at = there[channel].due_at = next_at
    tx.session.flush()


def outbox_given_up(tx: Transaction, delivery: UUID, error: str) -> bool:
    """End the tries; the delivery stays visible to the person and the operator as undeliverable."""
    row, error = _row(tx, delivery), _slug(error)
    if row is None or row.state in FINAL:
        return False
    row.tries += 1
    _settle(tx, row, "given-up", error)
    return True


def outbox_withheld(tx: Transaction, delivery: UUID, why: str = "no-consent") -> bool:
    """End a delivery that must not go out any more, because consent ended before it did."""
    row, why = _row(tx, delivery), _slug(why)
    if row is None or row.state in FINAL:
        return False
    _settle(tx, row, "withheld", why)
    return True


def outbox_again(tx: Transaction, delivery: UUID, next_at: datetime) -> bool:
    """Let a delivery that was given up try again, with all its tries, through the channel it had."""
    done = tx.session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id == delivery, DeliveryRow.state == "given-up", DeliveryRow.channel != NO_CHANNEL)
        .values(state="waiting", tries=0, next_at=next_at, done_at=None)
        .returning(DeliveryRow.id)
    )
    return done.scalar() is not None


def undeliverable(tx: Transaction, person: Person | UUID | None = None) -> list[Delivery]:
    """Return the deliveries that were given up, oldest first: somebody was not told."""
    return [each for each in deliveries(tx, person) if each.state == "given-up"]


def deliveries(tx: Transaction, person: Person | UUID | None = None) -> list[Delivery]:
    """Return all deliveries of one person, or of all, oldest first."""
    wanted = select(DeliveryRow).join(AlertRow).order_by(DeliveryRow.created_at, DeliveryRow.id)
    if person is not None:
        wanted = wanted.where(AlertRow.person_id == id_of(person))
    return [_delivery(tx, row) for row in tx.session.scalars(wanted).all()]


def _row(tx: Transaction, delivery: UUID) -> DeliveryRow | None:
    return tx.session.get(DeliveryRow, delivery)


def _settle(tx: Transaction, row: DeliveryRow, state: str, error: str | None) -> None:
    row.state, row.leased_until, row.last_error, row.done_at = state, None, error, tx.now()
    tx.session.flush()


def _slug(word: str) -> str:
    if not SLUG.fullmatch(word):
        raise BadValue("An outcome is a short word such as smtp-451: a server's own words could be about a person.")
    return word


def _delivery(tx: Transaction, row: DeliveryRow) -> Delivery:
    person = tx.session.scalar(select(AlertRow.person_id).where(AlertRow.id == row.alert_id))
    assert person is not None
    return Delivery(
        id=row.id,
        alert=row.alert_id,
        person=person,
        channel=row.channel,
        delivery_id=row.delivery_id,
        state=row.state,
        tries=row.tries,
        next_at=row.next_at,
        leased_until=row.leased_until,
        last_error=row.last_error,
        created_at=row.created_at,
        done_at=row.done_at,
    )
