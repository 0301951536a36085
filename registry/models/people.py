"""Tables of people: one sealed profile each, and the roles they have."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import Base


class PersonRow(Base):
    """One person. `profile` is sealed with the person's own data key, which is `wrapped_key`."""

    __tablename__ = "people"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    wrapped_key: Mapped[bytes]
    profile: Mapped[bytes]
    name_index: Mapped[bytes] = mapped_column(unique=True)
    email_index: Mapped[bytes | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class RoleRow(Base):
    """One role of one person."""

    __tablename__ = "roles"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
