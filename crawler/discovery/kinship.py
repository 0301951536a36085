"""Kinship: a room that closed and one that may be its successor, shown together with what they share, counted.

Three things are compared: pictures (the same file, or a fingerprint that matches as a whole), what the rooms call
themselves, and trails (who announced or linked to whom). It is a help for a person who decides, never a decision.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, func, select

from crawler import schema
from crawler.discovery.candidates import Candidate
from crawler.discovery.rooms import room_of
from crawler.targets.model import CrawlTarget
from matchers import Fingerprint, Index, frames
from matchers.sightings import sightings

MOST_PICTURES = 2_000
"""Newest distinct pictures of a room that are compared."""
COMMON = 3
"""A picture seen in this many rooms is an emblem or an advertisement, and says nothing about kinship."""
CLOSED = frozenset({"http-404", "http-410"})
MIRROR_SHARE = 0.8
ALIKE = 0.75


@dataclass(frozen=True, slots=True)
class Kinship:
    """What `room` shares with the target `of`.

    `pictures` of the `compared` pictures of the smaller room are the same (file or fingerprint); `title` when they
    call themselves alike; `announced_at` when `of` announced the room; `links` between the two, either way.
    `closed_at`: since when `of` has been gone, None while it answers.
    """

    room: str
    of: str
    pictures: int = 0
    compared: int = 0
    title: bool = False
    announced_at: datetime | None = None
    links: int = 0
    closed_at: datetime | None = None

    @property
    def verdict(self) -> str | None:
        """Return "successor" (of a room that is gone), "mirror" (of one that answers), "related", or None."""
        share = self.pictures / self.compared if self.compared else 0.0
        signs = (self.pictures > 0) + self.title + (self.announced_at is not None)
        if self.closed_at is not None:
            return "successor" if signs else ("related" if self.links else None)
        if share >= MIRROR_SHARE and self.compared >= 5:
            return "mirror"
        return "related" if signs or self.links else None

    def in_words(self) -> str:
        """Say it in one sentence, with the counts."""
        shares = []
        if self.pictures:
            shares.append(f"{self.pictures} of {self.compared} pictures are the same")
        if self.title:
            shares.append("it is called alike")
        if self.announced_at is not None:
            shares.append(f"announced there on {self.announced_at:%Y-%m-%d}")
        if self.links:
            shares.append(f"{self.links} links between them")
        what = {
            "successor": f"may be the successor of {self.of}, which is gone since {self.closed_at:%Y-%m-%d}"
            if self.closed_at
            else "",
            "mirror": f"may be a mirror of {self.of}: what is found here is no find of its own",
            "related": f"has to do with {self.of}",
        }[self.verdict or "related"]
        return f"{what}: {', '.join(shares) or 'nothing is shared'}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, times as ISO 8601, with the verdict and the sentence."""
        plain = {
            key: value.isoformat() if isinstance(value, datetime) else value for key, value in asdict(self).items()
        }
        return {**plain, "verdict": self.verdict, "in_words": self.in_words()}


class Kin:
    """Compares rooms by what the crawl store knows of them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def of_target(self, target: CrawlTarget, others: Iterable[CrawlTarget]) -> list[Kinship]:
        """Return the kinships of one watched room with the others, the strongest first."""
        with self.engine.connect() as connection:
            common = _common(connection)
            mine = _pictures(connection, target.name, common)
            found = [
                self._between(connection, target, other, mine, common) for other in others if other.name != target.name
            ]
        return sorted((one for one in found if one.verdict), key=lambda one: (-one.pictures, one.of))

    def of_candidate(self, candidate: Candidate, watched: Iterable[CrawlTarget]) -> list[Kinship]:
        """Return the kinships of a room that was never looked at: names and trails are all there is."""
        with self.engine.connect() as connection:
            found = []
            for other in watched:
                announced = [
                    one.seen_at for one in candidate.evidence if one.why == "announced" and one.target == other.name
                ]
                words = [_handle(candidate.address), *(one.words for one in candidate.evidence if len(one.words) < 60)]
                found.append(
                    Kinship(
                        room=candidate.address,
                        of=other.name,
                        title=any(alike(word, known) for word in words for known in _names(connection, other)),
                        announced_at=min(announced, default=None),
                        links=sum(one.target == other.name for one in candidate.evidence),
                        closed_at=closed_at(connection, other),
                    )
                )
        return [one for one in found if one.verdict]

    def _between(
        self,
        connection: Connection,
        target: CrawlTarget,
        other: CrawlTarget,
        mine: dict[bytes, Fingerprint],
        common: frozenset[bytes],
    ) -> Kinship:
        theirs = _pictures(connection, other.name, common)
        announced, links = _trails_between(connection, target, other)
        return Kinship(
            room=target.name,
            of=other.name,
            pictures=_shared(mine, theirs),
            compared=min(len(mine), len(theirs)),
            title=any(alike(a, b) for a in _names(connection, target) for b in _names(connection, other)),
            announced_at=announced,
            links=links,
            closed_at=closed_at(connection, other),
        )


def closed_at(connection: Connection, target: CrawlTarget) -> datetime | None:
    """Return since when every start address of a place is gone (404, 410, or a channel that shows no preview)."""
    table = schema.pages
    keys = [schema.address_key(url) for url in target.urls]
    wanted = select(table.c.outcome, table.c.seen_at).where(
        table.c.target == target.name, table.c.address_key.in_(keys)
    )
    rows = connection.execute(wanted).all()
    if len(rows) == len(keys) and all(row.outcome in CLOSED for row in rows):
        seen: list[datetime] = [row.seen_at for row in rows]
        return max(seen)
    return _without_preview(connection, target)


def _without_preview(connection: Connection, target: CrawlTarget) -> datetime | None:
    runs, refusals = schema.runs, schema.run_refusals
    newest = select(func.max(runs.c.id)).where(runs.c.target == target.name).scalar_subquery()
    last = connection.execute(select(runs.c.id, runs.c.started_at, runs.c.pictures).where(runs.c.id == newest)).first()
    if last is None or last.pictures:
        return None
    unseen = select(refusals.c.count).where(refusals.c.run_id == last.id, refusals.c.reason == "no-preview")
    started_at: datetime = last.started_at
    return started_at if connection.scalar(unseen) else None


def _common(connection: Connection) -> frozenset[bytes]:
    digest = sightings.c.content_digest
    rooms = func.count(sightings.c.target.distinct())
    return frozenset(connection.scalars(select(digest).group_by(digest).having(rooms >= COMMON)))


def _pictures(connection: Connection, target: str, common: frozenset[bytes]) -> dict[bytes, Fingerprint]:
    """Return the newest distinct pictures of a room, whole-image hashes only: parts of pictures prove no kinship."""
    wanted = select(sightings.c.content_digest, sightings.c.fingerprint).where(sightings.c.target == target)
    found: dict[bytes, Fingerprint] = {}
    for digest, stored in connection.execute(wanted.order_by(sightings.c.id.desc()).limit(2 * MOST_PICTURES)):
        if digest not in common and digest not in found and len(found) < MOST_PICTURES:
            found[digest] = replace(frames.from_bytes(stored)[0].fingerprint, regions=None)
    return found


def _shared(mine: dict[bytes, Fingerprint], theirs: dict[bytes, Fingerprint]) -> int:
    """Count pictures of the smaller room that the larger one has, too: the same file, else the same to the matchers."""
    fewer, more = sorted((mine, theirs), key=len)
    index, ids = Index(), dict[UUID, bytes]()
    for digest, fingerprint in more.items():
        number = uuid4()
        ids[number] = digest
        index.add(number, fingerprint)
    return sum(digest in more or bool(index.search(fingerprint)) for digest, fingerprint in fewer.items())


def _trails_between(connection: Connection, target: CrawlTarget, other: CrawlTarget) -> tuple[datetime | None, int]:
    """Return when `other` first announced `target`, and how many links lead from one to the other."""
    table = schema.trails
    announced: list[datetime] = []
    links = 0
    for source, goal in ((other, target), (target, other)):
        rows = connection.execute(
            select(table.c.address, table.c.announced, table.c.first_seen_at).where(table.c.target == source.name)
        )
        for address, says_so, first_seen_at in rows:
            if _leads_to(address, goal):
                links += 1
                if says_so and source is other:
                    announced.append(first_seen_at)
    return min(announced, default=None), links


def _leads_to(address: str, target: CrawlTarget) -> bool:
    rooms = {room.address for url in target.urls if (room := room_of(url)) is not None}
    return address in rooms if rooms else target.in_scope(address)


def _names(connection: Connection, target: CrawlTarget) -> list[str]:
    """Return what a room is called: its pages' own titles, and the name in its address."""
    table = schema.pages
    keys = [schema.address_key(url) for url in target.urls]
    titles = connection.scalars(
        select(table.c.title).where(table.c.target == target.name, table.c.address_key.in_(keys))
    )
    return [*(title for title in titles if title), *(_handle(url) for url in target.urls)]


def _handle(address: str) -> str:
    parts = urlsplit(address)
    words = [word for word in parts.path.split("/") if word not in ("", "s", "r", "c")]
    return words[-1] if words else (parts.hostname or "")


_WORD = re.compile(r"[^\W\d_]+")
_EMPTY = frozenset({"new", "the", "of", "backup", "channel", "group", "room", "board", "official", "forum", "home"})
_EMPTY_KO = ("새", "백업", "공식", "채널", "방", "게시판", "예비", "대피소")


def alike(one: str, other: str) -> bool:
    """Return whether two names are the same but for numbers, marks and words like "new" or "backup"."""
    first, second = _core(one), _core(other)
    if min(len("".join(first)), len("".join(second))) < 3:
        return False
    if "".join(first) == "".join(second):
        return True
    shared = set(first) & set(second)
    return len(shared) / len(set(first) | set(second)) >= ALIKE


def _core(name: str) -> Sequence[str]:
    words = (word.lower() for word in _WORD.findall(name))
    return [word for word in words if word not in _EMPTY and word not in _EMPTY_KO]
