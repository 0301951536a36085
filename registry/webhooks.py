"""Webhooks of centres: where a centre's program wants to hear of events, and the events on their way there.

An event is written with what it is about, in one unit of work, and tells ids only: whoever is told asks the API, and
sees there what the centre may see at that moment.
"""

import base64
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update

from registry import audit
from registry.errors import BadValue, UnknownWebhook
from registry.exposures import Exposure
from registry.models import ClientConsentRow, ClientRow, WebhookDeliveryRow, WebhookRow
from registry.tenancy import FLAGS
from registry.transaction import Transaction

EVENTS = ("exposure.created", "verdict.changed", "notice.due")
PING = "ping"
SCOPE = {"exposure.created": "watch", "verdict.changed": "watch", "notice.due": "letters"}
"""What a client has to have allowed for the centre to hear of it."""
MOST = 10  # webhooks of one centre
FORMER_SECRET = timedelta(hours=24)
KEPT = timedelta(days=30)  # how long the log of deliveries reaches back


@dataclass(frozen=True)
class Webhook:
    """One address of a centre's program. `stopped_because` is a slug such as "webhook-410", None while it is told."""

    id: UUID
    centre: UUID
    url: str = field(repr=False)
    events: tuple[str, ...]
    created_at: datetime
    stopped_at: datetime | None
    stopped_because: str | None


def add(tx: Transaction, centre: UUID, url: str, events: Iterable[str]) -> tuple[Webhook, str]:
    """Keep a webhook and return it with its secret, which is shown only here. The caller has judged the address."""
    wanted = tuple(event for event in EVENTS if event in set(events))
    if not wanted or len(wanted) != len(set(events)):
        raise BadValue(f"The events are one or more of {', '.join(EVENTS)}.")
    there = tx.session.scalar(select(func.count(WebhookRow.id)).where(WebhookRow.centre_id == centre)) or 0
    if there >= MOST:
        raise BadValue(f"A centre has at most {MOST} webhooks: delete one first.")
    new, secret = uuid4(), _new_secret()
    row = WebhookRow(
        id=new,
        centre_id=centre,
        url=tx.vault.seal_own(url.encode(), f"webhooks/{new}/url"),
        secret=_sealed(tx, new, secret),
        former_secret=None,
        former_until=None,
        events=" ".join(wanted),
        created_at=tx.now(),
        stopped_at=None,
        stopped_because=None,
    )
    tx.add(row)
    audit.append(tx, tx.actor, "webhook-made", new)
    return _webhook(tx, row), secret


def webhooks(tx: Transaction) -> list[Webhook]:
    """Return the webhooks, newest first; inside a centre its own."""
    rows = tx.session.scalars(select(WebhookRow).order_by(WebhookRow.created_at.desc(), WebhookRow.id))
    return [_webhook(tx, row) for row in rows]


def webhook(tx: Transaction, webhook_id: UUID) -> Webhook:
    """Return one webhook, or raise UnknownWebhook."""
    return _webhook(tx, _row(tx, webhook_id))


def rotate(tx: Transaction, webhook_id: UUID) -> str:
    """Give a webhook a new secret and return it. For a day messages are signed with the former one, too."""
    row = _row(tx, webhook_id)
    secret = _new_secret()
    row.former_secret, row.former_until = row.secret, tx.now() + FORMER_SECRET
    row.secret = _sealed(tx, row.id, secret)
    tx.session.flush()
    audit.append(tx, tx.actor, "webhook-rotated", row.id)
    return secret


def remove(tx: Transaction, webhook_id: UUID) -> None:
    """Delete a webhook with what waits for it."""
    row = _row(tx, webhook_id)
    tx.session.execute(delete(WebhookDeliveryRow).where(WebhookDeliveryRow.webhook_id == row.id))
    tx.session.delete(row)
    tx.session.flush()
    audit.append(tx, tx.actor, "webhook-removed", webhook_id)


def ping(tx: Transaction, webhook_id: UUID) -> UUID:
    """Write a test event, which goes out even to a webhook that was stopped; return its id."""
    row = _row(tx, webhook_id)
    return _write(tx, row, PING)


def stop(tx: Transaction, webhook_id: UUID, because: str) -> None:
    """Tell a webhook nothing more until somebody lets it go on; what waits keeps waiting."""
    tx.session.execute(
        update(WebhookRow)
        .where(WebhookRow.id == webhook_id, WebhookRow.stopped_at.is_(None))
        .values(stopped_at=tx.now(), stopped_because=because)
    )


def go_on(tx: Transaction, webhook_id: UUID) -> int:
    """Tell a stopped webhook again, beginning with what was given up; return how many events wait."""
    row = _row(tx, webhook_id)
    row.stopped_at = row.stopped_because = None
    tx.session.execute(
        update(WebhookDeliveryRow)
        .where(WebhookDeliveryRow.webhook_id == row.id, WebhookDeliveryRow.state.in_(("given-up", "waiting")))
        .values(state="waiting", tries=0, next_at=tx.now(), done_at=None)
    )
    tx.session.flush()
    audit.append(tx, tx.actor, "webhook-resumed", row.id)
    waiting = select(func.count(WebhookDeliveryRow.id)).where(
        WebhookDeliveryRow.webhook_id == row.id, WebhookDeliveryRow.state == "waiting"
    )
    return int(tx.session.scalar(waiting) or 0)


def announce(tx: Transaction, event: str, about: Exposure, notice: UUID | None = None) -> int:
    """Write an event for every centre that the person lets see it, and return for how many webhooks that was."""
    told = 0
    for client in _clients(tx, about.person, SCOPE[event]):
        rows = tx.session.scalars(select(WebhookRow).where(WebhookRow.centre_id == client.centre_id)).all()
        for row in rows:
            if event in row.events.split():
                _write(tx, row, event, client=client.id, exposure=about.id, notice=notice)
                told += 1
    return told


def may_still(tx: Transaction, client: UUID, event: str) -> bool:
    """Say whether the client's consent for an event is open at this moment: asked again just before telling."""
    found = tx.session.get(ClientRow, client)
    return found is not None and any(each.id == client for each in _clients(tx, found.person_id, SCOPE[event]))


def _clients(tx: Transaction, person: UUID, scope: str) -> list[ClientRow]:
    consent = ClientConsentRow
    allowed = select(consent.client_id).where(
        consent.withdrawn_at.is_(None), consent.until > tx.now(), getattr(consent, FLAGS[scope])
    )
    wanted = select(ClientRow).where(ClientRow.person_id == person, ClientRow.id.in_(allowed))
    return list(tx.session.scalars(wanted))


def _write(
    tx: Transaction,
    row: WebhookRow,
    event: str,
    *,
    client: UUID | None = None,
    exposure: UUID | None = None,
    notice: UUID | None = None,
) -> UUID:
    new = uuid4()
    tx.add(
        WebhookDeliveryRow(
            id=new,
            webhook_id=row.id,
            event=event,
            client_id=client,
            exposure_id=exposure,
            notice_id=notice,
            state="waiting",
            tries=0,
            next_at=tx.now(),
            leased_until=None,
            last_error=None,
            created_at=tx.now(),
            done_at=None,
        )
    )
    return new


def secrets_of(tx: Transaction, webhook_id: UUID) -> list[str]:
    """Return the secrets that sign a message now: the newest, and for a day the one before it."""
    row = _row(tx, webhook_id)
    found = [_opened(tx, row.id, row.secret)]
    if row.former_secret is not None and row.former_until is not None and row.former_until > tx.now():
        found.append(_opened(tx, row.id, row.former_secret))
    return found


def _new_secret() -> str:
    """Return 32 random bytes as Standard Webhooks writes a secret."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _sealed(tx: Transaction, webhook_id: UUID, secret: str) -> bytes:
    return tx.vault.seal_own(secret.encode(), f"webhooks/{webhook_id}/secret")


def _opened(tx: Transaction, webhook_id: UUID, sealed: bytes) -> str:
    return tx.vault.unseal_own(sealed, f"webhooks/{webhook_id}/secret").decode()


def _row(tx: Transaction, webhook_id: UUID) -> WebhookRow:
    row = tx.session.get(WebhookRow, webhook_id)
    if row is None:
        raise UnknownWebhook("There is no such webhook.")
    return row


def _webhook(tx: Transaction, row: WebhookRow) -> Webhook:
    return Webhook(
        id=row.id,
        centre=row.centre_id,
        url=tx.vault.unseal_own(row.url, f"webhooks/{row.id}/url").decode(),
        events=tuple(row.events.split()),
        created_at=row.created_at,
        stopped_at=row.stopped_at,
        stopped_because=row.stopped_because,
    )
