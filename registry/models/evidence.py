"""Tables of evidence: a chain that names nobody, and beside it the sealed records that an erasure takes away."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import NEVER_TWICE, Base, Position


class EvidenceRow(Base):
    """One link of the chain: a commitment to a record, signed. It outlives the record and tells nothing of it."""

    __tablename__ = "evidence"
    __table_args__ = NEVER_TWICE

    position: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    commitment: Mapped[bytes]
    link: Mapped[bytes]
    signature: Mapped[bytes]
    key_id: Mapped[str]


class EvidenceRecordRow(Base):
    """What a link commits to, sealed with the person's key, salts included."""

    __tablename__ = "evidence_records"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    exposure_id: Mapped[UUID] = mapped_column(ForeignKey("exposures.id", ondelete="CASCADE"), index=True)
    record: Mapped[bytes]


class EvidenceKeyRow(Base):
    """One signing key of the house; a retired one keeps its public half only."""

    __tablename__ = "evidence_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    public: Mapped[bytes]
    private: Mapped[bytes | None]
    endorsement: Mapped[bytes | None]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class EvidenceStampRow(Base):
    """A third party's word (RFC 3161) that the chain up to `position` existed at a time."""

    __tablename__ = "evidence_stamps"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    token: Mapped[bytes]
    at: Mapped[datetime]
