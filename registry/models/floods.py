"""Tables of floods: too many likenesses at once, held back until an operator has looked at the numbers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import Base


class FloodRow(Base):
    """One enrolment, one story or one picture that matches too much. Exactly one of the three is set."""

    __tablename__ = "floods"
    __table_args__ = (
        CheckConstraint(
            "(enrolment_id IS NOT NULL) <> (story_id IS NOT NULL) AND picture_index IS NULL "
            "OR enrolment_id IS NULL AND story_id IS NULL AND picture_index IS NOT NULL",
            name="ck_floods_one_subject",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    enrolment_id: Mapped[UUID | None] = mapped_column(ForeignKey("enrolments.id", ondelete="CASCADE"), unique=True)
    story_id: Mapped[UUID | None] = mapped_column(ForeignKey("stories.id", ondelete="CASCADE"), unique=True)
    picture_index: Mapped[bytes | None] = mapped_column(unique=True)
    state: Mapped[str]
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]


class FloodExposureRow(Base):
    """One exposure that a flood holds back."""

    __tablename__ = "flood_exposures"

    flood_id: Mapped[UUID] = mapped_column(ForeignKey("floods.id", ondelete="CASCADE"), primary_key=True)
    exposure_id: Mapped[UUID] = mapped_column(
        ForeignKey("exposures.id", ondelete="CASCADE"), primary_key=True, index=True
    )
