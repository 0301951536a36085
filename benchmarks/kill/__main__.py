"""`python -m benchmarks kill [--kills 200] [--pages 1500]`: what a crawl loses to `kill -9` at any moment.

A site of its own on loopback is crawled by the real crawling process. Again and again one of its processes (the
crawler, a worker, the server that forks workers, the browser) gets SIGKILL, after a random number of requests and a
random moment more, or while it starts. Then the crawl goes on with the same command until it is complete, and what
the site was asked for is compared with what the store knows. Exit code 1 when anything was lost.

It ends in bounded time: what is left of the time is shared out among the kills that are left. A crawler that takes
long to start on a busy machine is killed less often and its workers and browser more, and kills that the time did
not allow are said.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.kill.processes import kill, left_behind, victims
from crawler import schema
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from tests.crawler.conftest import LittleSite, crawler_environment, drawn

KINDS = ("crawler", "worker", "fork server", "browser")
SHARES = (70, 16, 4, 10)
START_UP_S = 3.0
LIFE_S = 60.0
EARLY_SHARE = 0.1
"""How often a crawler that takes long to start is killed before its first request all the same."""
BUSY_SHARES = (15, 50, 10, 25)
"""Where a restart takes longer than what a kill may take: a worker or browser is back in a moment."""


@dataclass
class Kills:
    """What happened: kills by victim, leases found after the crawler's, processes left behind."""

    by_kind: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    orphans: int = 0
    start_s: float = START_UP_S
    """How long the crawler takes from its start to its first request, as last measured."""


class Rig:
    """A site of `pages` pages, `rendered` of which show their picture by script only, and a store of its own."""

    def __init__(self, home: Path, pages: int, rendered: int) -> None:
        self.environ = crawler_environment(
            WATCHLIGHT_HOME=str(home), WATCHLIGHT_CRAWL_DATABASE_URL=f"sqlite:///{home / 'crawl.sqlite3'}"
        )
        self.store = CrawlStore.open(self.environ["WATCHLIGHT_CRAWL_DATABASE_URL"])
        self.plain, self.shown = LittleSite(), LittleSite()
        self.expected = self._fill(self.plain, pages - rendered, '<img src="/i/{0}.jpg">', 0)
        script = "<script>document.body.append(Object.assign(new Image(), {{src: '/i/' + {0} + '.' + 'jpg'}}))</script>"
        self.expected |= self._fill(self.shown, rendered, script, pages)
        for name, site, kind in (("plain", self.plain, "pages"), ("shown", self.shown, "rendered")):
            if site is self.plain or rendered:
                self.store.targets.add(
                    CrawlTarget(name, (site.url("/"),), kind, depth=100, delay_s=0.02, max_pages=100_000)
                )

    @staticmethod
    def _fill(site: LittleSite, pages: int, picture: str, seed: int) -> set[tuple[str, str]]:
        """A tree of pages, each with a picture of its own; return what must be sighted."""
        for number in range(pages):
            children = (child for child in (3 * number + 1, 3 * number + 2, 3 * number + 3) if child < pages)
            links = "".join(f'<a href="/p/{child}">on</a>' for child in children)
            site.pages[_path(number)] = f"<body>{links}{picture.format(number)}"
            site.picture(f"/i/{number}.jpg", drawn(seed + number))
        return {(site.url(_path(number)), site.url(f"/i/{number}.jpg")) for number in range(pages)}

    def start(self) -> subprocess.Popen[str]:
        """Start the crawl of what is not complete: a complete place would be looked at once more from its start."""
        runs = self.store.pages.last_runs()
        left = [one.name for one in self.store.targets.all() if one.name not in runs or not runs[one.name].finished_at]
        return subprocess.Popen(
            [sys.executable, "-m", "crawler", *left],
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def asked(self) -> list[str]:
        """Every page that was asked for so far, as often as it was."""
        return [site.url(path) for site in (self.plain, self.shown) for path in site.asked if not path.startswith("/r")]

    def states(self) -> Counter[str]:
        """How many entries of the frontier are in which state."""
        grouped = select(schema.frontier.c.state, func.count()).group_by(schema.frontier.c.state)
        with self.store.engine.connect() as connection:
            return Counter(dict(connection.execute(grouped).all()))

    def complete(self) -> bool:
        """Whether both targets were crawled to their end."""
        runs = self.store.pages.last_runs().values()
        return len(runs) == len(self.store.targets.all()) and all(run.finished_at for run in runs)


def _path(number: int) -> str:
    return "/" if number == 0 else f"/p/{number}"


def kill_again_and_again(rig: Rig, wanted: int, chance: random.Random, kinds: Sequence[str], minutes: float) -> Kills:
    """Kill processes of the crawl until `wanted` are dead, everything was seen, or the time is over."""
    deadline = time.monotonic() + minutes * 60
    done = Kills()
    process, came = rig.start(), 0
    while (left_to_kill := wanted - done.by_kind.total()) > 0 and time.monotonic() < deadline:
        if process.poll() is not None:
            if rig.complete():
                break
            process, came = rig.start(), len(rig.asked)
        a_kill_s = (deadline - time.monotonic()) / left_to_kill
        busy = done.start_s + 0.5 > a_kill_s
        kind = _chosen(chance, kinds, busy=busy)
        left = len(rig.expected) - rig.states()["done"]
        # A page is two requests, a random number is half its limit on average, and what is killed is asked for again.
        _wait(rig, process, chance, 4 * left // left_to_kill + 16, a_kill_s, done)
        if kind == "browser" and rig.states()["leased"] == 0:
            continue
        # Where starting takes longest, a crawler that is killed before its first request would never get anywhere.
        if kind == "crawler" and busy and len(rig.asked) == came and chance.random() > EARLY_SHARE:
            continue
        for pid in victims(process.pid, kind)[:1]:
            done.by_kind[kind] += kill(pid)
        if kind == "crawler":
            process.communicate()
            done.in_flight += rig.states()["leased"]
            if rig.complete():
                return done
            process, came = rig.start(), len(rig.asked)
        if done.by_kind.total() % 20 == 0:
            print(f"  {done.by_kind.total()} kills, {rig.states()['done']} pages done", file=sys.stderr, flush=True)
    process.kill()
    process.communicate()
    done.in_flight += rig.states()["leased"]
    return done


def _chosen(chance: random.Random, kinds: Sequence[str], *, busy: bool) -> str:
    shares = BUSY_SHARES if busy else SHARES
    return chance.choices(kinds, [shares[KINDS.index(kind)] for kind in kinds])[0]


def _wait(
    rig: Rig, process: subprocess.Popen[str], chance: random.Random, about: int, a_kill_s: float, done: Kills
) -> None:
    """Let up to `about` requests come in and a moment pass; now and then strike while the crawler still starts."""
    if chance.random() < 0.1:
        time.sleep(chance.random() * START_UP_S)
        return
    came, started = len(rig.asked), time.monotonic()
    until, deadline = came + chance.randint(0, max(about, 1)), started + min(LIFE_S, done.start_s + 2 * a_kill_s)
    first = True
    while len(rig.asked) <= until and process.poll() is None and time.monotonic() < deadline:
        if first and len(rig.asked) > came:
            first = False
            done.start_s = (done.start_s + time.monotonic() - started) / 2
        time.sleep(0.01)
    time.sleep(chance.random() * 0.3)


def finish(rig: Rig) -> str:
    """Run the same command until everything is seen; return what it said on stderr."""
    said = ""
    for _ in range(10):
        if rig.complete():
            break
        process = rig.start()
        said += process.communicate()[1]
    return said


def report(rig: Rig, kills: Kills, wanted: int, started: float) -> dict[str, object]:
    """Compare what the site gave with what the store knows."""
    seen = {(one.page_url, one.picture_url) for one in rig.store.log.after(0, 1_000_000)}
    asked = [url for url in rig.asked if "/i/" not in url]
    refusals = Counter[str]()
    for run in rig.store.pages.last_runs().values():
        refusals.update(run.refusals)
    return {
        "kills": {"all": kills.by_kind.total(), "wanted": wanted, **kills.by_kind},
        "pages": len(rig.expected),
        "pages_done": rig.states()["done"],
        "pages_lost": len(rig.expected) - rig.states()["done"],
        "pictures_lost": len(rig.expected - seen),
        "pages_asked_again": len(asked) - len(set(asked)),
        "in_flight_at_kills": kills.in_flight,
        "refusals": dict(refusals),
        "complete": rig.complete(),
        "browsers_left_behind": kills.orphans,
        "minutes": round((time.monotonic() - started) / 60, 1),
    }


def main() -> int:
    """Run the benchmark and print its report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks kill")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--pages", type=int, default=1500)
    parser.add_argument("--rendered", type=int, default=100, help="pages among them that need a browser")
    parser.add_argument("--minutes", type=float, default=30, help="share the kills out over so long; then finish")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    started, chance = time.monotonic(), random.Random(chosen.seed)
    with tempfile.TemporaryDirectory(prefix="watchlight-kill-") as home:
        before = left_behind("--watchlight-browser=")
        rig = Rig(Path(home), chosen.pages, chosen.rendered)
        kinds = KINDS if chosen.rendered else KINDS[:3]
        kills = kill_again_and_again(rig, chosen.kills, chance, kinds, chosen.minutes)
        said = finish(rig)
        time.sleep(2)
        kills.orphans = max(0, left_behind("--watchlight-browser=") - before)
        found = report(rig, kills, chosen.kills, started)
        rig.store.close()
    if chosen.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name.replace('_', ' '):<22} {value}")
    lost = found["pages_lost"] or found["pictures_lost"] or not found["complete"]
    too_much = (
        int(str(found["pages_asked_again"])) > kills.in_flight + kills.by_kind["worker"] + kills.by_kind["browser"]
    )
    if lost or too_much or found["refusals"]:
        print(said[-3000:], file=sys.stderr)
    return 1 if lost or too_much else 0


if __name__ == "__main__":
    os.environ.setdefault("WATCHLIGHT_LOG_LEVEL", "WARNING")
    sys.exit(main())
