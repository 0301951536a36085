"""Replies: what the reader of a notice answered. The words are sealed; what kind of answer it was is not."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select

from registry import evidence
from registry.errors import BadValue
from registry.exposures import row_of
from registry.models import NoticeRow, ReplyRow
from registry.notices import notice_row
from registry.transaction import Transaction

KINDS = ("acknowledged", "refused", "removed", "asks-more", "other")
"""They have it; they will not; they say it is removed (whether it is, a re-check tells); they want to know more."""
LONGEST = 20_000  # signs


@dataclass(frozen=True)
class Reply:
    """One answer to one notice. `words` may quote people and addresses: keep them out of logs and mails."""

    id: UUID
    notice: UUID
    kind: str
    words: str | None = field(repr=False)
    at: datetime
    recorded_at: datetime


def record_reply(
    tx: Transaction, notice_id: UUID, kind: str, words: str | None = None, *, at: datetime | None = None
) -> Reply:
    """Keep an answer to a notice that was sent. Raises UnknownNotice, or BadValue for a kind not in KINDS."""
    letter = notice_row(tx, notice_id)
    if kind not in KINDS:
        raise BadValue(f"A reply is one of {', '.join(KINDS)}.")
    if letter.sent_at is None:
        raise BadValue("This notice was not sent yet: `watchlight notice sent ID` first.")
    if words is not None and len(words) > LONGEST:
        raise BadValue(f"A reply holds at most {LONGEST:,} signs: keep what matters of it.")
    owner = row_of(tx, letter.exposure_id).person_id
    new, now = uuid4(), tx.now()
    sealed = tx.seal_record(owner, f"replies/{new}/words", {"words": words}) if words else None
    row = ReplyRow(id=new, notice_id=notice_id, kind=kind, words=sealed, at=at or now, recorded_at=now)
    tx.add(row)
    _witness(tx, letter, row, words)
    return _reply(tx, row, owner)


def replies(tx: Transaction, notice_id: UUID) -> list[Reply]:
    """Return the answers to one notice, oldest first."""
    owner = row_of(tx, notice_row(tx, notice_id).exposure_id).person_id
    rows = tx.session.scalars(
        select(ReplyRow).where(ReplyRow.notice_id == notice_id).order_by(ReplyRow.at, ReplyRow.recorded_at, ReplyRow.id)
    )
    return [_reply(tx, row, owner) for row in rows]


def _witness(tx: Transaction, letter: NoticeRow, row: ReplyRow, words: str | None) -> None:
    digest = hashlib.sha256(words.encode()).hexdigest() if words else None
    what = {"notice": str(letter.id), "reply": row.kind, "answered_at": evidence.iso(row.at), "words_sha256": digest}
    evidence.append(tx, letter.exposure_id, "reply", what)


def _reply(tx: Transaction, row: ReplyRow, owner: UUID) -> Reply:
    words = tx.unseal_record(owner, f"replies/{row.id}/words", row.words)["words"] if row.words else None
    return Reply(row.id, row.notice_id, row.kind, words, row.at, row.recorded_at)
