"""Alerts as they are kept: there is news for a person, or an all-clear; and what of it may be told at this moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from registry.errors import UnknownAlert
from registry.exposures import Exposure, consented, exposure
from registry.models import AlertExposureRow, AlertRow
from registry.people import Person, id_of
from registry.transaction import Transaction

CHANGE = "account"  # an alert of this kind says only that there is something to read in the account
UNTELLABLE = ("dismissed", "held")  # exposures in these states are nobody's news


@dataclass(frozen=True)
class Alert:
    """What to tell one person: news about exposures, an all-clear with its `report` in counts, a change (CHANGE)."""

    id: UUID
    person: UUID
    exposures: tuple[UUID, ...]
    created_at: datetime
    kind: str = "news"
    report: Mapping[str, Any] | None = None


def alert(tx: Transaction, alert_id: UUID) -> Alert:
    """Return one alert, or raise UnknownAlert."""
    row = tx.session.get(AlertRow, alert_id)
    if row is None:
        raise UnknownAlert(f"There is no alert {alert_id} (any more).")
    about = tx.session.scalars(
        select(AlertExposureRow.exposure_id)
        .where(AlertExposureRow.alert_id == alert_id)
        .order_by(AlertExposureRow.exposure_id)
    )
    report = None if row.report is None else tx.unseal_record(row.person_id, f"alerts/{row.id}/report", row.report)
    return Alert(row.id, row.person_id, tuple(about), row.created_at, row.kind, report)


def alerts(tx: Transaction, person: Person | UUID | None = None) -> list[Alert]:
    """Return the alerts of one person, or of all, oldest first."""
    wanted = select(AlertRow.id).order_by(AlertRow.created_at, AlertRow.id)
    if person is not None:
        wanted = wanted.where(AlertRow.person_id == id_of(person))
    return [alert(tx, each) for each in tx.session.scalars(wanted).all()]


def tellable(tx: Transaction, alert_id: UUID) -> list[Exposure]:
    """Return the exposures of an alert whose consent is open at this moment: ask just before telling."""
    found = [exposure(tx, each) for each in alert(tx, alert_id).exposures]
    return [each for each in found if each.state not in UNTELLABLE and consented(tx, each)]
