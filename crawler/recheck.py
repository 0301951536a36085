"""The crawler's side of re-checks: somebody asks what lies at an address, the crawler looks and writes it down.

Requests and observations are rows in the crawl store, so that whoever asks needs no network and the crawler needs
no person. A request is open until its observation is durable: a killed crawler loses none.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, insert, select, update

from crawler import schema
from crawler.facts import NOTHING, Facts
from egress.addresses import BadAddress, normal
from matchers import Fingerprint, frames
from matchers.frames import Frame


@dataclass(frozen=True, slots=True)
class Asked:
    """One open request."""

    id: int
    address: str


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen at `url`, the address that was asked for.

    `status` and `final_url` are those of the last answer; None when there was none. `refusal` is the slug of why
    nothing (or no fingerprint) was seen; `fingerprint` is there when the address is a picture; `facts` are what
    the answer was beyond that.
    """

    request_id: int
    url: str
    at: datetime
    status: int | None = None
    final_url: str | None = None
    content_type: str | None = None
    fingerprint: Fingerprint | None = None
    refusal: str | None = None
    facts: Facts = NOTHING


class RecheckRequests:
    """Ask for addresses to be looked at again, and read what was seen."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def ask(self, urls: Sequence[str]) -> list[int]:
        """Ask for these addresses; return one request id for each, in order."""
        now = datetime.now(UTC)
        table = schema.recheck_requests
        with self.engine.begin() as connection:
            return [
                connection.execute(insert(table).values(address=url, asked_at=now).returning(table.c.id)).scalar_one()
                for url in urls
            ]

    def open(self, limit: int = 1000) -> list[Asked]:
        """Return the requests nobody has answered yet, oldest first."""
        table = schema.recheck_requests
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(table.c.id, table.c.address).where(table.c.done_at.is_(None)).order_by(table.c.id).limit(limit)
            )
            return [Asked(row.id, row.address) for row in rows]

    def answer(self, observation: Observation, seen: tuple[Frame, ...] = ()) -> None:
        """Write down what was seen and close the request, in one transaction; `seen` are the picture's frames."""
        requests, observations = schema.recheck_requests, schema.recheck_observations
        if not seen and observation.fingerprint is not None:
            seen = (Frame(observation.fingerprint),)
        with self.engine.begin() as connection:
            connection.execute(
                insert(observations).values(
                    request_id=observation.request_id,
                    at=observation.at,
                    status=observation.status,
                    final_address=observation.final_url,
                    content_type=(observation.content_type or "")[:100] or None,
                    fingerprint=frames.to_bytes(seen) if seen else None,
                    refusal=(observation.refusal or "")[:40] or None,
                    facts=json.dumps(observation.facts.to_json()),
                    shown=_packed(observation.facts.shown) or None,
                )
            )
            connection.execute(
                update(requests).where(requests.c.id == observation.request_id).values(done_at=observation.at)
            )

    def observations(self, ids: Sequence[int]) -> list[Observation]:
        """Return what was seen for these requests so far, oldest first; of what moves, one for each frame."""
        requests, observations = schema.recheck_requests, schema.recheck_observations
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(observations, requests.c.address)
                .join(requests, requests.c.id == observations.c.request_id)
                .where(observations.c.request_id.in_(list(ids)))
                .order_by(observations.c.id)
            ).mappings()
            return [
                Observation(
                    request_id=row["request_id"],
                    url=row["address"],
                    at=row["at"],
                    status=row["status"],
                    final_url=row["final_address"],
                    content_type=row["content_type"],
                    fingerprint=fingerprint,
                    refusal=row["refusal"],
                    facts=_facts(row["facts"], row["shown"]),
                )
                for row in rows
                for fingerprint in _fingerprints(row["fingerprint"])
            ]

    def forget_before(self, when: datetime) -> int:
        """Forget answered requests older than `when`, with what was seen; return how many."""
        requests, observations = schema.recheck_requests, schema.recheck_observations
        old = select(requests.c.id).where(requests.c.done_at < when)
        with self.engine.begin() as connection:
            connection.execute(delete(observations).where(observations.c.request_id.in_(old)))
            return connection.execute(delete(requests).where(requests.c.done_at < when)).rowcount


def _fingerprints(stored: bytes | None) -> list[Fingerprint | None]:
    return [frame.fingerprint for frame in frames.from_bytes(stored)] if stored else [None]


def _packed(shown: Iterable[Fingerprint]) -> bytes:
    stored = [each.to_bytes() for each in shown]
    return b"".join(len(each).to_bytes(4, "big") + each for each in stored)


def _facts(stored: str | None, shown: bytes | None) -> Facts:
    facts = Facts.from_json(json.loads(stored)) if stored else Facts()
    prints, rest = [], shown or b""
    while rest:
        size = int.from_bytes(rest[:4], "big")
        prints.append(Fingerprint.from_bytes(rest[4 : 4 + size]))
        rest = rest[4 + size :]
    return replace(facts, shown=tuple(prints))


def is_address(url: str) -> bool:
    """Return whether `url` can be asked for at all."""
    try:
        normal(url)
    except BadAddress:
        return False
    return True
