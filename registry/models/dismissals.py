"""Table of dismissals: pictures a person need not be told of again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import Base


class DismissalRow(Base):
    """One exposure dismissed for one photo, and why. `picture` is sealed: digest and fingerprints of what was seen."""

    __tablename__ = "dismissals"

    exposure_id: Mapped[UUID] = mapped_column(ForeignKey("exposures.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    enrolment_id: Mapped[UUID] = mapped_column(
        ForeignKey("enrolments.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    why: Mapped[str]
    picture: Mapped[bytes]
    created_at: Mapped[datetime]
