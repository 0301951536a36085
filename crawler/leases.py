"""Leases on entries, kept as columns of the frontier's own rows: for them one database is enough.

A lease names its holder and ends by itself. `crawler.fleet` keeps leases in Valkey instead, behind the same methods.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, func, or_, select, update

from crawler import schema
from crawler.outcomes import Entry
from crawler.rings import SOON_S, Ahead, Rank, Rings
from matchers import owners

LEASE_S = 120.0
NONE_AHEAD = Ahead()
PASSED_OVER = 512
"""Sites whose turns lie ahead that a lease looks at; then it is content with what it found."""
ABANDONED_LIMIT = 200
"""Leases that may be left behind on one page before it is suspected of killing crawlers; it must also have been alone.

Pages left behind more often are handed out later, so that one that really kills crawlers is the last of its place.
"""


@dataclass(frozen=True, slots=True)
class Left:
    """How much of a run is left: waiting now, waiting for later (and when the first is due), leased, done."""

    waiting: int
    later: int
    next_at: datetime | None
    leased: int
    done: int
    poison: int


class Leases:
    """Hands entries out and takes them back; every method is one transaction."""

    renew_s = 30.0
    """Seconds after which a holder says again that it lives."""
    at_hand = 256
    """Entries of a run that one crawl holds at most while they wait for the turns of their sites."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._rings = Rings()

    def lease(self, run_id: int, owner: str, limit: int, now: datetime, ahead: Ahead = NONE_AHEAD) -> list[Entry]:
        """Hand out up to `limit` waiting entries of a run to `owner`, most urgent first, for LEASE_S seconds.

        Among equally urgent ones sites take turns, and a site whose own turn is not near is passed over: a slot of the
        crawl would wait for it. Within a site and a rank entries keep the order in which they were found.
        """
        entries: list[Entry] = []
        passed: list[tuple[float, Rank, int]] = []
        served: set[int] = set()
        with self.engine.begin() as connection:
            take = partial(_taken, connection, owner, now)
            for rank in ranks(connection, run_id):
                sites = (site for site in self._rings.walk(connection, rank, now) if site not in served)
                free, waiting = _sorted_out(sites, ahead, limit - len(entries))
                for number, site in enumerate(free):
                    share = min(-(-(limit - len(entries)) // (len(free) - number)), ahead.each)
                    entries += (taken := take(rank, site, share))
                    if len(taken) == share:
                        served.add(site)  # it may have more of this rank: they come before those of the next
                passed += [(wait, rank, site) for wait, site in waiting]
                if len(entries) >= limit or len(passed) >= PASSED_OVER:
                    break
            if ahead.idle and not entries:
                for _, rank, site in sorted(passed)[:limit]:
                    entries += take(rank, site, 1)
        return entries

    def renew(self, owner: str, now: datetime) -> None:
        """Prolong the leases of `owner`."""
        table = schema.frontier
        with self.engine.begin() as connection:
            connection.execute(
                update(table)
                .where(table.c.state == "leased", table.c.leased_by == owner)
                .values(leased_until=now + timedelta(seconds=LEASE_S))
            )

    def reclaim(self, run_id: int, now: datetime) -> int:
        """Put entries back whose holder is gone or silent for too long; return how many."""
        table = schema.frontier
        held = and_(table.c.run_id == run_id, table.c.state == "leased")
        with self.engine.begin() as connection:
            holding = select(table.c.leased_by, func.count()).where(table.c.state == "leased")
            holders: dict[str | None, int] = dict(connection.execute(holding.group_by(table.c.leased_by)).all())
            gone = [holder for holder in holders if holder and owners.is_gone(holder)]
            alone = [holder for holder, count in holders.items() if count == 1]
            lost = and_(held, or_(table.c.leased_until < now, table.c.leased_by.in_(gone)))
            back = {"leased_by": None, "leased_until": None, "abandoned": table.c.abandoned + 1}
            connection.execute(
                update(table)
                .where(lost, table.c.abandoned >= ABANDONED_LIMIT, table.c.leased_by.in_(alone))
                .values(**back, state="poison", reason="abandoned")
            )
            return connection.execute(update(table).where(lost).values(**back, state="waiting")).rowcount

    def release(self, run_id: int, owner: str) -> int:
        """Give back what `owner` holds of a run and will not work on any more; return how many."""
        table = schema.frontier
        with self.engine.begin() as connection:
            return connection.execute(
                update(table)
                .where(table.c.run_id == run_id, table.c.state == "leased", table.c.leased_by == owner)
                .values(state="waiting", leased_by=None, leased_until=None)
            ).rowcount

    def left(self, run_id: int, now: datetime) -> Left:
        """Return how much of a run is left."""
        table = schema.frontier
        with self.engine.connect() as connection:
            grouped = select(table.c.state, func.count()).where(table.c.run_id == run_id)
            counts: dict[str, int] = dict(connection.execute(grouped.group_by(table.c.state)).all())
            later, next_at = connection.execute(
                select(func.count(), func.min(table.c.not_before)).where(
                    table.c.run_id == run_id, table.c.state == "waiting", table.c.not_before > now
                )
            ).one()
        return Left(
            waiting=counts.get("waiting", 0) - later,
            later=later,
            next_at=next_at,
            leased=counts.get("leased", 0),
            done=counts.get("done", 0),
            poison=counts.get("poison", 0),
        )


def _sorted_out(sites: Iterator[int], ahead: Ahead, most: int) -> tuple[list[int], list[tuple[float, int]]]:
    """Return up to `most` sites that may be asked soon, and those whose turns lie ahead with their seconds."""
    free: list[int] = []
    waiting: list[tuple[float, int]] = []
    for site in sites:
        wait = ahead.waits.get(site, 0.0)
        if wait <= SOON_S:
            free.append(site)
        else:
            waiting.append((wait, site))
        if len(free) >= most or len(waiting) >= PASSED_OVER:
            break
    return free, waiting


def _taken(connection: Connection, owner: str, now: datetime, rank: Rank, site: int, most: int) -> list[Entry]:
    """Lease the first entries of a site in a rank."""
    held = {"owner": owner, "now": now, "until": now + timedelta(seconds=LEASE_S)}
    which = {"run": rank.run_id, "in_abandoned": rank.abandoned, "in_priority": rank.priority, "in_site": site}
    rows = connection.execute(_leasing(), {**held, **which, "most": most}).mappings().all()
    return [entry_of(row) for row in sorted(rows, key=lambda row: row["id"])]


def ranks(connection: Connection, run_id: int) -> Iterator[Rank]:
    """Yield how urgent waiting entries are, most urgent first: seldom abandoned, high priority.

    Each is found by one step into the index. Sorting all that wait by both took longer with every address: 12 ms a page
    with a million of them.
    """
    abandoned: int | None = -1
    while (abandoned := connection.scalar(_next_abandoned(), {"run": run_id, "last": abandoned})) is not None:
        priority: int | None = 2**31 - 1
        within = {"run": run_id, "abandoned": abandoned}
        while (priority := connection.scalar(_next_priority(), {**within, "last": priority})) is not None:
            yield Rank(run_id, abandoned, priority)


@cache
def _next_abandoned() -> Any:
    table = schema.frontier
    waiting = (table.c.run_id == bindparam("run")) & (table.c.state == "waiting")
    return (
        select(table.c.abandoned)
        .where(waiting, table.c.abandoned > bindparam("last"))
        .order_by(table.c.abandoned)
        .limit(1)
    )


@cache
def _next_priority() -> Any:
    table = schema.frontier
    waiting = (table.c.run_id == bindparam("run")) & (table.c.state == "waiting")
    here = waiting & (table.c.abandoned == bindparam("abandoned")) & (table.c.priority < bindparam("last"))
    return select(table.c.priority).where(here).order_by(table.c.priority.desc()).limit(1)


@cache
def _leasing() -> Any:
    """Return the statement that leases entries of one site and rank; made once, it is asked with every few pages."""
    table = schema.frontier
    chosen = (
        select(table.c.id)
        .where(
            table.c.run_id == bindparam("run"),
            table.c.state == "waiting",
            table.c.abandoned == bindparam("in_abandoned"),
            table.c.priority == bindparam("in_priority"),
            table.c.site == bindparam("in_site"),
            or_(table.c.not_before.is_(None), table.c.not_before <= bindparam("now")),
        )
        .order_by(table.c.id)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
    )
    held = {"state": "leased", "leased_by": bindparam("owner"), "leased_until": bindparam("until")}
    return update(table).where(table.c.id.in_(chosen)).values(**held).returning(table)


def entry_of(row: Mapping[Any, Any]) -> Entry:
    """Return the entry a row of the frontier holds."""
    return Entry(
        id=row["id"],
        target=row["target"],
        run_id=row["run_id"],
        address=row["address"],
        depth=row["depth"],
        hops=row["hops"],
        callback=row["callback"],
        note=json.loads(row["note"]),
        tries=row["tries"],
    )
