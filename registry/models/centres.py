"""Tables of centres: who works there, whom they may act for and until when, who has which case, and their notes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import Base


class CentreRow(Base):
    """One support centre: an organisation, not a person. `email` is where it is told that there is news."""

    __tablename__ = "centres"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str | None]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    successor_id: Mapped[UUID | None]


class StaffRow(Base):
    """One person works at one centre. `shown_as` is sealed: the name that clients and colleagues see."""

    __tablename__ = "centre_staff"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centres.id", ondelete="CASCADE"), index=True)
    role: Mapped[str]
    shown_as: Mapped[bytes]
    created_at: Mapped[datetime]


class ClientRow(Base):
    """One person is, or was, a client of one centre. Alone it opens nothing: an open consent does."""

    __tablename__ = "clients"
    __table_args__ = (UniqueConstraint("centre_id", "person_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centres.id", ondelete="CASCADE"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]


class ClientConsentRow(Base):
    """What a centre may do for one client, said by whom, until when. `record` is sealed: how it was given."""

    __tablename__ = "client_consents"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), index=True)
    given_by: Mapped[str]
    record: Mapped[bytes]
    may_watch: Mapped[bool]
    may_see_addresses: Mapped[bool]
    may_write: Mapped[bool]
    given_at: Mapped[datetime]
    until: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class AssignmentRow(Base):
    """One member of staff has one exposure in hand, for their centre."""

    __tablename__ = "assignments"

    exposure_id: Mapped[UUID] = mapped_column(ForeignKey("exposures.id", ondelete="CASCADE"), primary_key=True)
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centres.id", ondelete="CASCADE"), primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]


class CaseNoteRow(Base):
    """One note in a client's file; `words` are sealed with the client's key. The author's id goes when they go."""

    __tablename__ = "case_notes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id", ondelete="CASCADE"), index=True)
    exposure_id: Mapped[UUID | None] = mapped_column(ForeignKey("exposures.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    words: Mapped[bytes]
    created_at: Mapped[datetime]
