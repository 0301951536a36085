"""Decisions of the matching: what was weighed for a sighting and a photo, so that other limits can be tried on it.

Numbers only. No address, no hash and no name: the picture and its page are a keyed index. A decision is kept as long as
a sighting is, and goes with the photo's consent and with the person.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, select

from registry.consents import is_open
from registry.models import DecisionRow, DismissalRow, EnrolmentRow, NoticeRow
from registry.transaction import Transaction

if TYPE_CHECKING:
    from matchers.matching import Decision

CHUNK = 500  # rows in memory at once


@dataclass(frozen=True)
class Kept:
    """One stored decision. `weighed`: plain numbers of each frame, as `matchers.deciding.Weighed.to_json` gives them.

    `silenced`: never told, and a likeness would not be: the picture was dismissed before or is common. `dismissed`:
    the person says it is not them. `confirmed`: they sent a notice, or say they published it themselves.
    """

    person: UUID = field(repr=False)
    sighting: bytes = field(repr=False)
    found: bool
    silenced: bool
    crowded: bool
    weighed: list[dict[str, Any]]
    limits: str
    decided_at: datetime
    dismissed: bool
    confirmed: bool


def record(
    tx: Transaction,
    page_url: str,
    content_digest: bytes,
    decision: "Decision",
    *,
    exposure: UUID | None,
    silenced: bool,
    limits: str,
) -> None:
    """Keep a decision about a picture on a page; a later one takes its place. Without consent nothing is kept.

    Not about the number of a sighting: a picture seen again after its sighting was archived has another one.
    `exposure` is what became of it, if anything did; `limits` names the limits it was made with.
    """
    enrolment = decision.enrolment
    owner = tx.session.scalar(select(EnrolmentRow.person_id).where(EnrolmentRow.id == enrolment))
    if owner is None or not is_open(tx, enrolment):
        return
    place = content_digest + b"\0" + page_url.encode("utf-8", "surrogatepass")
    index = tx.vault.index("decision", owner.bytes + place)
    row = tx.session.get(DecisionRow, (owner, index, enrolment))
    new = row is None
    if row is None:
        row = DecisionRow(person_id=owner, sighting_index=index, enrolment_id=enrolment, exposure_id=None)
    row.exposure_id = exposure or row.exposure_id
    row.found, row.silenced, row.crowded = decision.found, silenced, decision.crowded
    row.weighed = json.dumps([each.to_json() for each in decision.weighed], separators=(",", ":"))
    row.limits, row.decided_at = limits, tx.now()
    if new:
        tx.add(row)
    tx.session.flush()


def every(tx: Transaction) -> Iterator[Kept]:
    """Yield all decisions, those about one person and one sighting after each other; few are in memory at once."""
    sent = exists().where(NoticeRow.exposure_id == DecisionRow.exposure_id, NoticeRow.sent_at.is_not(None))
    wanted = select(
        DecisionRow.person_id,
        DecisionRow.sighting_index,
        DecisionRow.found,
        # What was told is no secret to its person, whatever they said of it since.
        (DecisionRow.silenced & DecisionRow.exposure_id.is_(None)).label("silenced"),
        DecisionRow.crowded,
        DecisionRow.weighed,
        DecisionRow.limits,
        DecisionRow.decided_at,
        _said("not-me").label("dismissed"),
        (sent | _said("own-publication")).label("confirmed"),
    ).order_by(DecisionRow.person_id, DecisionRow.sighting_index, DecisionRow.enrolment_id)
    for row in tx.session.execute(wanted.execution_options(yield_per=CHUNK)):
        yield Kept(*row[:5], json.loads(row.weighed), *row[6:8], bool(row.dismissed), bool(row.confirmed))


def forget_before(tx: Transaction, when: datetime) -> int:
    """Delete what was decided before `when`, and return how many decisions that were."""
    gone = delete(DecisionRow).where(DecisionRow.decided_at < when).returning(DecisionRow.decided_at)
    return len(tx.session.execute(gone).all())


def _said(why: str) -> ColumnElement[bool]:
    return exists().where(
        DismissalRow.exposure_id == DecisionRow.exposure_id,
        DismissalRow.enrolment_id == DecisionRow.enrolment_id,
        DismissalRow.why == why,
    )
