"""The trial: a fleet at work, of which a crawler and a matcher are killed again and again until everything was seen."""

import contextlib
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import valkey
from sqlalchemy import func, select

from benchmarks.fleet import warm
from benchmarks.fleet.people import Enrolled, enrol, note_ranges, position_of, withdraw_one
from benchmarks.fleet.servers import Servers, TimedSite
from crawler import schema
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from registry import cases
from registry.database import Registry
from tests.conftest import free_port

KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
FINISH_S = 600.0
FIRST_AWAY, SECOND_AWAY = 0.3, 0.6
"""Shares of the killing time after which Valkey, then PostgreSQL go away."""


@dataclass
class Plan:
    """What is tried: how many of each, how large the sites are, how fast they may be asked, how often one is killed."""

    crawlers: int = 4
    matchers: int = 2
    sites: int = 4
    pages: int = 300
    delay_s: float = 0.4
    every_s: float = 6.0
    enrolled: int = 120
    killing_s: float = 420.0
    seed: int = 1
    away_s: float = 0.0

    @property
    def total(self) -> int:
        """Pages of all sites."""
        return self.sites * self.pages


@dataclass
class Fleet:
    """The processes of a trial, and what they held when they were killed."""

    crawlers: warm.Herd
    matchers: warm.Herd
    ports: list[int]
    valkey: str
    at_work: Counter[str] = field(default_factory=Counter)
    """How many held pages, or answered with an index, when they were killed."""
    in_work: int = 0
    """Entries that killed crawlers held: what may be asked for again."""

    @classmethod
    def of(cls, plan: Plan, valkey_url: str) -> "Fleet":
        """Return a fleet that is not started; what its processes need must be in the environment."""
        forked = warm.context()
        ports = [free_port() for _ in range(plan.matchers)]
        crawlers = warm.Herd([(warm.crawl_what_is_due, ())] * plan.crawlers, forked)
        return cls(crawlers, warm.Herd([(warm.match, (port,)) for port in ports], forked), ports, valkey_url)

    def revive(self) -> None:
        """Start again whatever ended."""
        self.crawlers.revive()
        self.matchers.revive()

    def kill_one_of_each(self, chance: random.Random) -> None:
        """`kill -9` a crawler and a matcher, of several at work one that is; what they held is counted."""
        held: dict[int, int] = {}
        with contextlib.suppress(valkey.ConnectionError, valkey.TimeoutError):
            held = leased_by(self.valkey, self.crawlers.pids())
        crawling = {place for place, count in held.items() if count}
        if (place := _victim(self.crawlers, crawling, chance)) is not None:
            self.in_work += held.get(place, 0)
            self.at_work["crawlers"] += place in crawling
        comparing = {place for place, port in enumerate(self.ports) if position_of(port) is not None}
        if (place := _victim(self.matchers, comparing, chance)) is not None:
            self.at_work["matchers"] += place in comparing

    def end(self) -> None:
        """Kill what still runs."""
        self.crawlers.end()
        self.matchers.end()


def _victim(herd: warm.Herd, at_work: set[int], chance: random.Random) -> int | None:
    """Kill one of those at work; where only one is, any: it would never come to the end of the last pages."""
    alive = herd.pids()
    busy = sorted(at_work & alive.keys())
    if not alive:
        return None
    place = chance.choice(busy if len(busy) > 1 else list(alive))
    herd.kill(place)
    return place


def leased_by(url: str, pids: Mapping[int, int]) -> dict[int, int]:
    """Return how many entries the crawler of each place holds."""
    client: Any = valkey.Valkey.from_url(url, decode_responses=True)
    held = [one for key in client.scan_iter("*:leased:*") for one in client.hvals(key)]
    client.close()
    return {place: sum(f"/{pid}/" in one for one in held) for place, pid in pids.items()}


def environment(servers: Servers, home: str) -> dict[str, str]:
    """Return the settings of a fleet's processes."""
    return {
        **servers.environ(),
        "WATCHLIGHT_HOME": home,
        "WATCHLIGHT_REGISTRY_KEY": KEY,
        "WATCHLIGHT_ALLOW_LOOPBACK": "1",
        "WATCHLIGHT_LOG_LEVEL": "CRITICAL",
    }


@dataclass
class Trial:
    """One trial: its servers, sites, stores and people, and the fleet that works on them."""

    plan: Plan
    servers: Servers
    say: bool = True
    sites: list[TimedSite] = field(default_factory=list)
    chance: random.Random = field(default_factory=random.Random)
    began: float = 0.0

    def prepare(self) -> None:
        """Open the stores, keep the places and enrol people; the environment must be set."""
        self.chance = random.Random(self.plan.seed)
        self.store, self.registry = CrawlStore.open(), Registry.open()
        self.sites = [TimedSite(self.plan.pages, 10_000 * number) for number in range(1, self.plan.sites + 1)]
        for number, site in enumerate(self.sites):
            place = CrawlTarget(
                f"site{number}", (site.url("/"),), depth=50, delay_s=self.plan.delay_s, max_pages=100_000
            )
            self.store.targets.add(place)
        withdrawing = int(self.plan.killing_s / self.plan.every_s) + 1
        self.people: Enrolled = enrol(self.registry, self.sites, self.plan.enrolled, withdrawing)
        note_ranges(self.servers.registry)
        self.fleet = Fleet.of(self.plan, self.servers.valkey)

    def run(self) -> None:
        """Kill, revive and withdraw until every place was crawled to its end, then let the matchers finish."""
        self.began = time.monotonic()
        self.fleet.revive()
        away = [(FIRST_AWAY, self.servers.without_valkey), (SECOND_AWAY, self.servers.without_database)]
        away = away if self.plan.away_s else []
        while self.passed_s < self.plan.killing_s + FINISH_S and not self.complete():
            struck = time.monotonic()
            withdraw_one(self.registry, self.people, self.fleet.ports)
            time.sleep(max(0.0, self.plan.every_s - (time.monotonic() - struck)))
            if away and self.passed_s > away[0][0] * self.plan.killing_s:
                self.without(away.pop(0)[1])
            elif self.passed_s < self.plan.killing_s:
                self.fleet.kill_one_of_each(self.chance)
            self.fleet.revive()
            self.tell()
        while self.passed_s < self.plan.killing_s + FINISH_S and self.behind():
            self.fleet.revive()
            time.sleep(1)

    def without(self, take_away: Any) -> None:
        """Take a server away for a time; half way one of each is killed, and others start that find nothing there."""
        gone = threading.Thread(target=take_away, args=(self.plan.away_s,))
        gone.start()
        time.sleep(self.plan.away_s / 2)
        self.fleet.kill_one_of_each(self.chance)
        self.fleet.revive()
        gone.join()
        self.fleet.revive()
        if self.say:
            print(f"  {take_away.__name__} for {self.plan.away_s:.0f} s", file=sys.stderr, flush=True)

    @property
    def passed_s(self) -> float:
        """Seconds since the fleet was started."""
        return time.monotonic() - self.began

    def complete(self) -> bool:
        """Whether every place was crawled to its end."""
        return complete(self.store, self.plan.sites)

    def behind(self) -> int:
        """Return how many sightings no matcher has compared."""
        with self.registry.reading() as tx:
            return self.store.log.count_after(cases.cursor(tx, "match"))

    def tell(self) -> None:
        """Say how far it is."""
        if self.say:
            kills = f"{self.fleet.crawlers.killed} + {self.fleet.matchers.killed} kills"
            done = f"{states(self.store)['done']} of {self.plan.total} pages"
            print(f"  {self.passed_s:.0f} s: {kills}, {done}", file=sys.stderr, flush=True)

    def end(self) -> None:
        """End everything that was started."""
        self.fleet.end()
        for site in self.sites:
            site.server.shutdown()
            site.server.server_close()
        self.store.close()
        self.registry.close()


def states(store: CrawlStore) -> Counter[str]:
    """How many entries of the frontier are in which state."""
    grouped = select(schema.frontier.c.state, func.count()).group_by(schema.frontier.c.state)
    with store.engine.connect() as connection:
        return Counter(dict(connection.execute(grouped).all()))


def complete(store: CrawlStore, places: int) -> bool:
    """Whether every place was crawled to its end."""
    runs = store.pages.last_runs().values()
    return len(runs) == places and all(run.finished_at for run in runs)


def asked_for(sites: Sequence[TimedSite]) -> Counter[str]:
    """Return how often each page was asked for."""
    return Counter(site.url(path) for site in sites for path in site.pages_asked)
