"""Candidate targets: rooms that were met and are not watched, each with the evidence, for an operator to decide on.

A candidate is made from a trail that was announced (a move, a closing, a spare) or that stands on a page with a
match. Of a match the store knows the page alone: the matching side marks it, and says of nobody whose it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, exists, or_, select, update

from crawler import records, schema
from crawler.discovery.echoes import echo
from crawler.discovery.rooms import covers
from crawler.errors import UnknownCandidate
from crawler.targets.kept import Targets
from crawler.targets.model import CrawlTarget
from matchers.sightings import page_marks

BESIDE_MATCH, ANNOUNCED = "beside-match", "announced"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a candidate was met, in which target, when, why it is proposed, and what was said about it."""

    why: str
    target: str
    page_url: str
    words: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """A public room that is not watched. `state`: open, accepted (as `target`) or declined."""

    id: int
    address: str
    kind: str
    state: str
    found_at: datetime
    target: str | None = None
    evidence: tuple[Evidence, ...] = field(default_factory=tuple)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, times as ISO 8601."""
        plain = asdict(self)
        plain["found_at"] = self.found_at.isoformat()
        plain["evidence"] = [{**asdict(one), "seen_at": one.seen_at.isoformat()} for one in self.evidence]
        return plain


class Candidates:
    """Gathers candidates from trails, shows them, and writes down what the operator decided."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def gather(self, now: datetime) -> int:
        """Turn trails with evidence into candidates; return how many are new. Asked again, it adds nothing twice."""
        watched = Targets(self.engine).all()
        hosts = frozenset(host for target in watched for host in target.scope_hosts)
        with self.engine.begin() as connection:
            rows = [row for row in _with_evidence(connection) if _is_new_place(row.address, watched, hosts)]
            return sum(self._propose(connection, row, now) for row in sorted(rows, key=lambda row: row.address_key))

    def _propose(self, connection: Connection, row: Any, now: datetime) -> int:
        table = schema.candidates
        fields = {"address_key": row.address_key, "address": row.address, "kind": row.kind}
        statement = records.insert(connection, table).values(**fields, state="open", found_at=now)
        made = connection.scalar(statement.on_conflict_do_nothing().returning(table.c.id))
        number = made or connection.scalar(select(table.c.id).where(table.c.address_key == row.address_key))
        reasons = [ANNOUNCED] * row.announced + [BESIDE_MATCH] * row.beside_match
        for why in reasons:
            evidence = records.insert(connection, schema.candidate_evidence).values(
                candidate_id=number,
                page_key=row.page_key,
                why=why,
                target=row.target,
                page_url=row.page_url,
                words=row.words,
                seen_at=row.last_seen_at,
            )
            connection.execute(evidence.on_conflict_do_nothing())
        return made is not None

    def all(self, *states: str) -> list[Candidate]:
        """Return the candidates in these states (default: open), those with most evidence first."""
        table = schema.candidates
        wanted = select(table).where(table.c.state.in_(states or ("open",))).order_by(table.c.id)
        with self.engine.connect() as connection:
            rows = connection.execute(wanted).mappings().all()
            evidence = _evidence_of(connection, [row["id"] for row in rows])
        found = [_candidate(row, evidence.get(row["id"], ())) for row in rows]
        return sorted(found, key=lambda one: (-len(one.evidence), one.id))

    def get(self, number: int) -> Candidate:
        """Return one candidate, or raise UnknownCandidate."""
        with self.engine.connect() as connection:
            row = (
                connection.execute(select(schema.candidates).where(schema.candidates.c.id == number)).mappings().first()
            )
            if row is None:
                raise UnknownCandidate(number)
            return _candidate(row, _evidence_of(connection, [number]).get(number, ()))

    def accept(self, number: int, target: CrawlTarget, now: datetime) -> None:
        """Keep the candidate as a target, in one transaction with the decision; BadTarget when the name is taken."""
        self.get(number)
        with self.engine.begin() as connection:
            Targets.insert(connection, target, now)
            self._decide(connection, number, "accepted", now, target.name)

    def decline(self, number: int, now: datetime) -> None:
        """Never propose this room again."""
        self.get(number)
        with self.engine.begin() as connection:
            self._decide(connection, number, "declined", now, None)

    def _decide(self, connection: Connection, number: int, state: str, now: datetime, target: str | None) -> None:
        table = schema.candidates
        decided = {"state": state, "decided_at": now, "target": target}
        connection.execute(update(table).where(table.c.id == number).values(decided))

    def forget_before(self, when: datetime) -> int:
        """Forget trails not seen since, marks set before, and the evidence of what was decided before; count trails."""
        trails, candidates, evidence = schema.trails, schema.candidates, schema.candidate_evidence
        decided = select(candidates.c.id).where(candidates.c.decided_at < when)
        with self.engine.begin() as connection:
            connection.execute(delete(evidence).where(evidence.c.candidate_id.in_(decided)))
            connection.execute(delete(page_marks).where(page_marks.c.marked_at < when))
            return connection.execute(delete(trails).where(trails.c.last_seen_at < when)).rowcount


def forget_pages(connection: Connection, page_keys: Sequence[bytes]) -> None:
    """Forget that there was a match on these pages, and whatever was proposed for that reason alone."""
    evidence, candidates = schema.candidate_evidence, schema.candidates
    beside = evidence.c.page_key.in_(page_keys), evidence.c.why == BESIDE_MATCH
    concerned = connection.scalars(select(evidence.c.candidate_id).where(*beside)).all()
    connection.execute(delete(page_marks).where(page_marks.c.page_key.in_(page_keys)))
    connection.execute(delete(evidence).where(*beside))
    groundless = ~exists().where(evidence.c.candidate_id == candidates.c.id)
    connection.execute(
        delete(candidates).where(candidates.c.id.in_(concerned), candidates.c.state == "open", groundless)
    )


def _with_evidence(connection: Connection) -> Sequence[Any]:
    table = schema.trails
    marked = exists().where(page_marks.c.page_key == table.c.page_key)
    return connection.execute(select(table, marked.label("beside_match")).where(or_(table.c.announced, marked))).all()


def _is_new_place(address: str, watched: Iterable[CrawlTarget], hosts: frozenset[str]) -> bool:
    """Return whether a room is neither watched already nor an echo of what is."""
    return echo(address, hosts) is None and not any(covers(target, address) for target in watched)


def _evidence_of(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[Evidence, ...]]:
    table = schema.candidate_evidence
    found: dict[int, tuple[Evidence, ...]] = {}
    for start in range(0, len(ids), 500):
        wanted = select(table).where(table.c.candidate_id.in_(ids[start : start + 500]))
        for row in connection.execute(wanted.order_by(table.c.seen_at.desc())):
            one = Evidence(row.why, row.target, row.page_url, row.words, row.seen_at)
            found[row.candidate_id] = (*found.get(row.candidate_id, ()), one)
    return found


def _candidate(row: Any, evidence: tuple[Evidence, ...]) -> Candidate:
    fields = {name: row[name] for name in ("id", "address", "kind", "state", "found_at", "target")}
    return Candidate(**fields, evidence=evidence)
