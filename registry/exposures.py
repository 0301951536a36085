"""Exposures: what a person sees - one picture of theirs on one page, with its state and its story."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import select

from registry import evidence, stories
from registry.consents import is_open
from registry.errors import BadValue, NoConsent, UnknownExposure
from registry.models import EnrolmentRow, ExposureRow, VerdictRow
from registry.people import Person, id_of
from registry.transaction import Transaction

if TYPE_CHECKING:
    from matchers import Fingerprint

STATES = ("new", "told", "noticed", "gone", "dismissed", "held")  # held: part of a flood, see registry.floods


@dataclass(frozen=True)
class Exposure:
    """One picture on one page. The addresses are unsealed here: keep them out of logs and mails.

    `enrolment` is the photo it is most like, `enrolments` all of the person's that it is like. `story` is the same
    for all exposures of the person that show this picture. `seen` counts the looks that found it here. `at_ms`: of an
    animation or video, when it is shown, in milliseconds from the start.
    """

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
    story: UUID
    seen: int = 1
    enrolments: tuple[UUID, ...] = ()
    at_ms: int | None = None


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
    fingerprint: "Fingerprint | None" = None,
    seen_as: Mapping[str, Any] | None = None,
    at_ms: int | None = None,
) -> tuple[Exposure, bool]:
    """Keep a match as an exposure; return it, and whether it is news: new, or back after it was gone.

    One exposure per person, page and picture content: seeing it again joins it, with the times, the picture's address
    and, where another photo of the person is nearer, what it is like. `content_digest` is the SHA-256 of the file;
    with its `fingerprint` near copies become one story; `seen_as` (plain JSON values: fingerprint, areas) goes into
    the evidence only. Raises NoConsent when the enrolment is withdrawn or erased.
    """
    owner = _owner(tx, enrolment_id)
    likeness = Likeness(enrolment_id, kind, distance, confidence, reason)
    row = _at(tx, owner, enrolment_id, content_digest, page_url)
    if row is not None:
        _give_story(tx, row, content_digest, fingerprint)
        return _seen_again(tx, row, picture_url, seen_at, likeness), _reopened(tx, row, seen_at)
    found = {
        "page_url": page_url,
        "picture_url": picture_url,
        "target": target,
        "content_digest": content_digest.hex(),
        "reason": reason,
        "first_seen": seen_at.isoformat(),
        "last_seen": seen_at.isoformat(),
        "seen": 1,
        "enrolments": [str(enrolment_id)],
        "at_ms": at_ms,
    }
    new, now = uuid4(), tx.now()
    row = ExposureRow(
        id=new,
        person_id=owner,
        enrolment_id=enrolment_id,
        story_id=stories.story_of(tx, owner, content_digest, fingerprint),
        place_index=_place(tx, owner, content_digest, page_url),
        picture_index=stories.picture_index(tx, content_digest),
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
    first = {name: value for name, value in found.items() if name not in ("seen", "enrolments")}
    evidence.append(tx, new, "found", {**first, **matched, **(seen_as or {})})
    return _exposure(tx, row), True


def seen_again(tx: Transaction, page_url: str, content_digest: bytes, seen_at: datetime) -> list[tuple[Exposure, bool]]:
    """Note that a picture was seen on a page once more; return the exposures it touched, and whether each is back.

    Where every consent has ended nothing is noted.
    """
    picture = stories.picture_index(tx, content_digest)
    rows = tx.session.scalars(select(ExposureRow).where(ExposureRow.picture_index == picture)).all()
    touched = []
    for row in rows:
        before = _exposure(tx, row)
        if before.page_url == page_url and seen_at > before.last_seen and consented(tx, before):
            _seen_again(tx, row, before.picture_url, seen_at)
            is_back = _reopened(tx, row, seen_at)
            touched.append((_exposure(tx, row), is_back))
    return touched


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


def consented(tx: Transaction, exposure: Exposure) -> bool:
    """Say whether the consent for any of the photos it is like is open at this moment."""
    return any(is_open(tx, each) for each in exposure.enrolments)


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


@dataclass(frozen=True)
class Likeness:
    """To which enrolment a picture is alike, how, and how surely."""

    enrolment: UUID
    kind: str
    distance: int
    confidence: float
    reason: str


def _place(tx: Transaction, owner: UUID, content_digest: bytes, page_url: str) -> bytes:
    return tx.vault.index("exposure", owner.bytes + content_digest + b"\0" + page_url.encode("utf-8", "surrogatepass"))


def _at(tx: Transaction, owner: UUID, enrolment: UUID, content_digest: bytes, page_url: str) -> ExposureRow | None:
    """Return the exposure at this place. Rows older than stories stand under their enrolment: they are taken along."""
    place, older = (_place(tx, who, content_digest, page_url) for who in (owner, enrolment))
    rows = tx.session.scalars(select(ExposureRow).where(ExposureRow.place_index.in_((place, older)))).all()
    row = next((each for each in rows if each.place_index == place), None)
    if row is None and rows:
        row = rows[0]
        row.place_index = place
    return row


def _give_story(tx: Transaction, row: ExposureRow, content_digest: bytes, fingerprint: "Fingerprint | None") -> None:
    if row.story_id is None:
        row.story_id = stories.story_of(tx, row.person_id, content_digest, fingerprint)
        row.picture_index = stories.picture_index(tx, content_digest)
        tx.session.flush()


def _seen_again(
    tx: Transaction, row: ExposureRow, picture_url: str, seen_at: datetime, like: Likeness | None = None
) -> Exposure:
    place = f"exposures/{row.id}/found"
    before = tx.unseal_record(row.person_id, place, row.found)
    found = dict(before)
    first, last = (datetime.fromisoformat(found[name]) for name in ("first_seen", "last_seen"))
    if seen_at > last:
        found["picture_url"], found["seen"] = picture_url, found.get("seen", 1) + 1
    found["first_seen"], found["last_seen"] = min(first, seen_at).isoformat(), max(last, seen_at).isoformat()
    if like is not None:
        _join(tx, row, found, like)
    if found != before:
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


def _join(tx: Transaction, row: ExposureRow, found: dict[str, Any], like: Likeness) -> None:
    """Let another photo of the person stand for the exposure where it is nearer, or the first one withdrawn."""
    known = found.get("enrolments", [str(row.enrolment_id)])
    found["enrolments"] = known if str(like.enrolment) in known else [*known, str(like.enrolment)]
    if like.enrolment == row.enrolment_id:
        return
    if like.confidence > row.confidence or not is_open(tx, row.enrolment_id):
        row.enrolment_id, row.kind, row.distance = like.enrolment, like.kind, like.distance
        row.confidence, found["reason"] = like.confidence, like.reason


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
        story=row.story_id or row.id,
        seen=found.get("seen", 1),
        enrolments=tuple(UUID(each) for each in found.get("enrolments", [str(row.enrolment_id)])),
        at_ms=found.get("at_ms"),
    )
