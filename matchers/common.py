"""Common pictures: logos, memes, stock photos an operator marked. A likeness to one of them is told to nobody.

Only fingerprints are kept, in the crawl store, where the matching worker reads them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from matchers import frames
from matchers.frames import Frame
from matchers.likeness import Known
from matchers.log_tables import common_pictures

LONGEST_NAME = 200


@dataclass(frozen=True)
class CommonPicture:
    """One picture the operator marked; `name` is what the file was called."""

    id: int
    name: str
    added_at: datetime
    frames: tuple[Frame, ...]


class CommonPictures:
    """The common pictures of one crawl store."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._known: tuple[tuple[int, ...], Known] = ((), Known([]))

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

    def known(self) -> Known:
        """Return what says whether a file is a near copy of a common picture; made anew when they change."""
        with self._engine.connect() as connection:
            ids = tuple(connection.scalars(sa.select(common_pictures.c.id).order_by(common_pictures.c.id)))
        if ids != self._known[0]:
            self._known = (ids, Known([picture.frames for picture in self.all()]))
        return self._known[1]
