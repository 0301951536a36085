"""What is remembered of pages, pictures and runs: rows written together with the frontier, read on their own."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from crawler import schema
from crawler.coverage import NOT_DUE
from crawler.memory import Memory
from crawler.outcomes import KnownPicture, Outcome


def insert(connection: Connection, table: Table) -> Any:
    """Return the INSERT of this database that knows ON CONFLICT."""
    return insert_for(connection.dialect.name, table)


def insert_for(dialect: str, table: Table) -> Any:
    """Return the INSERT of a database, by its name, that knows ON CONFLICT."""
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)


def upsert(connection: Connection, table: Table, rows: Iterable[dict[str, Any]], keys: tuple[str, ...]) -> None:
    """Insert rows, or change those of the same keys; rows of the same columns go together."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        alike.setdefault(tuple(row), []).append(row)
    for names, some in alike.items():
        connection.execute(_upserting(connection.dialect.name, table, names, keys), some)


@cache
def _upserting(dialect: str, table: Table, names: tuple[str, ...], keys: tuple[str, ...]) -> Any:
    """Return the statement; made once, for making it takes ten times as long as the database takes to heed it."""
    statement = insert_for(dialect, table)
    statement = statement.values({name: bindparam(name) for name in names})
    changes = {name: statement.excluded[name] for name in names if name not in keys}
    return statement.on_conflict_do_update(index_elements=list(keys), set_=changes)


def add_counts(connection: Connection, table: Table, rows: Sequence[dict[str, Any]], keys: tuple[str, ...]) -> None:
    """Add each row's `count` to the one of the same key."""
    if rows:
        connection.execute(_adding_counts(connection.dialect.name, table, keys), rows)


@cache
def _adding_counts(dialect: str, table: Table, keys: tuple[str, ...]) -> Any:
    statement = insert_for(dialect, table)
    more = {"count": table.c.count + statement.excluded["count"]}
    return statement.on_conflict_do_update(index_elements=list(keys), set_=more)


def remember_pictures(connection: Connection, pictures: Sequence[KnownPicture]) -> None:
    """Note what lies at the pictures' addresses, so that it need not be fetched or decoded again."""
    rows = {row["address_key"]: row for row in map(_picture_row, pictures)}
    if rows:
        # In order of the keys, so that two crawlers that meet the same pictures cannot wait for each other.
        connection.execute(_remembering(connection.dialect.name), [row for _, row in sorted(rows.items())])


def _picture_row(picture: KnownPicture) -> dict[str, Any]:
    return {
        "address_key": schema.address_key(picture.address),
        "etag": (picture.etag or "")[:500] or None,
        "last_modified": (picture.last_modified or "")[:100] or None,
        "content_digest": picture.content_digest,
        "fingerprint": picture.fingerprint,
        "refusal": picture.refusal,
        "since": picture.since,
        "checked_at": picture.checked_at,
    }


def _known_picture(address: str, row: Mapping[Any, Any]) -> KnownPicture:
    return KnownPicture(address, **{name: row[name] for name in row if name != "address_key"})


@cache
def _at_addresses() -> Any:
    """Return the question for pictures by their addresses; made once, for every page asks it."""
    table = schema.pictures
    return select(table).where(table.c.address_key.in_(bindparam("keys", expanding=True)))


@cache
def _of_files() -> Any:
    """Return the question for files by their digests, the newest of each last; made once, it is asked all the time."""
    table = schema.pictures
    return select(table).where(table.c.content_digest.in_(bindparam("digests", expanding=True))).order_by("checked_at")


@cache
def _remembering(dialect: str) -> Any:
    statement = insert_for(dialect, schema.pictures)
    changes = {column.name: statement.excluded[column.name] for column in schema.pictures.c if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=["address_key"], set_=changes)


def count(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Add the counts of these pages to their runs."""
    for run_id in sorted({outcome.entry.run_id for outcome in outcomes}):
        ours = [outcome for outcome in outcomes if outcome.entry.run_id == run_id]
        more = {
            "pages": sum(one.state == "done" and one.reason == "seen" for one in ours),
            "pictures": sum(one.pictures for one in ours),
            "known_pictures": sum(one.known_pictures for one in ours),
            "new_sightings": sum(one.new_sightings for one in ours),
            "bytes": sum(one.bytes for one in ours),
        }
        connection.execute(_counting(tuple(more)), {"run": run_id, **{f"more_{name}": more[name] for name in more}})
        refuse(connection, run_id, sum((one.refusals for one in ours), Counter[str]()))


@cache
def _counting(names: tuple[str, ...]) -> Any:
    table = schema.runs
    changes: dict[str, Any] = {name: table.c[name] + bindparam(f"more_{name}") for name in names}
    return update(table).where(table.c.id == bindparam("run")).values(**changes)


def refuse(connection: Connection, run_id: int, refusals: Counter[str]) -> None:
    """Add refusals to the counts of a run."""
    short: Counter[str] = Counter()
    for reason, count in refusals.items():
        short[reason[:40]] += count
    rows = [{"run_id": run_id, "reason": reason, "count": count} for reason, count in sorted(short.items())]
    add_counts(connection, schema.run_refusals, rows, ("run_id", "reason"))


@dataclass(frozen=True, slots=True)
class Run:
    """One crawl of one target, in counts."""

    id: int
    target: str
    started_at: datetime
    finished_at: datetime | None
    ended_because: str | None
    pages: int
    pictures: int
    known_pictures: int
    new_sightings: int
    bytes: int
    due_only: bool = False
    refusals: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, times as ISO 8601."""
        fields = asdict(self)
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields.items()}


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it was seen last."""

    target: str
    address: str
    seen_at: datetime
    status: int | None
    outcome: str
    pictures: int
    refused: int


@dataclass(frozen=True, slots=True)
class Missed:
    """A page that was not used: why, and whether that is final ("done", "poison") or it waits to be asked for again."""

    reason: str
    address: str
    state: str


class Pages:
    """Reads what is remembered; the writing happens with the frontier, in one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def of(self, target: str, limit: int = 1000) -> list[Page]:
        """Return the pages of a target, those seen last first."""
        table = schema.pages
        columns = [table.c[name] for name in Page.__dataclass_fields__]
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(*columns).where(table.c.target == target).order_by(table.c.seen_at.desc()).limit(limit)
            )
            return [Page(**row) for row in rows.mappings()]

    def known(self, addresses: Iterable[str]) -> dict[str, KnownPicture]:
        """Return what is remembered of pictures at these addresses."""
        wanted = {schema.address_key(address): address for address in addresses}
        with self.engine.connect() as connection:
            rows = connection.execute(_at_addresses(), {"keys": list(wanted)}).mappings().all()
        return {(address := wanted[row["address_key"]]): _known_picture(address, row) for row in rows}

    def known_files(self, digests: Iterable[bytes]) -> dict[bytes, KnownPicture]:
        """Return what is remembered of files, wherever they lay, by digest; `address` is empty, it is not kept."""
        with self.engine.connect() as connection:
            rows = connection.execute(_of_files(), {"digests": list(digests)}).mappings().all()
        return {row["content_digest"]: _known_picture("", row) for row in rows}

    def memories(self, target: str, addresses: Sequence[str]) -> dict[str, Memory]:
        """Return what these pages gave the last time, those that are remembered."""
        wanted = {schema.address_key(address): address for address in addresses}
        table = schema.pages
        columns = [table.c[name] for name in Memory.__dataclass_fields__]
        kept = select(*columns).where(
            table.c.target == target,
            table.c.address_key.in_(list(wanted)),
            table.c.outcome == "seen",
            table.c.gave.is_not(None),
        )
        with self.engine.connect() as connection:
            return {row["address"]: Memory(**row) for row in connection.execute(kept).mappings()}

    def missed(self, target: str, limit: int = 50) -> list[Missed]:
        """Return pages of the target's last crawl that were not used or not yet, grouped by reason."""
        table = schema.frontier
        last = select(func.max(table.c.run_id)).where(table.c.target == target).scalar_subquery()
        used = table.c.reason.in_(("seen", NOT_DUE, "redirected"))
        wanted = (
            select(table.c.reason, table.c.address, table.c.state)
            .where(table.c.target == target, table.c.run_id == last, table.c.reason.is_not(None), ~used)
            .order_by(table.c.reason, table.c.id)
            .limit(limit)
        )
        with self.engine.connect() as connection:
            return [Missed(*row) for row in connection.execute(wanted)]

    def run(self, run_id: int) -> Run:
        """Return one run in counts."""
        return self._runs([run_id])[0]

    def last_runs(self) -> dict[str, Run]:
        """Return the last run of every target that has one."""
        table = schema.runs
        with self.engine.connect() as connection:
            last = connection.scalars(select(func.max(table.c.id)).group_by(table.c.target)).all()
        return {run.target: run for run in self._runs(last)}

    def open_runs(self) -> list[Run]:
        """Return the runs that have not ended."""
        table = schema.runs
        with self.engine.connect() as connection:
            unfinished = connection.scalars(select(table.c.id).where(table.c.finished_at.is_(None))).all()
        return self._runs(unfinished)

    def _runs(self, ids: Sequence[int]) -> list[Run]:
        table, refusals = schema.runs, schema.run_refusals
        with self.engine.connect() as connection:
            rows = connection.execute(select(table).where(table.c.id.in_(ids)).order_by(table.c.id)).mappings().all()
            counts: dict[int, dict[str, int]] = {}
            for run_id, reason, number in connection.execute(
                select(refusals.c.run_id, refusals.c.reason, refusals.c.count)
                .where(refusals.c.run_id.in_(ids))
                .order_by(refusals.c.count.desc(), refusals.c.reason)
            ):
                counts.setdefault(run_id, {})[reason] = number
        return [Run(**row, refusals=counts.get(row["id"], {})) for row in rows]

    def forget_before(self, when: datetime) -> int:
        """Forget pictures not met since `when`, and what pages not looked at since gave; return how many pictures.

        The sightings of such a page are forgotten at the same age: the next look must make them anew.
        """
        table, pages = schema.pictures, schema.pages
        empty = {"etag": None, "last_modified": None, "body_digest": None, "gave": None}
        with self.engine.begin() as connection:
            connection.execute(update(pages).where(pages.c.seen_at < when, pages.c.gave.is_not(None)).values(empty))
            return connection.execute(delete(table).where(table.c.checked_at < when)).rowcount
