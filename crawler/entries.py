"""New entries of the frontier, many at a time: links that a run is known to have cost no question to the store.

Nearly all links of a page are known already (menus, "more like this"). What this process made durable for an open run
stays in it until the run ends, so such links are dropped before a row is made of them.
"""

import json
from collections.abc import Iterable, Mapping, Set
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, null

from crawler import records, schema
from crawler.outcomes import NewEntry
from crawler.sites import number_of
from matchers.row_lists import inserted, lists_of

MOST_KNOWN = 100_000
"""Keys kept of one run, about 10 MB; then the memory begins anew, and the store answers once more."""
MOST_RUNS = 16

RENEWED = ("run_id", "depth", "hops", "priority", "site", "callback", "note", "state", "tries", "abandoned")
NEW = ("target", "address_key", "address", *RENEWED)


class Added(NamedTuple):
    """An entry that a run did not know before."""

    run_id: int
    id: int
    priority: int


class KnownEntries:
    """Which addresses (by key) this process knows to lie durably in an open run."""

    def __init__(self) -> None:
        self._runs: dict[int, set[bytes]] = {}

    def forget(self, run_id: int) -> None:
        """Know nothing of a run that begins or ends: the number of a deleted one may come again."""
        self._runs.pop(run_id, None)

    def fresh(self, run_id: int, found: Iterable[NewEntry]) -> dict[bytes, NewEntry]:
        """Return those that are not known, by key; of several with one address the first."""
        known: Set[bytes] = self._runs.get(run_id, set())
        fresh: dict[bytes, NewEntry] = {}
        for one in found:
            key = schema.address_key(one.address)
            if key not in known:
                fresh.setdefault(key, one)
        return fresh

    def learn(self, run_id: int, keys: Iterable[bytes]) -> None:
        """Note that these were committed."""
        known = self._runs.setdefault(run_id, set())
        known.update(keys)
        if len(known) > MOST_KNOWN:
            known.clear()
        if len(self._runs) > MOST_RUNS:
            del self._runs[next(iter(self._runs))]


def add(connection: Connection, target: str, run_id: int, fresh: Mapping[bytes, NewEntry]) -> list[Added]:
    """Add entries by key; return those that the run did not have."""
    if not fresh:
        return []
    # In order of the keys, so that two crawlers adding the same links cannot deadlock.
    rows = [_row(target, run_id, key, one) for key, one in sorted(fresh.items(), key=lambda pair: pair[0])]
    dialect = connection.dialect.name
    given: Any = lists_of(rows) if dialect == "postgresql" else rows
    return [Added(run_id, row.id, row.priority) for row in connection.execute(_adding(dialect), given)]


def _row(target: str, run_id: int, key: bytes, one: NewEntry) -> dict[str, Any]:
    return {
        "target": target,
        "run_id": run_id,
        "address_key": key,
        "address": one.address,
        "depth": one.depth,
        "hops": one.hops,
        "priority": one.priority,
        "site": number_of(one.address),
        "callback": one.callback,
        "note": json.dumps(one.note, sort_keys=True) if one.note else "{}",
        "state": "waiting",
        "tries": 0,
        "abandoned": 0,
    }


@cache
def _adding(dialect: str) -> Any:
    """Return the statement: an entry of an older run becomes one of this run, one of this run stays as it is.

    None in it would be a parameter, and then SQLAlchemy sends one row at a time: a round trip each to PostgreSQL.
    """
    table = schema.frontier
    statement = inserted(table, NEW) if dialect == "postgresql" else records.insert_for(dialect, table)
    fresh = statement.excluded
    anew: dict[str, Any] = {name: getattr(fresh, name) for name in RENEWED}
    return statement.on_conflict_do_update(
        index_elements=["target", "address_key"],
        set_={**anew, **dict.fromkeys(("not_before", "reason", "leased_by", "leased_until"), null())},
        where=schema.frontier.c.run_id < fresh.run_id,
    ).returning(schema.frontier.c.id, schema.frontier.c.priority)
