"""Floods: likenesses held back, because one photo or one picture matches too much to be believed or told at once.

A flood is "open" until an operator looks at its numbers and releases it (its people are told) or closes it (they
are not; what was found stays on their lists, set aside). What belongs to it later follows that decision.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, func, select

from registry import audit
from registry.errors import BadValue, UnknownFlood
from registry.exposures import Exposure, exposure, set_state
from registry.models import ExposureRow, FloodExposureRow, FloodRow
from registry.transaction import Transaction

STATES = ("open", "released", "closed")
KINDS = ("photo", "spread", "picture")  # one photo like many pictures; one story on many pages; one file, many people
SEEN_AS = {"open": "held", "closed": "dismissed"}


@dataclass(frozen=True)
class Subject:
    """What matches too much: one of an enrolment, a story, or the index of a picture's content."""

    enrolment: UUID | None = None
    story: UUID | None = None
    picture_index: bytes | None = None

    def __post_init__(self) -> None:
        """Refuse none and several."""
        if sum(each is not None for each in (self.enrolment, self.story, self.picture_index)) != 1:
            raise BadValue("A flood is about one enrolment, one story or one picture.")

    @property
    def kind(self) -> str:
        """Return which of KINDS this is."""
        return "photo" if self.enrolment else "spread" if self.story else "picture"

    def rows(self) -> ColumnElement[bool]:
        """Return the condition for the exposures it is about."""
        if self.enrolment is not None:
            return ExposureRow.enrolment_id == self.enrolment
        if self.story is not None:
            return ExposureRow.story_id == self.story
        return ExposureRow.picture_index == self.picture_index


@dataclass(frozen=True)
class Flood:
    """One flood in counts and ids: enough to decide, and nothing that says who or where."""

    id: UUID
    kind: str
    state: str
    people: int
    stories: int
    exposures: int
    created_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True)
class Size:
    """How much belongs to a subject since some time: people, unlike pictures (stories), pages and pictures on them."""

    people: int
    stories: int
    exposures: int


def size(tx: Transaction, subject: Subject, since: datetime) -> Size:
    """Return how much was found of a subject since `since`, leaving out what its person has set aside."""
    counted = select(
        func.count(ExposureRow.person_id.distinct()),
        func.count(ExposureRow.story_id.distinct()),
        func.count(ExposureRow.id),
    ).where(subject.rows(), ExposureRow.created_at >= since, ExposureRow.state != "dismissed")
    return Size(*tx.session.execute(counted).one())


def state_of(tx: Transaction, subject: Subject) -> str | None:
    """Return the state of the flood about this subject, None where there is none."""
    return tx.session.scalar(select(FloodRow.state).where(_is(subject)))


def hold(tx: Transaction, subject: Subject, found: Iterable[Exposure]) -> list[UUID]:
    """Hold exposures back under the flood about `subject`, opening it with the first; return those that are held.

    Opening it takes along what was found before and not told yet. Under a closed flood they are set aside at once;
    under a released one nothing is held.
    """
    row = tx.session.scalar(select(FloodRow).where(_is(subject)))
    ids = {each.id for each in found}
    if row is None:
        row = FloodRow(
            id=uuid4(),
            enrolment_id=subject.enrolment,
            story_id=subject.story,
            picture_index=subject.picture_index,
            state="open",
            created_at=tx.now(),
            decided_at=None,
        )
        tx.add(row)
        ids |= set(tx.session.scalars(select(ExposureRow.id).where(subject.rows(), ExposureRow.state == "new")))
        audit.append(tx, tx.actor, "flood-held", row.id)
    if row.state == "released":
        return []
    for each in sorted(ids):
        set_state(tx, each, SEEN_AS[row.state])
        if tx.session.get(FloodExposureRow, (row.id, each)) is None:
            tx.add(FloodExposureRow(flood_id=row.id, exposure_id=each))
    return sorted(ids)


def floods(tx: Transaction, states: Sequence[str] = ("open",)) -> list[Flood]:
    """Return the floods in these states, oldest first. One whose people have all gone is not there any more."""
    rows = tx.session.scalars(
        select(FloodRow).where(FloodRow.state.in_(states)).order_by(FloodRow.created_at, FloodRow.id)
    ).all()
    return [found for found in (_flood(tx, row) for row in rows) if found.exposures]


def release(tx: Transaction, flood_id: UUID) -> list[Exposure]:
    """Let go what a flood holds: its exposures are new again. Return them: their people are to be told now."""
    row = _row(tx, flood_id)
    freed = [each for each in _exposures(tx, row) if each.state == "held" and not _held_elsewhere(tx, row, each)]
    _decide(tx, row, "released")
    return [set_state(tx, each.id, "new") for each in freed]


def close(tx: Transaction, flood_id: UUID) -> list[Exposure]:
    """Set aside what a flood holds, without telling anybody; return those exposures."""
    row = _row(tx, flood_id)
    shut = [set_state(tx, each.id, "dismissed") for each in _exposures(tx, row) if each.state == "held"]
    _decide(tx, row, "closed")
    return shut


def drop_empty(tx: Transaction) -> None:
    """Forget floods whose exposures have all been erased."""
    tx.session.execute(delete(FloodRow).where(FloodRow.id.not_in(select(FloodExposureRow.flood_id))))


def _is(subject: Subject) -> ColumnElement[bool]:
    if subject.enrolment is not None:
        return FloodRow.enrolment_id == subject.enrolment
    if subject.story is not None:
        return FloodRow.story_id == subject.story
    return FloodRow.picture_index == subject.picture_index


def _row(tx: Transaction, flood_id: UUID) -> FloodRow:
    row = tx.session.get(FloodRow, flood_id)
    if row is None:
        raise UnknownFlood(f"There is no flood {flood_id}: `watchlight alerts quarantine list` shows those there are.")
    return row


def _decide(tx: Transaction, row: FloodRow, state: str) -> None:
    row.state, row.decided_at = state, tx.now()
    tx.session.flush()
    audit.append(tx, tx.actor, f"flood-{state}", row.id)


def _exposures(tx: Transaction, row: FloodRow) -> list[Exposure]:
    held = select(FloodExposureRow.exposure_id).where(FloodExposureRow.flood_id == row.id)
    return [exposure(tx, each) for each in tx.session.scalars(held.order_by(FloodExposureRow.exposure_id)).all()]


def _held_elsewhere(tx: Transaction, row: FloodRow, each: Exposure) -> bool:
    """Say whether another open flood holds this exposure, too: then that one has to be decided first."""
    other = (
        select(FloodRow.id)
        .join(FloodExposureRow, FloodExposureRow.flood_id == FloodRow.id)
        .where(FloodExposureRow.exposure_id == each.id, FloodRow.id != row.id, FloodRow.state == "open")
    )
    return tx.session.scalar(other) is not None


def _flood(tx: Transaction, row: FloodRow) -> Flood:
    subject = Subject(row.enrolment_id, row.story_id, row.picture_index)
    counted = (
        select(
            func.count(ExposureRow.person_id.distinct()),
            func.count(ExposureRow.story_id.distinct()),
            func.count(ExposureRow.id),
        )
        .join(FloodExposureRow, FloodExposureRow.exposure_id == ExposureRow.id)
        .where(FloodExposureRow.flood_id == row.id)
    )
    people, stories, exposures = tx.session.execute(counted).one()
    return Flood(row.id, subject.kind, row.state, people, stories, exposures, row.created_at, row.decided_at)
