"""The durable queue of addresses: every entry is waiting, leased, done or poison, never in between.

An entry is settled only together with everything its page gave (new entries, counts, what is known about
the page and its pictures), in one transaction. Whatever kills the crawler before that leaves a lease behind, and a
lease whose holder is gone is handed out again.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, delete, func, select, update

from crawler import entries, reading, records, schema, visits
from crawler.coverage import missed_as
from crawler.discovery import keeping
from crawler.entries import Added, KnownEntries
from crawler.leases import ABANDONED_LIMIT, Leases, Left
from crawler.outcomes import NewEntry, Outcome
from crawler.targets import CrawlTarget

__all__ = ["ABANDONED_LIMIT", "TRIES", "Added", "Frontier", "Left"]

TRIES = 3


class Frontier(Leases):
    """The queue in the crawl store; every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._known = KnownEntries()

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
            self._known.forget(run_id)
            first = self._known.fresh(run_id, [NewEntry(url, priority=100) for url in target.urls])
            entries.add(connection, target.name, run_id, first)
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
        return len(self._added(target, run_id, found))

    def _added(self, target: str, run_id: int, found: Sequence[NewEntry]) -> list[Added]:
        fresh = self._known.fresh(run_id, found)
        with self.engine.begin() as connection:
            added = entries.add(connection, target, run_id, fresh)
        self._known.learn(run_id, fresh)
        return added

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
        with self.engine.begin() as connection:
            fresh = self._taken_up(connection, outcomes)
            _settle_entries(connection, outcomes)
            added = [one for of, some in fresh.items() for one in entries.add(connection, *of, some)]
            records.remember_pictures(connection, [picture for one in outcomes for picture in one.known])
            visits.remember(connection, outcomes, now)
            keeping.remember(connection, outcomes, now)
            for outcome in outcomes:
                reading.remember(connection, outcome, now)
            visits.count(connection, outcomes)
            records.count(connection, outcomes)
        for (_, run_id), some in fresh.items():
            self._known.learn(run_id, some)
        return added

    def _taken_up(
        self, connection: Connection, outcomes: Sequence[Outcome]
    ) -> dict[tuple[str, int], dict[bytes, NewEntry]]:
        """Return the entries to add, by target and run; what a drained place does not take up is counted."""
        drained = _draining(connection, outcomes)
        found: dict[tuple[str, int], list[NewEntry]] = {}
        for outcome in outcomes:
            if outcome.entry.target in drained and outcome.reason != "redirected":
                outcome.refusals += Counter(drained=self._unknown(connection, outcome))
            else:
                found.setdefault((outcome.entry.target, outcome.entry.run_id), []).extend(outcome.found)
        return {of: self._known.fresh(of[1], some) for of, some in sorted(found.items())}

    def finish(self, run_id: int, because: str, now: datetime) -> None:
        """Close a run; what still waits in it is counted as refused for `because` (a spent budget)."""
        table = schema.frontier
        waiting = and_(table.c.run_id == run_id, table.c.state == "waiting")
        self._known.forget(run_id)
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


def _settle_entries(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Write down what became of these entries, in order of their ids: two crawlers cannot wait for each other."""
    rows = sorted((_settled(outcome) for outcome in outcomes), key=lambda row: row["entry"])
    table = schema.frontier
    changes: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("state", "reason", "tries", "not_before")}
    same = (table.c.id == bindparam("entry")) & (table.c.run_id == bindparam("run"))
    connection.execute(update(table).where(same).values(leased_by=None, leased_until=None, **changes), rows)


def _settled(outcome: Outcome) -> dict[str, Any]:
    """Return what an entry becomes: done, waiting once more, or poison after too many tries."""
    tries, state, not_before = outcome.entry.tries + (outcome.state == "again"), "waiting", outcome.not_before
    if outcome.state == "done":
        state, not_before = "done", None
    elif outcome.state == "again" and tries >= TRIES:
        state, not_before = "poison", None
        outcome.poison = True
        outcome.refusals[f"poison-{outcome.reason}"[:40]] = 1
    return {
        "entry": outcome.entry.id,
        "run": outcome.entry.run_id,
        "new_state": state,
        "new_reason": outcome.reason[:40],
        "new_tries": tries,
        "new_not_before": not_before,
    }
