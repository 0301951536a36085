"""Tables of hash lists: whose a list is and what it is for, and its entries, each of them enrolled like a photo."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import Base


class HashListRow(Base):
    """One list: an account without a person behind it. `record` is sealed with its key: name, purpose, source."""

    __tablename__ = "hash_lists"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    centre_id: Mapped[UUID | None] = mapped_column(ForeignKey("centres.id", ondelete="CASCADE"), index=True)
    record: Mapped[bytes]
    created_at: Mapped[datetime]


class ListEntryRow(Base):
    """One hash of a list. Withdrawn, its hash is deleted; the keyed index stays, so that no import brings it back."""

    __tablename__ = "hash_list_entries"
    __table_args__ = (UniqueConstraint("list_id", "hash_index"), UniqueConstraint("list_id", "external_index"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    list_id: Mapped[UUID] = mapped_column(ForeignKey("hash_lists.person_id", ondelete="CASCADE"))
    hash_index: Mapped[bytes | None]
    external_index: Mapped[bytes | None]
    enrolment_id: Mapped[UUID | None] = mapped_column(ForeignKey("enrolments.id", ondelete="CASCADE"), index=True)
    record: Mapped[bytes]
    imported_at: Mapped[datetime] = mapped_column(index=True)
    withdrawn_at: Mapped[datetime | None]
