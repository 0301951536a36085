"""Table of decisions: what was weighed for a sighting and a photo, near or over the threshold."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import Base


class DecisionRow(Base):
    """One decision. `sighting_index` is a keyed index; `weighed` holds numbers only: distances, bits, shares."""

    __tablename__ = "decisions"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    sighting_index: Mapped[bytes] = mapped_column(primary_key=True)
    enrolment_id: Mapped[UUID] = mapped_column(
        ForeignKey("enrolments.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    exposure_id: Mapped[UUID | None] = mapped_column(ForeignKey("exposures.id", ondelete="CASCADE"), index=True)
    found: Mapped[bool]
    silenced: Mapped[bool]
    crowded: Mapped[bool]
    weighed: Mapped[str]
    limits: Mapped[str]
    decided_at: Mapped[datetime] = mapped_column(index=True)
