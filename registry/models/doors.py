"""Tables of doors and traces: sign-in links, sessions, the audit chain, and the registry's own notes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import NEVER_TWICE, Base, Position


class SignInLinkRow(Base):
    """A one-time link that waits to be used; only the digest of its token is here."""

    __tablename__ = "sign_in_links"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime]


class SessionRow(Base):
    """Somebody is signed in; only the digest of the session token is here."""

    __tablename__ = "sessions"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    way: Mapped[str]


class AuditRow(Base):
    """One thing that was done, with ids only, chained to the one before."""

    __tablename__ = "audit"
    __table_args__ = NEVER_TWICE

    position: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(index=True)
    action: Mapped[str]
    subject_id: Mapped[UUID] = mapped_column(index=True)
    link: Mapped[bytes]


class HouseRow(Base):
    """A note of the registry about itself: which key fits, which erasure still has to clean the files."""

    __tablename__ = "house"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bytes]
