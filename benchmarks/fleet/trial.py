"""The trial: a fleet at work, of which a crawler and a matcher are killed again and again until everything was seen."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import valkey
from sqlalchemy import func, select

from benchmarks.fleet.people import Enrolled, compared, enrol, note_ranges, withdraw_one
from benchmarks.fleet.servers import Servers, TimedSite
from crawler import schema
from crawler.middlewares.pace import PICTURE_SHARE
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from registry.database import Registry
from tests.conftest import free_port

KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
FINISH_S = 900.0
NEAR = 0.9
"""A gap shorter than this share of the pace is counted: a machine that is busy tells a process late of its turn."""


@dataclass
class Plan:
    """What is tried: how many of each, how large the sites are, how fast they may be asked, how often one is killed."""

    crawlers: int = 4
    matchers: int = 2
    sites: int = 4
    pages: int = 300
    delay_s: float = 0.2
    every_s: float = 8.0
    enrolled: int = 120
    withdrawing: int = 60
    killing_s: float = 900.0
    seed: int = 1
    valkey_away_s: float = 0.0
    database_away_s: float = 0.0


@dataclass
class Fleet:
    """The processes of a trial."""

    environ: dict[str, str]
    targets: Sequence[str]
    processes: dict[str, list["subprocess.Popen[bytes] | None"]] = field(default_factory=dict)
    ports: list[int] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    valkey: str = ""
    in_work: int = 0
    """Entries that killed crawlers held: what may be asked for again."""
    born: dict[int, float] = field(default_factory=dict)
    life_s: float = 0.0
    """Who is younger is left alone: one that is killed whenever it starts does nothing that could be lost."""

    def start(self, crawlers: int, matchers: int) -> None:
        """Start everything."""
        self.ports = [free_port() for _ in range(matchers)]
        self.processes = {"crawler": [None] * crawlers, "matcher": [None] * matchers}
        self.revive()

    def revive(self) -> None:
        """Start again whatever ended."""
        for kind, processes in self.processes.items():
            for place, process in enumerate(processes):
                if process is None or process.poll() is not None:
                    processes[place] = started = subprocess.Popen(self._command(kind, place), env=self.environ)
                    self.born[started.pid] = time.monotonic()

    def _command(self, kind: str, place: int) -> list[str]:
        if kind == "crawler":
            return [sys.executable, "-m", "crawler", "--due", *self.targets]
        return [sys.executable, "-m", "portal.cli", "run", "--only", "match", "--port", str(self.ports[place])]

    def kill_one_of_each(self, chance: random.Random) -> None:
        """`kill -9` one crawler and one matcher."""
        for kind, processes in self.processes.items():
            alive = [process for process in processes if process is not None and process.poll() is None]
            alive = [process for process in alive if time.monotonic() - self.born[process.pid] > self.life_s]
            if alive:
                victim = chance.choice(alive)
                self.in_work += leased_by(self.valkey, victim.pid) if kind == "crawler" else 0
                victim.kill()
                victim.wait()
                self.killed[kind] += 1

    def end(self) -> None:
        """Kill what still runs."""
        for process in (one for some in self.processes.values() for one in some if one is not None):
            if process.poll() is None:
                process.kill()
                process.wait()


def leased_by(url: str, pid: int) -> int:
    """Return how many entries a crawler holds."""
    client: Any = valkey.Valkey.from_url(url, decode_responses=True)
    held = [one for key in client.scan_iter("*:leased:*") for one in client.hvals(key)]
    client.close()
    return sum(f"/{pid}/" in one for one in held)


def environment(servers: Servers, home: str) -> dict[str, str]:
    """Return the environment of a fleet's processes."""
    return {
        **os.environ,
        **servers.environ(),
        "WATCHLIGHT_HOME": home,
        "WATCHLIGHT_REGISTRY_KEY": KEY,
        "WATCHLIGHT_ALLOW_LOOPBACK": "1",
        "WATCHLIGHT_LOG_LEVEL": "ERROR",
    }


def run(plan: Plan, servers: Servers, home: str, *, say: bool = True) -> dict[str, object]:
    """Run the trial; return what came of it."""
    chance, began = random.Random(plan.seed), time.monotonic()
    environ = environment(servers, home)
    store = CrawlStore.open(servers.database, environ=environ)
    registry = Registry.open(environ=environ)
    sites = [TimedSite(plan.pages, 10_000 * number) for number in range(1, plan.sites + 1)]
    names = [f"site{number}" for number in range(plan.sites)]
    for name, site in zip(names, sites, strict=True):
        target = CrawlTarget(name, (site.url("/"),), depth=50, delay_s=plan.delay_s, max_pages=100_000)
        store.targets.add(target)
    there = enrol(registry, sites, plan.enrolled, plan.withdrawing)
    note_ranges(environ["WATCHLIGHT_REGISTRY_DATABASE_URL"])
    fleet = Fleet(environ, names, valkey=servers.valkey)
    fleet.start(plan.crawlers, plan.matchers)
    try:
        _until_seen(plan, fleet, store, registry, there, servers, chance, began, say=say)
        _until_compared(plan, fleet, store, registry, there, began)
        found = _report(plan, fleet, store, registry, there, sites)
    finally:
        fleet.end()
        for site in sites:
            site.server.shutdown()
        store.close()
        registry.close()
    return {**found, "minutes": round((time.monotonic() - began) / 60, 1)}


def _until_seen(
    plan: Plan,
    fleet: Fleet,
    store: CrawlStore,
    registry: Registry,
    there: Enrolled,
    servers: Servers,
    chance: random.Random,
    began: float,
    *,
    say: bool,
) -> None:
    """Kill, revive and withdraw until every place was crawled to its end; then without kills, if the time is over."""
    away = [one for one in ("valkey", "database") if getattr(plan, f"{one}_away_s")]
    total = plan.sites * plan.pages
    while time.monotonic() - began < plan.killing_s + FINISH_S:
        struck = time.monotonic()
        withdraw_one(registry, there, fleet.ports)
        time.sleep(max(0.0, plan.every_s - (time.monotonic() - struck)))
        if complete(store, plan.sites):
            return
        done = states(store)["done"]
        if done and not fleet.life_s:
            fleet.life_s = time.monotonic() - began
        if say:
            print(f"  {fleet.killed.total()} kills, {done} of {total} pages done", file=sys.stderr, flush=True)
        if away and done > total * (1 - 0.3 * len(away)):
            one = away.pop(0)
            getattr(servers, f"without_{one}")(getattr(plan, f"{one}_away_s"))
            if say:
                print(f"  {one} was away for {getattr(plan, f'{one}_away_s'):.0f} s", file=sys.stderr, flush=True)
        if done and time.monotonic() - began < plan.killing_s:
            fleet.kill_one_of_each(chance)
        fleet.revive()


def _until_compared(
    plan: Plan, fleet: Fleet, store: CrawlStore, registry: Registry, there: Enrolled, began: float
) -> None:
    """Let the matchers finish."""
    from registry import cases

    while time.monotonic() - began < plan.killing_s + FINISH_S + 120:
        fleet.revive()
        with registry.reading() as tx:
            behind = store.log.count_after(cases.cursor(tx, "match"))
        if not behind:
            return
        time.sleep(1)


def states(store: CrawlStore) -> Counter[str]:
    """How many entries of the frontier are in which state."""
    grouped = select(schema.frontier.c.state, func.count()).group_by(schema.frontier.c.state)
    with store.engine.connect() as connection:
        return Counter(dict(connection.execute(grouped).all()))


def complete(store: CrawlStore, places: int) -> bool:
    """Whether every place was crawled to its end."""
    runs = store.pages.last_runs().values()
    return len(runs) == places and all(run.finished_at for run in runs)


def _report(
    plan: Plan, fleet: Fleet, store: CrawlStore, registry: Registry, there: Enrolled, sites: Sequence[TimedSite]
) -> dict[str, object]:
    wanted = {site.url(site.path(number)) for site in sites for number in range(site.count)}
    seen = {one.page_url for one in store.log.after(0, 1_000_000)}
    asked = Counter(site.url(path) for site in sites for path in site.pages_asked)
    gaps = [gap for site in sites for gap in site.gaps(plan.delay_s, PICTURE_SHARE)]
    with store.engine.connect() as connection:
        kept = set(connection.scalars(select(schema.frontier.c.address).where(schema.frontier.c.state == "done")))
    refusals = sum((Counter(run.refusals) for run in store.pages.last_runs().values()), Counter[str]())
    return {
        "killed": dict(fleet.killed),
        "pages": len(wanted),
        "addresses_lost": len(wanted - kept),
        "pictures_lost": len(wanted - seen),
        "pages_asked_again": asked.total() - len(asked),
        "in_work_at_kills": fleet.in_work,
        "refusals": dict(refusals),
        **compared(fleet.environ["WATCHLIGHT_REGISTRY_DATABASE_URL"], registry, store.log, there),
        "withdrawals": len(there.latencies),
        "withdrawal_median_s": round(median(there.latencies), 2) if there.latencies else None,
        "withdrawals_over_5_s": sum(one > 5 for one in there.latencies),
        "withdrawal_longest_s": round(max(there.latencies, default=0.0), 2),
        "pace_s": plan.delay_s,
        "gaps": len(gaps),
        "smallest_gap_share": round(min(gap / wanted for gap, wanted in gaps), 3) if gaps else None,
        "gaps_under_90_percent": sum(gap < NEAR * wanted for gap, wanted in gaps),
        "complete": complete(store, plan.sites),
    }


def bad(found: dict[str, object]) -> list[str]:
    """Return what of a report must not be."""
    zero = (
        "addresses_lost",
        "pictures_lost",
        "exposures_missing",
        "sightings_not_compared",
        "sightings_compared_twice",
        "matched_twice",
        "told_twice",
    )
    wrong = [f"{name}: {found[name]}" for name in zero if found[name]]
    if not found["complete"]:
        wrong.append("not complete")
    if float(str(found["withdrawal_longest_s"])) > 5:
        wrong.append(f"a withdrawal took {found['withdrawal_longest_s']} s")
    return wrong
