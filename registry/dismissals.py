"""Dismissals: "this is not me", "I published this myself". The picture and its near copies are not told again.

A dismissal counts for its own enrolment only. It may be somebody's attack or mistake, so it never silences
anything for others: operators see how often a picture was dismissed, and decide.
"""

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import delete, func, select

from registry import audit
from registry.errors import BadValue
from registry.exposures import Exposure, exposure, set_state
from registry.models import DismissalRow
from registry.transaction import Transaction

if TYPE_CHECKING:
    from matchers.frames import Frame

REASONS = ("not-me", "own-publication")


def dismiss(tx: Transaction, exposure_id: UUID, why: str, seen: Sequence["Frame"] = ()) -> Exposure:
    """Set an exposure aside, and silence its picture for the photos it was found by; `why` is one of REASONS.

    `seen` are the frames of the picture as they are in the sighting log. Without them (the log has forgotten it)
    only the very same file is silenced.
    """
    from matchers import frames

    if why not in REASONS:
        raise BadValue(f"A dismissal says why: {' or '.join(REASONS)}.")
    about = exposure(tx, exposure_id)
    tx.session.execute(delete(DismissalRow).where(DismissalRow.exposure_id == exposure_id))
    picture = {
        "content_digest": about.content_digest.hex(),
        "frames": base64.b64encode(frames.to_bytes(seen)).decode() if seen else None,
    }
    for enrolment in about.enrolments:
        sealed = tx.seal_record(about.person, _place(exposure_id, enrolment), picture)
        tx.add(
            DismissalRow(
                exposure_id=exposure_id,
                person_id=about.person,
                enrolment_id=enrolment,
                why=why,
                picture=sealed,
                created_at=tx.now(),
            )
        )
    audit.append(tx, tx.actor, f"dismissed-{why}", exposure_id)
    return set_state(tx, exposure_id, "dismissed")


def take_back(tx: Transaction, exposure_id: UUID) -> bool:
    """Let the picture of an exposure be told again; False where it was not dismissed."""
    gone = delete(DismissalRow).where(DismissalRow.exposure_id == exposure_id).returning(DismissalRow.exposure_id)
    taken = bool(tx.session.scalars(gone).all())
    if taken:
        audit.append(tx, tx.actor, "dismissal-taken-back", exposure_id)
    return taken


def silences(tx: Transaction, enrolment: UUID, content_digest: bytes, seen: Sequence["Frame"]) -> bool:
    """Say whether this enrolment's person dismissed this file, or a picture it is a near copy of."""
    rows = tx.session.scalars(select(DismissalRow).where(DismissalRow.enrolment_id == enrolment)).all()
    if not rows:
        return False
    from matchers import frames
    from matchers.likeness import Known

    pictures = [picture_of(tx, row) for row in rows]
    if any(bytes.fromhex(picture["content_digest"]) == content_digest for picture in pictures):
        return True
    stored = [base64.b64decode(picture["frames"]) for picture in pictures if picture["frames"]]
    return Known([frames.from_bytes(each) for each in stored]).has(seen)


def counts(tx: Transaction) -> dict[str, int]:
    """Return how many exposures are dismissed for each reason: for operators, without a person or a place."""
    rows = tx.session.execute(
        select(DismissalRow.why, func.count(DismissalRow.exposure_id.distinct())).group_by(DismissalRow.why)
    ).all()
    return dict.fromkeys(REASONS, 0) | {why: int(count) for why, count in rows}


def picture_of(tx: Transaction, row: DismissalRow) -> dict[str, Any]:
    """Return what a dismissal keeps of its picture: content digest in hexadecimal, and frames in base64 or None."""
    return tx.unseal_record(row.person_id, _place(row.exposure_id, row.enrolment_id), row.picture)


def _place(exposure_id: UUID, enrolment: UUID) -> str:
    return f"dismissals/{exposure_id}/{enrolment}/picture"
