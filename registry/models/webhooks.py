"""Tables of a centre's webhooks: where its programs want to hear of events, and what waits to be told there."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import Base


class WebhookRow(Base):
    """One address of a centre's program. `url` and both secrets are sealed under the registry key.

    For a day after a rotation the former secret signs too. `stopped_at`: deliveries wait until a lead or a program
    of the centre lets them go on.
    """

    __tablename__ = "webhooks"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centres.id", ondelete="CASCADE"), index=True)
    url: Mapped[bytes]
    secret: Mapped[bytes]
    former_secret: Mapped[bytes | None]
    former_until: Mapped[datetime | None]
    events: Mapped[str]
    created_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    stopped_because: Mapped[str | None]


class WebhookDeliveryRow(Base):
    """One event on its way to one webhook; it goes with the client, the exposure or the letter it is about."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (Index(None, "state", "next_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"), index=True)
    event: Mapped[str]
    client_id: Mapped[UUID | None] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), index=True)
    exposure_id: Mapped[UUID | None] = mapped_column(ForeignKey("exposures.id", ondelete="CASCADE"), index=True)
    notice_id: Mapped[UUID | None] = mapped_column(ForeignKey("notices.id", ondelete="CASCADE"), index=True)
    state: Mapped[str]
    tries: Mapped[int]
    next_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
