"""Stories: one picture on many pages is one thing to a person. Grouped by content and by nearness of the whole."""

import base64
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import select

from registry.models import ExposureRow, StoryRow
from registry.transaction import Transaction

if TYPE_CHECKING:
    from matchers import Fingerprint

NEAR = 31  # bits of 256, the radius PDQ's makers publish: copies of one file, saved again or resized
LEAST_QUALITY = 50  # of 100, on both sides: below it PDQ has too little to go by, and unlike graphics come near


def picture_index(tx: Transaction, content_digest: bytes) -> bytes:
    """Return what equal files share, whoever they concern, and what tells nothing without the registry key."""
    return tx.vault.index("picture", content_digest)


def story_of(tx: Transaction, owner: UUID, content_digest: bytes, fingerprint: "Fingerprint | None") -> UUID:
    """Return the story of a picture for one person: the one of the same file, of a near copy, or a new one."""
    same = tx.session.scalar(
        select(ExposureRow.story_id)
        .where(ExposureRow.person_id == owner, ExposureRow.picture_index == picture_index(tx, content_digest))
        .where(ExposureRow.story_id.is_not(None))
        .limit(1)
    )
    if same is not None:
        return same
    hashes = _hashes(fingerprint)
    for story, known in _told(tx, owner) if hashes else ():
        if any(distance <= NEAR for distance in _distances(hashes, known)):
            return story
    return _new(tx, owner, hashes)


def _hashes(fingerprint: "Fingerprint | None") -> list[bytes]:
    """Return the eight orientations of the whole picture, upright first; none where they say too little."""
    if fingerprint is None or fingerprint.quality < LEAST_QUALITY:
        return []
    return [each.bits for each in fingerprint.whole]


def _distances(seen: list[bytes], known: bytes) -> list[int]:
    there = int.from_bytes(known)
    return [(int.from_bytes(each) ^ there).bit_count() for each in seen]


def _told(tx: Transaction, owner: UUID) -> list[tuple[UUID, bytes]]:
    """Return the person's stories with the upright hash of their first picture, unsealed once in a unit of work."""
    kept: dict[UUID, list[tuple[UUID, bytes]]] = tx.session.info.setdefault("stories", {})
    if owner not in kept:
        rows = tx.session.scalars(select(StoryRow).where(StoryRow.person_id == owner).order_by(StoryRow.created_at))
        found = ((row.id, tx.unseal_record(owner, f"stories/{row.id}/picture", row.picture)) for row in rows)
        kept[owner] = [(story, base64.b64decode(each["pdq"])) for story, each in found if each["pdq"]]
    return kept[owner]


def _new(tx: Transaction, owner: UUID, hashes: list[bytes]) -> UUID:
    new, upright = uuid4(), hashes[0] if hashes else b""
    picture = {"pdq": base64.b64encode(upright).decode("ascii")}
    sealed = tx.seal_record(owner, f"stories/{new}/picture", picture)
    tx.add(StoryRow(id=new, person_id=owner, picture=sealed, created_at=tx.now()))
    if upright and owner in tx.session.info.get("stories", {}):
        tx.session.info["stories"][owner].append((new, upright))
    return new
