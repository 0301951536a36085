"""Events on their way to webhooks: leased like the outbox's deliveries, retried, given up in the open, kept a while.

A call is "waiting" (for `next_at`), "leased" (somebody makes it; when they die, the lease runs out), "done",
"given-up" or "withheld" (consent ended before it went out). Its id never changes, so that the other side can fold
doubles.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, delete, func, or_, select, update

from registry.models import WebhookDeliveryRow, WebhookRow
from registry.outbox import LEASE, SLUG
from registry.transaction import Transaction
from registry.webhooks import KEPT, PING


@dataclass(frozen=True)
class Call:
    """One event on its way to one webhook. `tries` counts the attempts that failed."""

    id: UUID
    webhook: UUID
    event: str
    client: UUID | None
    exposure: UUID | None
    notice: UUID | None
    state: str
    tries: int
    next_at: datetime
    last_error: str | None
    created_at: datetime
    done_at: datetime | None


def lease(tx: Transaction, now: datetime) -> Call | None:
    """Lease the call that is due longest; nobody else gets it until the lease ends. None when there is none."""
    row = WebhookDeliveryRow
    running = select(WebhookRow.id).where(WebhookRow.stopped_at.is_(None))
    due = or_(and_(row.state == "waiting", row.next_at <= now), and_(row.state == "leased", row.leased_until <= now))
    told = or_(row.webhook_id.in_(running), row.event == PING)
    found = tx.session.scalar(select(row).where(due, told).order_by(row.next_at, row.created_at, row.id).limit(1))
    if found is None:
        return None
    found.state, found.leased_until = "leased", now + LEASE
    tx.session.flush()
    return _call(found)


def settle(tx: Transaction, call: UUID, state: str, error: str | None = None) -> None:
    """End a call as "done", "given-up" or "withheld"; `error` is a slug such as "webhook-500"."""
    assert error is None or SLUG.fullmatch(error), "another server's own words are kept nowhere"
    row = tx.session.get(WebhookDeliveryRow, call)
    if row is not None and row.state not in ("done", "withheld"):
        row.state, row.leased_until, row.last_error, row.done_at = state, None, error, tx.now()
        row.tries += state == "given-up"
        tx.session.flush()


def retry(tx: Transaction, call: Call, error: str, next_at: datetime) -> None:
    """Count a failed try; everything else for this webhook waits as long, too, in the order it came."""
    assert SLUG.fullmatch(error), "another server's own words are kept nowhere"
    row = tx.session.get(WebhookDeliveryRow, call.id)
    if row is None or row.state != "leased":
        return
    row.state, row.leased_until, row.next_at = "waiting", None, next_at
    row.tries, row.last_error = row.tries + 1, error
    tx.session.flush()
    others = update(WebhookDeliveryRow).where(
        WebhookDeliveryRow.webhook_id == call.webhook,
        WebhookDeliveryRow.state == "waiting",
        WebhookDeliveryRow.next_at < next_at,
        WebhookDeliveryRow.event != PING,
    )
    tx.session.execute(others.values(next_at=next_at))


def calls(tx: Transaction, webhook: UUID) -> list[Call]:
    """Return the log of one webhook, newest first."""
    row = WebhookDeliveryRow
    rows = tx.session.scalars(select(row).where(row.webhook_id == webhook).order_by(row.created_at.desc(), row.id))
    return [_call(each) for each in rows]


def counts(tx: Transaction) -> dict[str, int]:
    """Return how many calls there are in each state."""
    row = WebhookDeliveryRow
    return {
        state: int(number)
        for state, number in tx.session.execute(select(row.state, func.count(row.id)).group_by(row.state))
    }


def forget_old(tx: Transaction) -> None:
    """Drop from the log what is older than it reaches back; what waits stays."""
    row = WebhookDeliveryRow
    ended = row.state.in_(("done", "withheld", "given-up"))
    tx.session.execute(delete(row).where(ended, row.created_at < tx.now() - KEPT))


def _call(row: WebhookDeliveryRow) -> Call:
    return Call(
        id=row.id,
        webhook=row.webhook_id,
        event=row.event,
        client=row.client_id,
        exposure=row.exposure_id,
        notice=row.notice_id,
        state=row.state,
        tries=row.tries,
        next_at=row.next_at,
        last_error=row.last_error,
        created_at=row.created_at,
        done_at=row.done_at,
    )
