"""Tables of a centre's machines: tokens, and the answers that a repeated request gets again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import Base


class ApiTokenRow(Base):
    """What one machine of a centre may do; only the digest of its token is here."""

    __tablename__ = "api_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centres.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    digest: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class ApiAnswerRow(Base):
    """One request of a machine that must not happen twice, and its sealed answer."""

    __tablename__ = "api_answers"

    token_id: Mapped[UUID] = mapped_column(ForeignKey("api_tokens.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[bytes] = mapped_column(primary_key=True)
    request: Mapped[bytes]
    status: Mapped[int]
    answer: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(index=True)
