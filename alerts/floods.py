"""Too much at once is doubted first: a photo like hundreds of pictures, or a picture like many people's photos.

Such likenesses are held for an operator, who sees counts and ids, and not mailed. The limits are far above what one
person's pictures do when they spread, so that what is held is seldom a real one; and nothing that is held is lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from registry import floods
from registry.cases import Exposure
from registry.floods import Subject
from registry.stories import picture_index
from registry.transaction import Transaction


@dataclass(frozen=True)
class Limits:
    """How much is believed within `within`; one more is a flood.

    `stories`: unlike pictures for one photo. `people`: people for one picture file. `pages`: exposures of one story.
    """

    stories: int = 50
    people: int = 20
    pages: int = 300
    within: timedelta = timedelta(days=7)


def hold_back(tx: Transaction, fresh: Sequence[Exposure], limits: Limits) -> list[Exposure]:
    """Hold what belongs to a flood; return the exposures, of those that are new, that can be told."""
    held: set[UUID] = set()
    for subject, theirs in _subjects(tx, fresh).items():
        if floods.state_of(tx, subject) is not None or _too_much(tx, subject, limits):
            held.update(floods.hold(tx, subject, theirs))
    return [each for each in fresh if each.id not in held]


def _subjects(tx: Transaction, fresh: Sequence[Exposure]) -> dict[Subject, list[Exposure]]:
    found: dict[Subject, list[Exposure]] = {}
    for each in fresh:
        picture = picture_index(tx, each.content_digest)
        for subject in (
            Subject(picture_index=picture),
            Subject(enrolment=each.enrolment),
            Subject(story=each.story),
        ):
            found.setdefault(subject, []).append(each)
    return found


def _too_much(tx: Transaction, subject: Subject, limits: Limits) -> bool:
    size = floods.size(tx, subject, tx.now() - limits.within)
    if subject.kind == "picture":
        return size.people > limits.people
    return size.stories > limits.stories if subject.kind == "photo" else size.exposures > limits.pages
