"""Table of look-ups: whom to write to about a host, sealed under the registry key."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import Base


class ContactLookupRow(Base):
    """One host that was looked up. Neither the host nor the answer can be read without the registry key."""

    __tablename__ = "contact_lookups"

    host_index: Mapped[bytes] = mapped_column(primary_key=True)
    answer: Mapped[bytes]
    at: Mapped[datetime]
