"""The durable queue of addresses: every entry is waiting, leased, done or poison, never in between.

An entry is settled only together with everything its page gave (new entries, counts, what is known about
the page and its pictures), in one transaction. Whatever kills the crawler before that leaves a lease behind, and a
lease whose holder is gone is handed out again.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, func, select, update

from crawler import reading, records, schema, visits
from crawler.coverage import missed_as
from crawler.discovery import keeping
from crawler.leases import ABANDONED_LIMIT, Leases, Left
from crawler.outcomes import NewEntry, Outcome
from crawler.targets import CrawlTarget

__all__ = ["ABANDONED_LIMIT", "TRIES", "Added", "Frontier", "Left"]

TRIES = 3


class Added(NamedTuple):
    """An entry that a run did not know before."""

    run_id: int
    id: int
    priority: int


class Frontier(Leases):
    """The queue in the crawl store; every method is one transaction."""

    def begin(self, target: CrawlTarget, now: datetime, *, due_only: bool = False) -> int:
        """Return the run to work on: the one that was cut short, else a new one with the start addresses.

        `due_only` leaves out pages whose own interval has not passed; one that was cut short looks at every page
        that is left, once it is taken up without it.
        """
        with self.engine.begin() as connection:
            fields = {"target": target.name, "started_at": now, "due_only": due_only}
            statement = records.insert(connection, schema.runs).values(fields)
            one_open = {
                "index_elements": ["target"],
                "index_where": schema.runs.c.finished_at.is_(None),
            }
            run_id = connection.scalar(statement.on_conflict_do_nothing(**one_open).returning(schema.runs.c.id))
            if run_id is None:
                run_id = self._open_run(connection, target.name)
                if not due_only:
                    connection.execute(update(schema.runs).where(schema.runs.c.id == run_id).values(due_only=False))
                return run_id
            self._forget_older(connection, target.name, run_id)
            self._add(connection, target.name, run_id, [NewEntry(url, priority=100) for url in target.urls])
            return int(run_id)

    def _open_run(self, connection: Connection, target: str) -> int:
        table = schema.runs
        unfinished = select(table.c.id).where(table.c.target == target, table.c.finished_at.is_(None))
        return int(connection.execute(unfinished).scalar_one())

    def _forget_older(self, connection: Connection, target: str, run_id: int) -> None:
        """Drop entries that the last run did not meet; the pages table still knows they were seen."""
        table = schema.frontier
        last = connection.scalar(select(func.max(table.c.run_id)).where(table.c.target == target))
        if last is not None and last != run_id:
            connection.execute(delete(table).where(table.c.target == target, table.c.run_id < last))

    def add(self, target: str, run_id: int, found: Sequence[NewEntry]) -> int:
        """Add entries that this run does not know yet; return how many were new."""
        with self.engine.begin() as connection:
            return len(self._add(connection, target, run_id, found))

    def _add(self, connection: Connection, target: str, run_id: int, found: Iterable[NewEntry]) -> list[Added]:
        rows = {schema.address_key(one.address): one for one in reversed(list(found))}
        if not rows:
            return []
        statement = records.insert(connection, schema.frontier)
        fresh = statement.excluded
        renewed = {
            name: getattr(fresh, name)
            for name in (
                "run_id",
                "depth",
                "hops",
                "priority",
                "callback",
                "note",
                "state",
                "tries",
                "abandoned",
            )
        }
        statement = statement.on_conflict_do_update(
            index_elements=["target", "address_key"],
            set_={**renewed, "not_before": None, "reason": None, "leased_by": None, "leased_until": None},
            where=schema.frontier.c.run_id < fresh.run_id,
        )
        # In order of the keys, so that two crawlers adding the same links cannot deadlock.
        values = [
            {
                "target": target,
                "run_id": run_id,
                "address_key": key,
                "address": one.address,
                "depth": one.depth,
                "hops": one.hops,
                "priority": one.priority,
                "callback": one.callback,
                "note": json.dumps(one.note, sort_keys=True),
                "state": "waiting",
                "tries": 0,
                "abandoned": 0,
            }
            for key, one in sorted(rows.items(), key=lambda pair: pair[0])
        ]
        # The rows that come back are the new ones: psycopg knows no row count for an INSERT of many values.
        statement = statement.returning(schema.frontier.c.id, schema.frontier.c.priority)
        return [
            Added(run_id, row.id, row.priority)
            for start in range(0, len(values), 500)
            for row in connection.execute(statement.values(values[start : start + 500]))
        ]

    def _unknown(self, connection: Connection, outcome: Outcome) -> int:
        """Count the addresses a page gave that this crawl does not know."""
        table, entry = schema.frontier, outcome.entry
        keys = list({schema.address_key(one.address) for one in outcome.found})
        known = 0
        for start in range(0, len(keys), 500):
            some = table.c.address_key.in_(keys[start : start + 500])
            counted = select(func.count()).where(table.c.target == entry.target, table.c.run_id == entry.run_id, some)
            known += connection.scalar(counted) or 0
        return len(keys) - known

    def settle(self, outcomes: Sequence[Outcome], now: datetime) -> list[Added]:
        """Make the outcomes of some pages durable, all of them or none; return the entries that came of them."""
        added: list[Added] = []
        with self.engine.begin() as connection:
            drained = _draining(connection, outcomes)
            for outcome in outcomes:
                self._settle_entry(connection, outcome)
                if outcome.entry.target in drained and outcome.reason != "redirected":
                    outcome.refusals += Counter(drained=self._unknown(connection, outcome))
                else:
                    added += self._add(connection, outcome.entry.target, outcome.entry.run_id, outcome.found)
                for picture in outcome.known:
                    records.remember_picture(connection, picture)
            visits.remember(connection, outcomes, now)
            keeping.remember(connection, outcomes, now)
            for outcome in outcomes:
                reading.remember(connection, outcome, now)
            visits.count(connection, outcomes)
            records.count(connection, outcomes)
        return added

    def _settle_entry(self, connection: Connection, outcome: Outcome) -> None:
        table = schema.frontier
        values: dict[str, Any] = {"leased_by": None, "leased_until": None, "reason": outcome.reason[:40]}
        tries = outcome.entry.tries + (outcome.state == "again")
        if outcome.state == "done":
            values["state"] = "done"
        elif outcome.state == "again" and tries >= TRIES:
            values |= {"state": "poison", "tries": tries}
            outcome.poison = True
            outcome.refusals[f"poison-{outcome.reason}"[:40]] = 1
        else:
            values |= {"state": "waiting", "tries": tries, "not_before": outcome.not_before}
        connection.execute(
            update(table).where(table.c.id == outcome.entry.id, table.c.run_id == outcome.entry.run_id).values(values)
        )

    def finish(self, run_id: int, because: str, now: datetime) -> None:
        """Close a run; what still waits in it is counted as refused for `because` (a spent budget)."""
        table = schema.frontier
        waiting = and_(table.c.run_id == run_id, table.c.state == "waiting")
        with self.engine.begin() as connection:
            left = connection.execute(update(table).where(waiting).values(state="done", reason=because[:40])).rowcount
            if left:
                records.refuse(connection, run_id, Counter({because[:40]: left}))
                visits.add(connection, run_id, {("page", missed_as(because)): left})
            connection.execute(
                update(schema.runs)
                .where(schema.runs.c.id == run_id, schema.runs.c.finished_at.is_(None))
                .values(finished_at=now, ended_because=because[:40])
            )
            of_run = select(schema.runs.c.target).where(schema.runs.c.id == run_id).scalar_subquery()
            drained = and_(schema.targets.c.name == of_run, schema.targets.c.draining)
            connection.execute(update(schema.targets).where(drained).values(paused=True, draining=False))


def _draining(connection: Connection, outcomes: Sequence[Outcome]) -> set[str]:
    """Return those of the places concerned that take up nothing new."""
    names = {outcome.entry.target for outcome in outcomes}
    wanted = select(schema.targets.c.name).where(schema.targets.c.name.in_(names), schema.targets.c.draining)
    return set(connection.scalars(wanted))
