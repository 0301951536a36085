"""The frontier of a fleet: entries are rows of the crawl store as ever, and who works on which is agreed in Valkey.

An entry is handed out only after its row was read: what Valkey believes to be waiting and the store knows as done is
dropped. So Valkey may be late, wrong, empty or away, and no entry is lost and none is looked at twice for it.
"""

import contextlib
import time
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import Engine, bindparam, or_, select, update

from crawler import metrics, schema
from crawler.errors import FleetAway
from crawler.fleet.leases import WINDOW, SharedLeases, Waiting
from crawler.frontier import Added, Frontier
from crawler.leases import ABANDONED_LIMIT, NONE_AHEAD, Left, entry_of, ranks
from crawler.outcomes import Entry, NewEntry, Outcome
from crawler.rings import Ahead
from matchers import owners

LOW = WINDOW // 8
"""When fewer entries wait in Valkey, more are fetched from the store."""
REFILL_S = 2.0
SITES = 256
"""Sites of one rank that are gone through for one refill; the next goes on with those after them."""


class FleetFrontier(Frontier):
    """The queue of a fleet. `lease` and `renew` raise FleetAway while Valkey is; settling does without it."""

    renew_s = 2.0
    at_hand = 64  # others could have them

    def __init__(self, engine: Engine, leases: SharedLeases) -> None:
        super().__init__(engine)
        self.leases = leases
        self._refilled: dict[int, float] = {}
        self._waiting: dict[int, int] = {}

    def lease(
        self,
        run_id: int,
        owner: str,
        limit: int,
        now: datetime,
        ahead: Ahead = NONE_AHEAD,  # noqa: ARG002 - the window in Valkey is in order of turns already
    ) -> list[Entry]:
        """Hand out up to `limit` waiting entries of a run to `owner`, most urgent first, while `owner` lives.

        Among equally urgent ones sites take turns; which of them this crawler may not ask yet is not looked at.
        """
        low = self._waiting.get(run_id, 0) < LOW
        if low and time.monotonic() - self._refilled.get(run_id, 0.0) > REFILL_S:
            self._refill(run_id, now)
        entries = self._leased(run_id, owner, limit, now)
        if not entries and not self._waiting[run_id]:
            self._refill(run_id, now)
            entries = self._leased(run_id, owner, limit, now)
        return entries

    def _leased(self, run_id: int, owner: str, limit: int, now: datetime) -> list[Entry]:
        """Lease in Valkey, and read the rows; those that are not waiting any more are dropped, and others tried."""
        while True:
            ids, self._waiting[run_id] = self.leases.take(run_id, owner, limit)
            table = schema.frontier
            due = or_(table.c.not_before.is_(None), table.c.not_before <= now)
            wanted = select(table).where(table.c.id.in_(ids), table.c.run_id == run_id, table.c.state == "waiting", due)
            with self.engine.connect() as connection:
                found = {row["id"]: entry_of(row) for row in connection.execute(wanted).mappings()} if ids else {}
            self.leases.settled(run_id, owner, [number for number in ids if number not in found])
            if found or not ids:
                return [found[number] for number in ids if number in found]

    def _refill(self, run_id: int, now: datetime) -> None:
        """Let the most urgent entries of the store wait in Valkey; those that are leased are left out there.

        Among equally urgent ones sites take turns. Each question is one search of the index, whatever waits there: a
        sort of all took 0.4 s with a million of them.
        """
        self._refilled[run_id] = time.monotonic()
        wanted, entries = WINDOW + self.leases.leased(run_id), list[Waiting]()
        with self.engine.connect() as connection:
            for rank in ranks(connection, run_id):
                sites = list(islice(self._rings.walk(connection, rank, now), SITES))
                share = -(-(wanted - len(entries)) // max(len(sites), 1))
                for site in sites:
                    which = {"run": run_id, "abandoned": rank.abandoned, "priority": rank.priority, "site": site}
                    ids = connection.scalars(_of_site(), {**which, "now": now, "most": share})
                    entries += [Waiting(number, rank.priority, rank.abandoned, turn) for turn, number in enumerate(ids)]
                if len(entries) >= wanted:
                    break
        if entries:
            self.leases.add(run_id, entries)
            metrics.refills.inc()

    def add(self, target: str, run_id: int, found: Sequence[NewEntry]) -> int:
        """Add entries that this run does not know yet; return how many were new."""
        added = self._added(target, run_id, found)
        self._told(added, [])
        return len(added)

    def settle(self, outcomes: Sequence[Outcome], now: datetime) -> list[Added]:
        """Make the outcomes of some pages durable, all of them or none; then tell Valkey, if it is there."""
        added = super().settle(outcomes, now)
        self._told(added, outcomes)
        return added

    def _told(self, added: Sequence[Added], outcomes: Sequence[Outcome]) -> None:
        owner = owners.this_process()
        try:
            for run in {one.entry.run_id for one in outcomes}:
                self.leases.settled(run, owner, [one.entry.id for one in outcomes if one.entry.run_id == run])
            for run in {one.run_id for one in added}:
                self.leases.add(run, [Waiting(one.id, one.priority) for one in added if one.run_id == run])
        except FleetAway as error:
            # Nothing is lost: what we hold is said again when Valkey is back, and new entries come from the store.
            metrics.fleet_away.labels(reason=str(error)).inc()

    def renew(self, owner: str, now: datetime) -> None:  # noqa: ARG002 - Valkey's own clock counts
        """Say that `owner` lives."""
        self.leases.renew(owner)

    def reclaim(self, run_id: int, now: datetime) -> int:
        """Take back what holders had that are gone, of every run; return how many entries that were."""
        back = super().reclaim(run_id, now)
        for ids in self.leases.take_back():
            self._left_behind(ids)
            metrics.taken_back.inc(len(ids))
            back += len(ids)
        return back

    def _left_behind(self, ids: Sequence[int]) -> None:
        """Count that a holder died with these entries; set one aside that was alone with it too often."""
        table = schema.frontier
        waiting = table.c.id.in_(ids) & (table.c.state == "waiting")
        once_more = {"abandoned": table.c.abandoned + 1}
        with self.engine.begin() as connection:
            if len(ids) == 1:
                suspect = waiting & (table.c.abandoned >= ABANDONED_LIMIT)
                poison = {**once_more, "state": "poison", "reason": "abandoned"}
                connection.execute(update(table).where(suspect).values(poison))
            connection.execute(update(table).where(waiting).values(once_more))

    def release(self, run_id: int, owner: str) -> int:
        """Give back what `owner` holds of a run and will not work on any more; return how many."""
        return super().release(run_id, owner) + self.leases.release(run_id, owner)

    def left(self, run_id: int, now: datetime) -> Left:
        """Return how much of a run is left; while Valkey is away, what is leased counts as waiting."""
        by_rows = super().left(run_id, now)
        leased = 0
        with contextlib.suppress(FleetAway):
            leased = min(self.leases.leased(run_id), by_rows.waiting)
        return Left(
            waiting=by_rows.waiting - leased,
            later=by_rows.later,
            next_at=by_rows.next_at,
            leased=by_rows.leased + leased,
            done=by_rows.done,
            poison=by_rows.poison,
        )

    def finish(self, run_id: int, because: str, now: datetime) -> None:
        """Close a run; what still waits in it is counted as refused for `because` (a spent budget)."""
        super().finish(run_id, because, now)
        self._refilled.pop(run_id, None)
        self._waiting.pop(run_id, None)
        with contextlib.suppress(FleetAway):
            self.leases.forget(run_id)


@cache
def _of_site() -> Any:
    """Return the question for the first entries of a site in a rank that are due."""
    table = schema.frontier
    same = (
        table.c.run_id == bindparam("run"),
        table.c.state == "waiting",
        table.c.abandoned == bindparam("abandoned"),
        table.c.priority == bindparam("priority"),
        table.c.site == bindparam("site"),
    )
    due = or_(table.c.not_before.is_(None), table.c.not_before <= bindparam("now"))
    return select(table.c.id).where(*same, due).order_by(table.c.id).limit(bindparam("most"))
