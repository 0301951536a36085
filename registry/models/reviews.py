"""Tables against misuse: who was found to be who they say, and photos of two accounts that are too alike."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import Base


class VerificationRow(Base):
    """Somebody made sure that a person enrols photos of themselves."""

    __tablename__ = "verifications"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    by: Mapped[str]
    at: Mapped[datetime]


class ReviewSideRow(Base):
    """One photo of one person that is too like a photo of somebody else; both sides share the `review_id`."""

    __tablename__ = "review_sides"

    review_id: Mapped[UUID] = mapped_column(primary_key=True)
    enrolment_id: Mapped[UUID] = mapped_column(
        ForeignKey("enrolments.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    outcome: Mapped[str | None]
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
