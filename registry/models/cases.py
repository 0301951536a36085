"""Tables of cases: exposures and stories, what was written about them, what re-checks found, reading positions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import NEVER_TWICE, Base, Position


class StoryRow(Base):
    """One picture that spreads: the exposures of one person that show the same. `picture` is sealed."""

    __tablename__ = "stories"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    picture: Mapped[bytes]
    created_at: Mapped[datetime]


class ExposureRow(Base):
    """One picture of one person on one page. `found` is sealed: addresses, target, digest, reason, times.

    `story_id` and `picture_index` are empty in rows older than stories, until they are seen again.
    """

    __tablename__ = "exposures"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey("enrolments.id", ondelete="CASCADE"), index=True)
    story_id: Mapped[UUID | None] = mapped_column(index=True)
    place_index: Mapped[bytes] = mapped_column(unique=True)
    picture_index: Mapped[bytes | None] = mapped_column(index=True)
    found: Mapped[bytes]
    kind: Mapped[str]
    distance: Mapped[int]
    confidence: Mapped[float]
    state: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[datetime]
    state_at: Mapped[datetime]


class NoticeRow(Base):
    """One letter drafted for one exposure; its words are sealed."""

    __tablename__ = "notices"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    exposure_id: Mapped[UUID] = mapped_column(ForeignKey("exposures.id", ondelete="CASCADE"), index=True)
    type: Mapped[str]
    language: Mapped[str]
    letter: Mapped[bytes]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class ReminderRow(Base):
    """Somebody was reminded that the time for an answer to one letter is over."""

    __tablename__ = "reminders"

    notice_id: Mapped[UUID] = mapped_column(ForeignKey("notices.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]


class ReplyRow(Base):
    """One answer to one letter; its words are sealed."""

    __tablename__ = "replies"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    notice_id: Mapped[UUID] = mapped_column(ForeignKey("notices.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    words: Mapped[bytes | None]
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class VerdictRow(Base):
    """What one re-check of one exposure found."""

    __tablename__ = "verdicts"
    __table_args__ = NEVER_TWICE

    position: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=True)
    exposure_id: Mapped[UUID] = mapped_column(ForeignKey("exposures.id", ondelete="CASCADE"), index=True)
    verdict: Mapped[str]
    detail: Mapped[str]
    at: Mapped[datetime]


class CursorRow(Base):
    """How far a reader has come in a log."""

    __tablename__ = "cursors"

    name: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)


class RangeRow(Base):
    """A stretch of the sighting log that one matching worker compares: ids above `after`, up to `upto`."""

    __tablename__ = "log_ranges"

    reader: Mapped[str] = mapped_column(primary_key=True)
    after: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    upto: Mapped[int] = mapped_column(BigInteger)
    holder: Mapped[str]
    until: Mapped[datetime]
