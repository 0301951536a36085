"""Against misuse: who was verified, photos of two accounts that are too alike, and when addresses are released.

A person who enrols somebody else's photo must not learn from it where that somebody is. So addresses of what was
found, and letters, which have them inside, are released when the person was verified the way the operator chose, the
photo has been compared with everybody else's, and nothing about it is under review. Otherwise the person reads that
it is being reviewed: the same words, whatever the reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select

from registry import audit
from registry.consents import withdraw
from registry.cursors import cursor
from registry.errors import BadValue, UnknownReview
from registry.models import EnrolmentChangeRow, EnrolmentRow, ReviewSideRow, VerificationRow
from registry.people import Person, get, id_of
from registry.transaction import Transaction

RULES = ("none", "operator", "centre")
VERIFIERS = {"operator": ("operator", "centre"), "centre": ("centre",)}
OUTCOMES = ("cleared", "withdrawn")
COMPARED = "doubles"  # the cursor of whoever compares new photos with those of others


@dataclass(frozen=True)
class Release:
    """What has to hold before an address is shown: one of RULES, and how long after the photo was enrolled."""

    rule: str = "operator"
    delay: timedelta = timedelta(hours=24)


@dataclass(frozen=True)
class Side:
    """One side of a review: a person's photo that is too like one of somebody else."""

    review: UUID
    enrolment: UUID
    person: UUID
    outcome: str | None
    created_at: datetime


def verify(tx: Transaction, person: Person | UUID, by: str) -> None:
    """Note that a person was found to enrol photos of themselves; a centre's word stands above the operator's."""
    who = get(tx, id_of(person)).id
    if by not in ("operator", "centre"):
        raise BadValue("A person is verified by the operator or by a centre.")
    if verified_by(tx, who) != "centre":
        tx.session.merge(VerificationRow(person_id=who, by=by, at=tx.now()))
        tx.session.flush()
    audit.append(tx, tx.actor, "person-verified", who)


def verified_by(tx: Transaction, person: Person | UUID) -> str | None:
    """Return by whom a person was verified, None for nobody."""
    row = tx.session.get(VerificationRow, id_of(person))
    return None if row is None else row.by


def released(tx: Transaction, person: Person | UUID, enrolment: UUID, release: Release) -> bool:
    """Say whether addresses of what one photo found may be shown to its person now. In doubt they are not."""
    if frozen(tx, person):
        return False
    if release.rule == "none":
        return True
    row = tx.session.get(EnrolmentRow, enrolment)
    if row is None or verified_by(tx, person) not in VERIFIERS.get(release.rule, ()):
        return False
    changed = select(func.min(EnrolmentChangeRow.position)).where(EnrolmentChangeRow.enrolment_id == enrolment)
    position = tx.session.scalar(changed)
    compared = position is not None and position <= cursor(tx, COMPARED)
    return compared and tx.now() - row.created_at >= release.delay


def frozen(tx: Transaction, person: Person | UUID) -> bool:
    """Say whether anything of a person is under review."""
    wanted = select(ReviewSideRow.review_id).where(
        ReviewSideRow.person_id == id_of(person), ReviewSideRow.outcome.is_(None)
    )
    return tx.session.scalar(wanted.limit(1)) is not None


def open_review(tx: Transaction, enrolments: Iterable[UUID]) -> UUID | None:
    """Put photos of several people that are too alike under review; None where these people were reviewed before."""
    rows = [tx.session.get_one(EnrolmentRow, each) for each in enrolments]
    if _together_before(tx, {row.person_id for row in rows}):
        return None
    review = uuid4()
    for row in rows:
        side = ReviewSideRow(review_id=review, enrolment_id=row.id, person_id=row.person_id, created_at=tx.now())
        side.outcome = side.decided_at = None
        tx.add(side)
    audit.append(tx, tx.actor, "review-opened", review)
    return review


def sides(tx: Transaction, person: Person | UUID | None = None, *, only_open: bool = True) -> list[Side]:
    """Return the sides under review, of one person or of all, oldest first."""
    wanted = select(ReviewSideRow).order_by(ReviewSideRow.created_at, ReviewSideRow.review_id, ReviewSideRow.person_id)
    if person is not None:
        wanted = wanted.where(ReviewSideRow.person_id == id_of(person))
    if only_open:
        wanted = wanted.where(ReviewSideRow.outcome.is_(None))
    return [
        Side(row.review_id, row.enrolment_id, row.person_id, row.outcome, row.created_at)
        for row in tx.session.scalars(wanted)
    ]


def decide(tx: Transaction, review: UUID, enrolment: UUID, outcome: str) -> None:
    """Decide one side: "cleared", the photo is theirs; "withdrawn", it is not, and is looked for no more."""
    if outcome not in OUTCOMES:
        raise BadValue(f"A side of a review is decided as one of {', '.join(OUTCOMES)}.")
    row = tx.session.get(ReviewSideRow, (review, enrolment))
    if row is None or row.outcome is not None:
        raise UnknownReview("There is no such review, or it was decided: `watchlight review list` shows those open.")
    row.outcome, row.decided_at = outcome, tx.now()
    tx.session.flush()
    if outcome == "withdrawn":
        withdraw(tx, enrolment=enrolment)
    audit.append(tx, tx.actor, f"review-{outcome}", review)


def _together_before(tx: Transaction, people: set[UUID]) -> bool:
    """Say whether one review had sides of all these people: what was decided once is not asked again."""
    together = (
        select(ReviewSideRow.review_id)
        .where(ReviewSideRow.person_id.in_(people))
        .group_by(ReviewSideRow.review_id)
        .having(func.count(ReviewSideRow.person_id.distinct()) == len(people))
    )
    return tx.session.scalar(together.limit(1)) is not None
