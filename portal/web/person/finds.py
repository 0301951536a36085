"""A find as its person sees it: what is known of an exposure, in words, and nobody else's."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from starlette.exceptions import HTTPException

from alerts.reasons import LIKELY, VERY_LIKELY, why
from portal.web.access import BeingReviewed, NotYourDoor, Visitor
from portal.web.forms import known_id
from portal.web.settings import Settings
from registry import cases, enrolments, reviews
from registry.transaction import Transaction

KINDS = ("whole", "flipped", "rotated", "cropped", "region", "composite")
ORDER = ("new", "told", "noticed", "gone", "dismissed")  # the page that most wants to be looked at stands for its story
SURE = ((VERY_LIKELY, "strong"), (LIKELY, "likely"), (0.0, "possible"))


@dataclass(frozen=True)
class Find:
    """An exposure in the words of the page. No address is in here: templates cannot show one by mistake."""

    id: UUID
    label: str | None
    state: str
    kind: str
    sure: str
    at: datetime
    first_seen: datetime
    last_seen: datetime
    why: str
    seen: int
    pages: int = 1


def finds(tx: Transaction, visitor: Visitor) -> list[Find]:
    """Return the visitor's finds, newest first, those set aside last: one for each picture, on however many pages."""
    labels = {each.id: each.label for each in enrolments.enrolments(tx, visitor.someone)}
    stories: dict[UUID, list[cases.Exposure]] = {}
    for each in cases.exposures(tx, visitor.someone, states=ORDER):
        stories.setdefault(each.story, []).append(each)
    found = []
    for pages in stories.values():
        first = min(pages, key=lambda each: ORDER.index(each.state))
        find = _find(first, labels.get(first.enrolment), visitor)
        found.append(replace(find, pages=len({each.page_url for each in pages})))
    return sorted(found, key=lambda find: find.state == "dismissed")


def find_of(tx: Transaction, visitor: Visitor, exposure: cases.Exposure) -> Find:
    """Return one exposure as a find."""
    return _find(exposure, enrolments.enrolment(tx, exposure.enrolment).label, visitor)


def same_picture(tx: Transaction, visitor: Visitor, exposure: cases.Exposure) -> list[Find]:
    """Return the finds of the same picture on other pages."""
    others = (each for each in cases.exposures(tx, visitor.someone, states=ORDER) if each.story == exposure.story)
    return [find_of(tx, visitor, each) for each in others if each.id != exposure.id]


def exposure_of(tx: Transaction, visitor: Visitor, untrusted_id: str) -> cases.Exposure:
    """Return an exposure of this visitor's. Somebody else's, or one that is held, does not exist for them."""
    exposure = cases.exposure(tx, known_id(untrusted_id))
    if exposure.person != visitor.someone.id or exposure.state == "held":
        raise HTTPException(404)
    return exposure


def released(tx: Transaction, visitor: Visitor, exposure: cases.Exposure, settings: Settings) -> bool:
    """Say whether this visitor may see where this was found, now."""
    return reviews.released(tx, visitor.someone, exposure.enrolment, settings.release)


def address_of(tx: Transaction, visitor: Visitor, untrusted_id: str, settings: Settings) -> cases.Exposure:
    """Return an exposure of this visitor's whose address, and letters, they may see now; or raise BeingReviewed."""
    refuse_minor(visitor)
    exposure = exposure_of(tx, visitor, untrusted_id)
    if not released(tx, visitor, exposure, settings):
        raise BeingReviewed
    return exposure


def letter_of(
    tx: Transaction, visitor: Visitor, untrusted_id: str, settings: Settings
) -> tuple[cases.Notice, cases.Exposure]:
    """Return a letter of this visitor's and what it is about. It has the address in it."""
    letter = cases.notice(tx, known_id(untrusted_id))
    return letter, address_of(tx, visitor, str(letter.exposure), settings)


def refuse_minor(visitor: Visitor) -> None:
    """No address and no letter, which has the address in it, for somebody under age."""
    if visitor.someone.minor:
        raise NotYourDoor


def _find(exposure: cases.Exposure, label: str | None, visitor: Visitor) -> Find:
    return Find(
        id=exposure.id,
        label=label,
        state=exposure.state,
        kind=exposure.kind if exposure.kind in KINDS else "region",
        sure=next(word for least, word in SURE if exposure.confidence >= least),
        at=exposure.created_at,
        first_seen=exposure.first_seen,
        last_seen=exposure.last_seen,
        why=why(exposure, visitor.words.language),
        seen=exposure.seen,
    )
