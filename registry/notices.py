"""Notices and verdicts: what was written to have something removed, and what looking again found."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from registry import evidence
from registry.errors import BadValue, UnknownNotice
from registry.exposures import Exposure, row_of, set_state
from registry.models import ExposureRow, NoticeRow, ReminderRow, VerdictRow
from registry.transaction import Transaction

WORD = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


@dataclass(frozen=True)
class Notice:
    """A letter about one exposure. Its words, and who it goes to, are sealed at rest."""

    id: UUID
    exposure: UUID
    type: str
    language: str
    text: str = field(repr=False)
    subject: str | None = field(repr=False)
    recipient: str | None = field(repr=False)
    created_at: datetime
    sent_at: datetime | None
    paper: dict[str, Any] | None = field(default=None, repr=False)
    """What PDF, mail draft and report are made from, as JSON values; None for letters of older versions."""


@dataclass(frozen=True)
class VerdictRecord:
    """What one re-check found, with a slug that says how it could tell."""

    exposure: UUID
    verdict: str
    detail: str
    at: datetime


def save_notice(
    tx: Transaction,
    exposure: Exposure | UUID,
    type: str,
    language: str,
    text: str,
    *,
    subject: str | None = None,
    recipient: str | None = None,
    paper: dict[str, Any] | None = None,
) -> Notice:
    """Keep a drafted letter; `paper` (JSON values) is what its other forms are made from."""
    about = row_of(tx, _exposure_id(exposure))
    new = uuid4()
    letter = {"text": text, "subject": subject, "recipient": recipient, "paper": paper}
    row = NoticeRow(
        id=new,
        exposure_id=about.id,
        type=_word(type, "type"),
        language=_word(language, "language"),
        letter=tx.seal_record(about.person_id, f"notices/{new}/letter", letter),
        created_at=tx.now(),
        sent_at=None,
    )
    tx.add(row)
    return _notice(tx, row)


def notices(tx: Transaction, exposure: Exposure | UUID) -> list[Notice]:
    """Return the letters about one exposure, oldest first."""
    rows = tx.session.scalars(
        select(NoticeRow)
        .where(NoticeRow.exposure_id == _exposure_id(exposure))
        .order_by(NoticeRow.created_at, NoticeRow.id)
    )
    return [_notice(tx, row) for row in rows]


def notice(tx: Transaction, notice_id: UUID) -> Notice:
    """Return one letter, or raise UnknownNotice."""
    return _notice(tx, notice_row(tx, notice_id))


def mark_sent(tx: Transaction, notice_id: UUID, at: datetime | None = None) -> Notice:
    """Record that the person sent the letter; its exposure is then "noticed"."""
    row = notice_row(tx, notice_id)
    if row.sent_at is None:
        row.sent_at = at or tx.now()
        set_state(tx, row.exposure_id, "noticed")
        _witness_sent(tx, _notice(tx, row))
    return _notice(tx, row)


def mark_reminded(tx: Transaction, notice_id: UUID) -> None:
    """Record that the person was reminded that the time for an answer to a notice is over."""
    tx.session.merge(ReminderRow(notice_id=notice_row(tx, notice_id).id, at=tx.now()))
    tx.session.flush()


def was_reminded(tx: Transaction, notice_id: UUID) -> bool:
    """Say whether the person was reminded of a notice."""
    return tx.session.get(ReminderRow, notice_id) is not None


def _witness_sent(tx: Transaction, letter: Notice) -> None:
    assert letter.sent_at is not None
    what = {
        "notice": str(letter.id),
        "notice_type": letter.type,
        "language": letter.language,
        "recipient": letter.recipient,
        "sent_at": evidence.iso(letter.sent_at),
        "letter_sha256": hashlib.sha256(letter.text.encode()).hexdigest(),
    }
    evidence.append(tx, letter.exposure, "notice-sent", what)


def record_verdict(
    tx: Transaction,
    exposure: Exposure | UUID,
    verdict: str,
    detail: str = "none",
    at: datetime | None = None,
    *,
    looks: Sequence[Mapping[str, Any]] = (),
) -> VerdictRecord:
    """Keep what a re-check found; the exposure's state is the caller's to change.

    `looks` (plain JSON values) are what it was judged by: they go into the evidence.
    """
    row = VerdictRow(
        exposure_id=row_of(tx, _exposure_id(exposure)).id,
        verdict=_word(verdict, "verdict"),
        detail=_word(detail, "detail"),
        at=at or tx.now(),
    )
    tx.add(row)
    what = {"verdict": verdict, "detail": detail, "judged_at": evidence.iso(row.at), "looks": list(looks)}
    evidence.append(tx, row.exposure_id, "verdict", what)
    return _verdict(row)


def verdicts(tx: Transaction, exposure: Exposure | UUID) -> list[VerdictRecord]:
    """Return what the re-checks of one exposure found, in the order they were recorded."""
    rows = tx.session.scalars(
        select(VerdictRow).where(VerdictRow.exposure_id == _exposure_id(exposure)).order_by(VerdictRow.position)
    )
    return [_verdict(row) for row in rows]


def _exposure_id(exposure: Exposure | UUID) -> UUID:
    return exposure.id if isinstance(exposure, Exposure) else exposure


def _word(word: str, field: str) -> str:
    if not WORD.fullmatch(word):
        raise BadValue(f"The {field} must be one short word in small letters: it is stored in plain.")
    return word


def notice_row(tx: Transaction, notice_id: UUID) -> NoticeRow:
    """Return the row of a notice, or raise UnknownNotice."""
    row = tx.session.get(NoticeRow, notice_id)
    if row is None:
        raise UnknownNotice(f"There is no notice {notice_id} (any more).")
    return row


def _notice(tx: Transaction, row: NoticeRow) -> Notice:
    owner = tx.session.scalar(select(ExposureRow.person_id).where(ExposureRow.id == row.exposure_id))
    assert owner is not None
    letter = tx.unseal_record(owner, f"notices/{row.id}/letter", row.letter)
    return Notice(
        id=row.id,
        exposure=row.exposure_id,
        type=row.type,
        language=row.language,
        created_at=row.created_at,
        sent_at=row.sent_at,
        **letter,
    )


def _verdict(row: VerdictRow) -> VerdictRecord:
    return VerdictRecord(row.exposure_id, row.verdict, row.detail, row.at)
