"""Tables of telling: alerts, the exposures they are about, and the deliveries that must get out."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import Base


class AlertRow(Base):
    """There is something to tell one person: news, or ("all-clear") what was looked at; that `report` is sealed."""

    __tablename__ = "alerts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    report: Mapped[bytes | None]
    created_at: Mapped[datetime]


class AlertExposureRow(Base):
    """One exposure an alert is about."""

    __tablename__ = "alert_exposures"

    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True)
    exposure_id: Mapped[UUID] = mapped_column(
        ForeignKey("exposures.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class DeliveryRow(Base):
    """One alert through one channel: written with the match, kept until it is out or given up."""

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "state", "next_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str]
    delivery_id: Mapped[UUID] = mapped_column(unique=True)
    state: Mapped[str]
    tries: Mapped[int]
    due_at: Mapped[datetime | None]
    next_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
