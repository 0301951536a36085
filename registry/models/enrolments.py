"""Tables of enrolments: sealed fingerprints, and the order in which they came and went."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import NEVER_TWICE, Base, Position


class EnrolmentRow(Base):
    """One photo a person opted in. A withdrawn one keeps its dates and loses its fingerprint."""

    __tablename__ = "enrolments"
    __table_args__ = (UniqueConstraint("person_id", "fingerprint_index"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    consent_id: Mapped[UUID] = mapped_column(ForeignKey("consents.id", ondelete="CASCADE"), index=True)
    algorithm: Mapped[str]
    fingerprint: Mapped[bytes | None]
    fingerprint_index: Mapped[bytes | None]
    label: Mapped[bytes | None]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class EnrolmentChangeRow(Base):
    """One change a live index has to follow. Outlives the enrolment: it is how an erasure gets through."""

    __tablename__ = "enrolment_changes"
    __table_args__ = NEVER_TWICE

    position: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=True)
    enrolment_id: Mapped[UUID]
    at: Mapped[datetime]
