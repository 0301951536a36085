"""Evidence: an append-only record of what was seen, sent, answered and found, chained and signed, without images.

One chain for the whole house. What a record says is sealed with the person's key and goes with them; the chain
keeps only a salted commitment, so that it still holds and tells nothing.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from registry.chain import START, commitment_of, digest_of, link_of, salt_of
from registry.errors import EvidenceBroken
from registry.evidence_keys import holds, keys, sign
from registry.models import EvidenceRecordRow, EvidenceRow, EvidenceStampRow, ExposureRow
from registry.transaction import Transaction

KINDS = ("found", "notice-sent", "reply", "verdict")


@dataclass(frozen=True)
class Evidence:
    """One record with its place in the chain. `salts` open its fields to others; the fields say where and what."""

    position: int
    at: datetime
    fields: Mapping[str, Any] = field(repr=False)
    salts: Mapping[str, bytes] = field(repr=False)
    commitment: bytes
    previous: bytes
    link: bytes
    signature: bytes
    key_id: str


@dataclass(frozen=True)
class Link:
    """One place in the chain, without what was recorded there."""

    position: int
    at: datetime
    commitment: bytes
    link: bytes


@dataclass(frozen=True)
class Checked:
    """A chain that holds: how many links, and of how many the record was erased with its person."""

    links: int
    erased: int


def append(tx: Transaction, exposure_id: UUID, kind: str, what: Mapping[str, Any]) -> int:
    """Record one thing about an exposure (plain JSON values) and return its position."""
    owner = tx.session.scalar(select(ExposureRow.person_id).where(ExposureRow.id == exposure_id))
    assert owner is not None, "evidence is about an exposure that is there"
    at, number, before = tx.now(), *_last_of(tx, exposure_id)
    fields = {
        **what,
        "kind": kind,
        "exposure": str(exposure_id),
        "number": number,
        "recorded_at": iso(at),
        "follows": before.hex(),
    }
    secret = secrets.token_bytes(32)
    commitment = commitment_of({name: digest_of(name, salt_of(secret, name), value) for name, value in fields.items()})
    row = _linked(tx, at, commitment)
    sealed = tx.seal_record(owner, _place(row.position), {"secret": secret.hex(), "fields": fields})
    tx.add(EvidenceRecordRow(position=row.position, exposure_id=exposure_id, record=sealed))
    return row.position


def records(tx: Transaction, exposure_id: UUID) -> list[Evidence]:
    """Return what was recorded about one exposure, in order."""
    owner = tx.session.scalar(select(ExposureRow.person_id).where(ExposureRow.id == exposure_id))
    wanted = (
        select(EvidenceRecordRow, EvidenceRow)
        .join(EvidenceRow, EvidenceRow.position == EvidenceRecordRow.position)
        .where(EvidenceRecordRow.exposure_id == exposure_id)
        .order_by(EvidenceRow.position)
    )
    found = []
    for kept, row in tx.session.execute(wanted).all():
        assert owner is not None, "a record hangs on an exposure"
        opened = tx.unseal_record(owner, _place(row.position), kept.record)
        secret = bytes.fromhex(opened["secret"])
        salts = {name: salt_of(secret, name) for name in opened["fields"]}
        found.append(_evidence(tx, row, opened["fields"], salts))
    return found


def links(tx: Transaction, first: int, last: int, limit: int) -> list[Link]:
    """Return the places of the chain from one position to another, at most `limit`."""
    rows = tx.session.scalars(
        select(EvidenceRow)
        .where(EvidenceRow.position >= first, EvidenceRow.position <= last)
        .order_by(EvidenceRow.position)
        .limit(limit)
    )
    return [Link(row.position, row.at, row.commitment, row.link) for row in rows]


def head(tx: Transaction) -> Link | None:
    """Return the newest place of the chain, None while it is empty."""
    row = tx.session.scalar(select(EvidenceRow).order_by(EvidenceRow.position.desc()).limit(1))
    return None if row is None else Link(row.position, row.at, row.commitment, row.link)


def keep_stamp(tx: Transaction, position: int, token: bytes, at: datetime) -> None:
    """Keep a time stamp (DER of an RFC 3161 response) over the link at `position`."""
    tx.session.merge(EvidenceStampRow(position=position, token=token, at=at))
    tx.session.flush()


def stamp_after(tx: Transaction, position: int) -> tuple[int, bytes] | None:
    """Return the first time stamp at or after a position, with the position it covers."""
    row = tx.session.scalar(
        select(EvidenceStampRow).where(EvidenceStampRow.position >= position).order_by(EvidenceStampRow.position)
    )
    return None if row is None else (row.position, row.token)


def check(tx: Transaction) -> Checked:
    """Go through the whole chain: links, signatures, and every record that is still there.

    Raises EvidenceBroken at the first place that does not hold. Places cut off at the very end leave no trace in
    the chain itself: an export or a time stamp made before shows them.
    """
    public = {key.id: key.public for key in keys(tx)}
    link, count = START, 0
    for row in tx.session.scalars(select(EvidenceRow).order_by(EvidenceRow.position)).yield_per(1000):
        link = link_of(link, iso(row.at), row.commitment)
        if link != row.link:
            raise EvidenceBroken(row.position, "its link")
        if row.key_id not in public or not holds(public[row.key_id], row.signature, link):
            raise EvidenceBroken(row.position, "its signature")
        count += 1
    return Checked(count, count - _check_records(tx))


def _check_records(tx: Transaction) -> int:
    """Check every record against its commitment; return how many there are."""
    exposures = tx.session.scalars(select(EvidenceRecordRow.exposure_id).distinct()).all()
    count = 0
    for exposure_id in exposures:
        follows = ""
        for number, each in enumerate(records(tx, exposure_id), 1):
            digests = {name: digest_of(name, each.salts[name], value) for name, value in each.fields.items()}
            if commitment_of(digests) != each.commitment:
                raise EvidenceBroken(each.position, "its record")
            if (each.fields["number"], each.fields["follows"]) != (number, follows):
                raise EvidenceBroken(each.position, "a record before it")
            follows, count = each.commitment.hex(), count + 1
    return count


def iso(at: datetime) -> str:
    """Return a time as it is hashed: ISO 8601 in UTC."""
    return at.astimezone(UTC).isoformat()


def _linked(tx: Transaction, at: datetime, commitment: bytes) -> EvidenceRow:
    last = head(tx)
    link = link_of(START if last is None else last.link, iso(at), commitment)
    name, signature = sign(tx, link)
    row = EvidenceRow(at=at, commitment=commitment, link=link, signature=signature, key_id=name)
    tx.add(row)
    return row


def _last_of(tx: Transaction, exposure_id: UUID) -> tuple[int, bytes]:
    """Return the number the next record of an exposure gets, and the commitment of the one before."""
    wanted = select(func.count(), func.max(EvidenceRecordRow.position)).where(
        EvidenceRecordRow.exposure_id == exposure_id
    )
    count, position = tx.session.execute(wanted).one()
    if not count:
        return 1, b""
    before = tx.session.scalar(select(EvidenceRow.commitment).where(EvidenceRow.position == position))
    return count + 1, before or b""


def _evidence(tx: Transaction, row: EvidenceRow, fields: Mapping[str, Any], salts: Mapping[str, bytes]) -> Evidence:
    previous = tx.session.scalar(
        select(EvidenceRow.link)
        .where(EvidenceRow.position < row.position)
        .order_by(EvidenceRow.position.desc())
        .limit(1)
    )
    return Evidence(
        position=row.position,
        at=row.at,
        fields=fields,
        salts=salts,
        commitment=row.commitment,
        previous=previous or START,
        link=row.link,
        signature=row.signature,
        key_id=row.key_id,
    )


def _place(position: int) -> str:
    return f"evidence_records/{position}/record"


__all__: Sequence[str] = (
    *("KINDS", "Checked", "Evidence", "Link", "append", "check", "head", "iso", "keep_stamp"),
    *("links", "records", "stamp_after"),
)
