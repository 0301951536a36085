"""People of the trial: some enrolled what the sites show, others withdraw; and what the registry says in the end."""

import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import UUID

import psycopg
from sqlalchemy import make_url

from benchmarks.fleet.servers import TimedSite
from matchers.fingerprint import fingerprint
from matchers.sightings import SightingLog
from registry import cases, consents, enrolments, people
from registry.database import Registry
from tests.crawler.conftest import drawn

EACH = 10
WITHDRAWN = 500_000
"""Seeds of pictures that are enrolled, shown nowhere, and withdrawn one by one."""

NOTE_RANGES = """
CREATE TABLE trial_ranges (after bigint, upto bigint);
CREATE FUNCTION note_range() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN INSERT INTO trial_ranges VALUES (OLD.after, CASE TG_OP WHEN ''DELETE'' THEN OLD.upto ELSE NEW.after END);
   RETURN NULL; END';
CREATE TRIGGER note_ranges AFTER DELETE OR UPDATE OF after ON log_ranges
  FOR EACH ROW EXECUTE FUNCTION note_range();
"""


@dataclass
class Enrolled:
    """Which pages must be found, and who waits to withdraw."""

    pages: set[str] = field(default_factory=set)
    waiting: list[UUID] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)


def enrol(registry: Registry, sites: Sequence[TimedSite], count: int, withdrawing: int) -> Enrolled:
    """Enrol `count` pictures the sites show, and others that will be withdrawn."""
    there = Enrolled()
    shown = [(site, number) for site in sites for number in range(site.count)]
    step = max(len(shown) // count, 1)
    chosen = shown[::step][:count]
    for start in range(0, len(chosen), EACH):
        with registry.transaction("trial") as tx:
            person = people.add_person(tx, f"Person {start}", email=f"person{start}@example.org")
            consents.give(tx, person)
            for site, number in chosen[start : start + EACH]:
                enrolments.enrol(tx, person, fingerprint(drawn(site.seed + number)))
                there.pages.add(site.url(site.path(number)))
    with registry.transaction("trial") as tx:
        person = people.add_person(tx, "Somebody else", email="else@example.org")
        consents.give(tx, person)
        for number in range(withdrawing):
            there.waiting.append(enrolments.enrol(tx, person, fingerprint(drawn(WITHDRAWN + number))).id)
    return there


def note_ranges(url: str) -> None:
    """Let the database itself write down every range that was compared."""
    with psycopg.connect(
        make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    ) as connection:
        connection.execute(NOTE_RANGES)


def withdraw_one(registry: Registry, there: Enrolled, ports: Sequence[int], patience_s: float = 20.0) -> None:
    """Withdraw one enrolment, and measure until every matcher that answers has it out of its index."""
    if not there.waiting:
        return
    with registry.transaction("trial") as tx:
        consents.withdraw(tx, enrolment=there.waiting.pop())
    began = time.monotonic()
    with registry.reading() as tx:
        newest = enrolments.changes(tx, 0)[1]
    behind = set(ports)
    while behind and time.monotonic() - began < patience_s:
        for port in list(behind):
            position = position_of(port, "withdrawals_heeded")
            if position is None or position >= newest:
                behind.discard(port)
        time.sleep(0.05)
    there.latencies.append(time.monotonic() - began)
    if behind:
        print(f"  not out of the index of port {sorted(behind)} after {patience_s:.0f} s", file=sys.stderr, flush=True)


def position_of(port: int, name: str = "index_position") -> float | None:
    """Return up to which change the index of a matcher is; None while it does not answer or has begun nothing.

    `name`: "withdrawals_heeded" for what was withdrawn alone.
    """
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=2) as answer:
            lines = answer.read().decode().splitlines()
    except OSError:
        return None
    found = [float(line.split()[1]) for line in lines if line.startswith(f"watchlight_alerts_{name} ")]
    return found[0] if found and found[0] > 0 else None


def compared(url: str, registry: Registry, log: SightingLog, there: Enrolled) -> dict[str, object]:
    """Return what the registry and the noted ranges say: found, missing, matched twice."""
    with psycopg.connect(_plain(url)) as connection:
        done = connection.execute("SELECT after, upto FROM trial_ranges ORDER BY after, upto").fetchall()
    overlap = sum(max(0, before[1] - later[0]) for before, later in pairwise(done))
    with registry.reading() as tx:
        found = [each.page_url for each in cases.exposures(tx)]
        told = [exposure for each in cases.alerts(tx) for exposure in each.exposures]
        behind = log.count_after(cases.cursor(tx, "match"))
    return {
        "exposures": len(found),
        "exposures_missing": len(there.pages - set(found)),
        "sightings_not_compared": behind,
        "sightings_compared_twice": overlap,
        "matched_twice": len(found) - len(set(found)),
        "told_twice": len(told) - len(set(told)),
    }


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
