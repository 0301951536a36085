"""Withdrawals at bad moments: two matchers start, one without machine code; a long backlog, looks back, one killed."""

import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from uuid import UUID

from benchmarks.fleet import warm
from benchmarks.fleet.people import Enrolled, withdraw_one
from crawler.store import CrawlStore
from matchers.fingerprint import Fingerprint, fingerprint
from matchers.sightings import Sighting
from registry import cases, consents, enrolments, people
from registry.database import Registry
from tests.conftest import free_port
from tests.crawler.conftest import drawn

MATCHERS = 2
ROUND_S = 16.0
BACKLOG = 3_000
"""Sightings that come in every round: more than two matchers compare in it."""
PICTURES = 60
EACH = 5
"""Photos of one person."""


@dataclass
class Withdrawals:
    """Rounds in which two matchers start anew and everything is asked of them at once."""

    rounds: int
    seed: int
    waiting: list[UUID] = field(default_factory=list)
    latencies: dict[str, list[float]] = field(default_factory=dict)

    def run(self) -> dict[str, object]:
        """Return the report; the environment must be that of a fleet."""
        self.store, self.registry = CrawlStore.open(), Registry.open()
        self.chance = random.Random(self.seed)
        self.prints = [fingerprint(drawn(number)) for number in range(PICTURES)]
        herd = self._herd()
        try:
            for number in range(self.rounds):
                self._round(number, herd)
            return self._report()
        finally:
            herd.end()
            self.store.close()
            self.registry.close()

    def _herd(self) -> warm.Herd:
        self.ports = [free_port() for _ in range(MATCHERS)]
        cold, *others = self.ports
        births = [(warm.match_cold, (cold,)), *((warm.match, (port,)) for port in others)]
        return warm.Herd(births, warm.context())

    def _round(self, number: int, herd: warm.Herd) -> None:
        self._enrol()
        self._see(number)
        herd.revive()
        began = time.monotonic()
        self._withdraw_until(lambda: time.monotonic() - began > ROUND_S / 2, "while two start")
        herd.kill(self.chance.randrange(MATCHERS))
        self._withdraw_until(lambda: time.monotonic() - began > ROUND_S, "while one is gone, the other behind")
        for place in range(MATCHERS):
            herd.kill(place)
        print(f"  round {number + 1}: {self._in_words()}", file=sys.stderr, flush=True)

    def _enrol(self) -> None:
        """Enrol what the sites show once more, so that every look back and every batch has something to find."""
        for start in range(0, PICTURES, EACH):
            with self.registry.transaction("trial") as tx:
                name = f"person{time.monotonic_ns()}"
                person = people.add_person(tx, name, email=f"{name}@example.org")
                consents.give(tx, person)
                mine = [enrolments.enrol(tx, person, each).id for each in self.prints[start : start + EACH]]
            self.waiting += mine

    def _see(self, number: int) -> None:
        seen = [self._sighting(number, each) for each in range(BACKLOG)]
        self.store.log.append(seen)

    def _sighting(self, number: int, each: int) -> Sighting:
        fp: Fingerprint = self.prints[each % PICTURES]
        url = f"https://forum.example/{number}/{each}"
        return Sighting("forum", url, f"{url}.jpg", datetime.now(UTC), each.to_bytes(32), fp)

    def _withdraw_until(self, over: Callable[[], bool], when: str) -> None:
        while not over():
            there = Enrolled(waiting=[self.waiting.pop(self.chance.randrange(len(self.waiting)))])
            withdraw_one(self.registry, there, self.ports, patience_s=60.0)
            self.latencies.setdefault(when, []).extend(there.latencies)
            time.sleep(0.5)

    def _in_words(self) -> str:
        return "; ".join(f"{when}: {max(took):.1f} s at most of {len(took)}" for when, took in self.latencies.items())

    def _report(self) -> dict[str, object]:
        with self.registry.reading() as tx:
            ended = {each.id: each.withdrawn_at for each in enrolments.enrolments(tx) if each.withdrawn_at}
            found = cases.exposures(tx)
        late = [one for one in found if set(one.enrolments) <= ended.keys()]
        late = [one for one in late if one.created_at > max(ended[each] or one.created_at for each in one.enrolments)]
        every = [took for some in self.latencies.values() for took in some]
        return {
            "withdrawals": len(every),
            **{f"median s {when}": round(median(took), 2) for when, took in self.latencies.items()},
            **{f"longest s {when}": round(max(took), 2) for when, took in self.latencies.items()},
            "over 5 s": sum(took > 5 for took in every),
            "exposures": len(found),
            "written after the withdrawal": len(late),
        }
