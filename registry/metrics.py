"""What the registry counts for /metrics: how many, in which state; never who."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from registry.database import Registry
from registry.errors import RegistryUnavailable
from registry.exposures import STATES as EXPOSURE_STATES
from registry.floods import STATES as FLOOD_STATES
from registry.models import ConsentRow, DeliveryRow, EnrolmentRow, ExposureRow, FloodRow, PersonRow, Utc
from registry.outbox import STATES as DELIVERY_STATES
from registry.scrub import pending
from registry.transaction import Transaction


class RegistryMetrics(Collector):
    """Counts rows at the moment it is asked. Add to a prometheus CollectorRegistry with `.register()`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Say nothing ahead of time: the database need not answer yet when a process starts."""
        return []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Yield the gauges; of a database that does not answer only that it does not."""
        try:
            with self._registry.reading() as tx:
                families = [_up(1), *_counts(tx), *_states(tx), _waiting(tx)]
        except RegistryUnavailable:
            families = [_up(0)]
        yield from families


def _up(value: int) -> GaugeMetricFamily:
    return GaugeMetricFamily("watchlight_registry_up", "1 when the registry's database answers.", value)


def _counts(tx: Transaction) -> list[GaugeMetricFamily]:
    active = select(func.count()).select_from(EnrolmentRow).join(ConsentRow)
    active = active.where(EnrolmentRow.withdrawn_at.is_(None), ConsentRow.withdrawn_at.is_(None))
    return [
        GaugeMetricFamily(
            "watchlight_registry_people",
            "People in the registry.",
            tx.session.scalar(select(func.count()).select_from(PersonRow)),
        ),
        GaugeMetricFamily(
            "watchlight_registry_enrolments_active",
            "Enrolments with an open consent.",
            tx.session.scalar(active),
        ),
        GaugeMetricFamily(
            "watchlight_registry_files_to_clean",
            "1 while the database files still want cleaning after an erasure.",
            0 if pending(tx) is None else 1,
        ),
    ]


def _states(tx: Transaction) -> list[GaugeMetricFamily]:
    return [
        _by_state(tx, "watchlight_registry_exposures", "Exposures by state.", ExposureRow.state, EXPOSURE_STATES),
        _by_state(
            tx, "watchlight_registry_outbox_deliveries", "Deliveries by state.", DeliveryRow.state, DELIVERY_STATES
        ),
        _by_state(tx, "watchlight_registry_floods", "Floods by state.", FloodRow.state, FLOOD_STATES),
    ]


def _by_state(tx: Transaction, name: str, text: str, column: Any, states: tuple[str, ...]) -> GaugeMetricFamily:
    found = Counter[str]()
    for state, count in tx.session.execute(select(column, func.count()).group_by(column)):
        found[state] = count
    family = GaugeMetricFamily(name, text, labels=["state"])
    for state in states:  # the empty ones too, so that an alert rule sees a zero and not nothing
        family.add_metric([state], found[state])
    return family


def _waiting(tx: Transaction) -> GaugeMetricFamily:
    now = tx.now()
    due = func.coalesce(DeliveryRow.due_at, DeliveryRow.created_at, type_=Utc())
    oldest = tx.session.scalar(
        select(func.min(due, type_=Utc())).where(DeliveryRow.state.in_(("waiting", "leased")), due <= now)
    )
    seconds = 0.0 if oldest is None else (now - oldest).total_seconds()
    return GaugeMetricFamily(
        "watchlight_registry_outbox_oldest_seconds", "How long the oldest delivery that is due is not out yet.", seconds
    )
