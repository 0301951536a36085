"""Common pictures: logos, memes, stock photos an operator marked. They are no evidence, whole or in part.

A likeness to one of them as a whole is told to nobody; and where one of them is part of a crawled picture (a logo in
the corner, a meme under somebody's head), its patches do not count when parts are compared. Only fingerprints are
kept, in the crawl store.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from matchers import frames
from matchers.fingerprint import VERSION
from matchers.frames import Frame
from matchers.likeness import Known
from matchers.log_tables import common_pictures

if TYPE_CHECKING:
    from matchers.regions.explained import CommonParts

LONGEST_NAME = 200


@dataclass(frozen=True)
class CommonPicture:
    """One picture the operator marked; `name` is what the file was called."""

    id: int
    name: str
    added_at: datetime
    frames: tuple[Frame, ...]

    @property
    def is_current(self) -> bool:
        """Say whether its fingerprints are of today's version; older ones silence nothing and must be added again."""
        return all(frame.fingerprint.version == VERSION for frame in self.frames)

    @property
    def patches(self) -> int:
        """Return how many patches it takes out of evidence."""
        return sum(len(each.fingerprint.regions) for each in self.frames if each.fingerprint.regions is not None)


class CommonPictures:
    """The common pictures of one crawl store."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._known: tuple[tuple[int, ...], Known] = ((), Known([]))
        self._parts: tuple[tuple[int, ...], CommonParts] | None = None

    def add(self, name: str, seen: tuple[Frame, ...]) -> int:
        """Keep a picture's fingerprints and return its number."""
        row = {"name": name[:LONGEST_NAME], "fingerprint": frames.to_bytes(seen), "added_at": datetime.now(UTC)}
        with self._engine.begin() as connection:
            made = sa.insert(common_pictures).values(row).returning(common_pictures.c.id)
            return int(connection.execute(made).scalar_one())

    def all(self) -> list[CommonPicture]:
        """Return the common pictures, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(common_pictures).order_by(common_pictures.c.id)).all()
        return [CommonPicture(row.id, row.name, row.added_at, frames.from_bytes(row.fingerprint)) for row in rows]

    def remove(self, number: int) -> bool:
        """Take a picture out; False where there is none of this number."""
        with self._engine.begin() as connection:
            gone = sa.delete(common_pictures).where(common_pictures.c.id == number)
            return connection.execute(gone).rowcount > 0

    def ids(self) -> tuple[int, ...]:
        """Return the numbers of the common pictures: they change when one is added or removed."""
        with self._engine.connect() as connection:
            return tuple(connection.scalars(sa.select(common_pictures.c.id).order_by(common_pictures.c.id)))

    def parts(self) -> "CommonParts":
        """Return what takes the patches of these pictures out of a crawled one; made anew when they change."""
        from matchers.regions.explained import CommonParts  # numba takes 1 s to import

        ids = self.ids()
        if self._parts is None or ids != self._parts[0]:
            current = (picture for picture in self.all() if picture.is_current)
            every = [frame.fingerprint.regions for picture in current for frame in picture.frames]
            self._parts = (ids, CommonParts([each for each in every if each is not None]))
        return self._parts[1]

    def known(self) -> Known:
        """Return what says whether a file is a near copy of a common picture; made anew when they change."""
        ids = self.ids()
        if ids != self._known[0]:
            self._known = (ids, Known([picture.frames for picture in self.all()]))
        return self._known[1]
