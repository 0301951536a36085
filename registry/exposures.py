"""Exposures: what a person sees - one enrolled picture on one page, with its state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from registry import evidence
from registry.consents import is_open
from registry.errors import BadValue, NoConsent, UnknownExposure
from registry.models import EnrolmentRow, ExposureRow, VerdictRow
from registry.people import Person, id_of
from registry.transaction import Transaction

STATES = ("new", "told", "noticed", "gone", "dismissed")


@dataclass(frozen=True)
class Exposure:
    """One enrolled picture on one page. The addresses are unsealed here: keep them out of logs and mails."""

    id: UUID
    person: UUID
    enrolment: UUID
    page_url: str = field(repr=False)
    picture_url: str = field(repr=False)
    target: str = field(repr=False)
    content_digest: bytes = field(repr=False)
    kind: str
    distance: int
    confidence: float
    reason: str
    state: str
    first_seen: datetime
    last_seen: datetime
    created_at: datetime
    state_at: datetime


def record_exposure(
    tx: Transaction,
    enrolment_id: UUID,
    *,
    page_url: str,
    picture_url: str,
    target: str,
    seen_at: datetime,
    content_digest: bytes,
    kind: str,
    distance: int,
    confidence: float,
    reason: str,
    seen_as: Mapping[str, Any] | None = None,
) -> tuple[Exposure, bool]:
    """Keep a match as an exposure; return it, and whether it is news: new, or back after it was gone.

    One exposure per enrolment, page and picture content: seeing it again only refreshes `first_seen`,
    `last_seen` and the picture's address. `content_digest` is the SHA-256 of the file; `seen_as` (plain JSON
    values: fingerprint, areas) goes into the evidence only. Raises NoConsent when the enrolment is withdrawn or
    erased.
    """
    owner = _owner(tx, enrolment_id)
    index = tx.vault.index("exposure", enrolment_id.bytes + content_digest + b"\0" + page_url.encode())
    row = tx.session.scalar(select(ExposureRow).where(ExposureRow.place_index == index))
    if row is not None:
        return _seen_again(tx, row, picture_url, seen_at), _reopened(tx, row, seen_at)
    found = {
        "page_url": page_url,
        "picture_url": picture_url,
        "target": target,
        "content_digest": content_digest.hex(),
        "reason": reason,
        "first_seen": seen_at.isoformat(),
        "last_seen": seen_at.isoformat(),
    }
    new, now = uuid4(), tx.now()
    row = ExposureRow(
        id=new,
        person_id=owner,
        enrolment_id=enrolment_id,
        place_index=index,
        found=tx.seal_record(owner, f"exposures/{new}/found", found),
        kind=kind,
        distance=distance,
        confidence=confidence,
        state="new",
        created_at=now,
        state_at=now,
    )
    tx.add(row)
    matched = {"match": kind, "distance": distance, "confidence": confidence}
    evidence.append(tx, new, "found", {**found, **matched, **(seen_as or {})})
    return _exposure(tx, row), True


def exposures(
    tx: Transaction, person: Person | UUID | None = None, *, states: Iterable[str] | None = None
) -> list[Exposure]:
    """Return the exposures of one person, or of all, newest first; `states` keeps only those."""
    wanted = select(ExposureRow).order_by(ExposureRow.created_at.desc(), ExposureRow.id)
    if person is not None:
        wanted = wanted.where(ExposureRow.person_id == id_of(person))
    if states is not None:
        wanted = wanted.where(ExposureRow.state.in_([_known(state) for state in states]))
    return [_exposure(tx, row) for row in tx.session.scalars(wanted)]


def exposure(tx: Transaction, exposure_id: UUID) -> Exposure:
    """Return one exposure, or raise UnknownExposure."""
    return _exposure(tx, row_of(tx, exposure_id))


def set_state(tx: Transaction, exposure_id: UUID, state: str) -> Exposure:
    """Move an exposure to one of STATES and return it."""
    row = row_of(tx, exposure_id)
    if row.state != _known(state):
        row.state, row.state_at = state, tx.now()
        tx.session.flush()
    return _exposure(tx, row)


def row_of(tx: Transaction, exposure_id: UUID) -> ExposureRow:
    """Return the row of an exposure, or raise UnknownExposure."""
    row = tx.session.get(ExposureRow, exposure_id)
    if row is None:
        raise UnknownExposure(f"There is no exposure {exposure_id}: `watchlight exposures` lists those there are.")
    return row


def _owner(tx: Transaction, enrolment_id: UUID) -> UUID:
    """Return whose enrolment it is, while its consent is open."""
    owner = tx.session.scalar(select(EnrolmentRow.person_id).where(EnrolmentRow.id == enrolment_id))
    if owner is None or not is_open(tx, enrolment_id):
        raise NoConsent(f"Enrolment {enrolment_id} is withdrawn or erased: nothing is kept about it.")
    return owner


def _seen_again(tx: Transaction, row: ExposureRow, picture_url: str, seen_at: datetime) -> Exposure:
    place = f"exposures/{row.id}/found"
    found = tx.unseal_record(row.person_id, place, row.found)
    first, last = (datetime.fromisoformat(found[name]) for name in ("first_seen", "last_seen"))
    if first <= seen_at <= last:
        return _exposure(tx, row)
    if seen_at > last:
        found["picture_url"] = picture_url
    found["first_seen"] = min(first, seen_at).isoformat()
    found["last_seen"] = max(last, seen_at).isoformat()
    row.found = tx.seal_record(row.person_id, place, found)
    tx.session.flush()
    return _exposure(tx, row)


def _reopened(tx: Transaction, row: ExposureRow, seen_at: datetime) -> bool:
    """Open an exposure again that was gone and was seen by a crawl since; True when it was."""
    if row.state != "gone" or seen_at <= row.state_at:
        return False
    set_state(tx, row.id, "noticed")
    tx.add(VerdictRow(exposure_id=row.id, verdict="re-appeared", detail="seen-by-a-crawl", at=tx.now()))
    what = {"verdict": "re-appeared", "detail": "seen-by-a-crawl", "judged_at": evidence.iso(seen_at), "looks": []}
    evidence.append(tx, row.id, "verdict", what)
    return True


def _known(state: str) -> str:
    if state not in STATES:
        raise BadValue(f"The state of an exposure is one of {', '.join(STATES)}.")
    return state


def _exposure(tx: Transaction, row: ExposureRow) -> Exposure:
    found: dict[str, Any] = tx.unseal_record(row.person_id, f"exposures/{row.id}/found", row.found)
    return Exposure(
        id=row.id,
        person=row.person_id,
        enrolment=row.enrolment_id,
        page_url=found["page_url"],
        picture_url=found["picture_url"],
        target=found["target"],
        content_digest=bytes.fromhex(found["content_digest"]),
        kind=row.kind,
        distance=row.distance,
        confidence=row.confidence,
        reason=found["reason"],
        state=row.state,
        first_seen=datetime.fromisoformat(found["first_seen"]),
        last_seen=datetime.fromisoformat(found["last_seen"]),
        created_at=row.created_at,
        state_at=row.state_at,
    )
