"""Writing alerts with their deliveries, and changing those that nobody has begun to send."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, exists, select

from registry.errors import BadValue
from registry.exposures import Exposure, exposure
from registry.models import AlertExposureRow, AlertRow, DeliveryRow
from registry.news import CHANGE, Alert, alert
from registry.outbox import NO_CHANNEL, add_delivery, outbox_reroute
from registry.people import Person, get, id_of
from registry.transaction import Transaction


def add_alert(
    tx: Transaction,
    person: Person | UUID,
    about: Sequence[Exposure | UUID],
    *,
    channels: Sequence[str] | None = None,
    next_at: datetime | Mapping[str, datetime] | None = None,
) -> Alert:
    """Write an alert about exposures, with one delivery per channel (None: the person's own).

    `next_at` says when a delivery may go out, for all or by channel; None means now.
    """
    owner = get(tx, id_of(person))
    ids = _owned(tx, owner, about)
    if not ids:
        raise BadValue("An alert is about one or more exposures of the person it goes to.")
    row = AlertRow(id=uuid4(), person_id=owner.id, kind="news", report=None, created_at=tx.now())
    tx.add(row)
    for each in ids:
        tx.add(AlertExposureRow(alert_id=row.id, exposure_id=each))
    _add_deliveries(tx, row, owner, channels, next_at)
    return alert(tx, row.id)


def add_report(
    tx: Transaction,
    person: Person | UUID,
    report: Mapping[str, Any],
    *,
    channels: Sequence[str],
    next_at: datetime | Mapping[str, datetime] | None = None,
) -> Alert:
    """Write an all-clear: counts of where was looked, sealed. It is about no exposure."""
    owner = get(tx, id_of(person))
    new = uuid4()
    sealed = tx.seal_record(owner.id, f"alerts/{new}/report", dict(report))
    row = AlertRow(id=new, person_id=owner.id, kind="all-clear", report=sealed, created_at=tx.now())
    tx.add(row)
    _add_deliveries(tx, row, owner, channels, next_at)
    return alert(tx, row.id)


def add_change(
    tx: Transaction,
    person: Person | UUID,
    *,
    channels: Sequence[str],
    next_at: datetime | Mapping[str, datetime] | None = None,
) -> Alert:
    """Write that something changed about the account: it is about no exposure, and says no more than that."""
    owner = get(tx, id_of(person))
    row = AlertRow(id=uuid4(), person_id=owner.id, kind=CHANGE, report=None, created_at=tx.now())
    tx.add(row)
    _add_deliveries(tx, row, owner, channels, next_at)
    return alert(tx, row.id)


def unsent_alert(tx: Transaction, person: Person | UUID) -> Alert | None:
    """Return the person's newest alert of news that nobody has begun to send: more news can still join it."""
    of_it = exists().where(DeliveryRow.alert_id == AlertRow.id)
    begun = of_it.where((DeliveryRow.state != "waiting") | (DeliveryRow.tries > 0))
    found = tx.session.scalar(
        select(AlertRow.id)
        .where(AlertRow.person_id == id_of(person), AlertRow.kind == "news")
        .where(of_it, ~begun)
        .order_by(AlertRow.created_at.desc(), AlertRow.id)
        .limit(1)
    )
    return None if found is None else alert(tx, found)


def join_alert(tx: Transaction, to: Alert, about: Sequence[Exposure | UUID]) -> Alert:
    """Let an alert that waits be about more exposures of its person."""
    for each in _owned(tx, get(tx, to.person), about) - set(to.exposures):
        tx.add(AlertExposureRow(alert_id=to.id, exposure_id=each))
    return alert(tx, to.id)


def redirect_alert(tx: Transaction, waiting: Alert, deliveries: Mapping[str, datetime]) -> None:
    """Give an alert that nobody has begun to send these deliveries, in the place of those it had."""
    wanted = dict(deliveries) or {NO_CHANNEL: tx.now()}
    gone = delete(DeliveryRow).where(DeliveryRow.alert_id == waiting.id, DeliveryRow.channel.not_in(list(wanted)))
    tx.session.execute(gone)
    outbox_reroute(tx, waiting.id, wanted)


def _owned(tx: Transaction, owner: Person, about: Sequence[Exposure | UUID]) -> set[UUID]:
    found = [exposure(tx, each if isinstance(each, UUID) else each.id) for each in about]
    if any(each.person != owner.id for each in found):
        raise BadValue("An alert is about one or more exposures of the person it goes to.")
    return {each.id for each in found}


def _add_deliveries(
    tx: Transaction,
    row: AlertRow,
    owner: Person,
    channels: Sequence[str] | None,
    next_at: datetime | Mapping[str, datetime] | None,
) -> None:
    for channel in (owner.channels if channels is None else tuple(channels)) or (NO_CHANNEL,):
        at = next_at.get(channel) if isinstance(next_at, Mapping) else next_at
        add_delivery(tx, row.id, channel, at or tx.now())
