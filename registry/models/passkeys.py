"""Tables of keys: passkeys, of which only the public half is known here, and digests of recovery codes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import Base


class PasskeyRow(Base):
    """One passkey of one person. `kept` is sealed: the credential's id, its public key, and what its owner calls it."""

    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    credential_index: Mapped[bytes] = mapped_column(unique=True)
    kept: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RecoveryCodeRow(Base):
    """The code somebody noted down for the day they lose everything else; only its keyed digest is here."""

    __tablename__ = "recovery_codes"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    code_index: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
