"""One trial: a crawl of the real process, something taken away from it for a time, and what it made of that."""

import resource
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kill.processes import kill, victims
from crawler.scheduler import IN_WORK
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from crawler.writer import BACKLOG, BATCH
from tests.crawler.conftest import LittleSite, crawler_environment, drawn

PAGES = 900
DELAY_S = 0.04
MOST_ASKED = BACKLOG + BATCH + IN_WORK
"""Pages that may wait to be written, with the batch being written and those in work."""


@dataclass(frozen=True)
class Result:
    """Whether everything was held that must be, and what happened in a sentence."""

    good: bool
    words: str


def filled_site(pages: int = PAGES) -> LittleSite:
    """A start page that links to so many pages, with one picture each."""
    site = LittleSite()
    site.pages["/"] = "".join(f'<a href="/{number}">x</a>' for number in range(pages))
    for number in range(pages):
        site.pages[f"/{number}"] = f'<img src="/{number}.jpg">'
        site.picture(f"/{number}.jpg", drawn(number))
    return site


def pages_asked(site: LittleSite) -> int:
    """Return how many requests for pages the site got."""
    return sum(path.strip("/").isdigit() for path in list(site.asked))


def crawl_through(url: str, take_away: Callable[[int], None], *, store_away: bool = True) -> Result:
    """Crawl while something of the crawler (its process id is told) is taken away for a time: its store, or others."""
    site, store = filled_site(), CrawlStore.open(url)
    store.targets.add(CrawlTarget("site", (site.url("/"),), delay_s=DELAY_S, max_pages=10_000))
    environ = crawler_environment(WATCHLIGHT_CRAWL_DATABASE_URL=url)
    command = [sys.executable, "-m", "crawler", "site"]
    process = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True)
    said: list[str] = []
    # Through a pipe: a log in a file would be refused with the rest.
    threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True).start()
    while (run := store.pages.last_runs().get("site")) is None or run.pages < 5:
        time.sleep(0.2)
    store.close()
    before, asked = run.pages, pages_asked(site)
    take_away(process.pid)
    asked, alive, code = pages_asked(site) - asked, process.poll() is None, process.wait(600)
    run, seen = store.pages.last_runs()["site"], len(store.log.after(0, 10_000))
    store.close()
    site.server.shutdown()
    bounded = asked <= MOST_ASKED if store_away else asked > 0
    return Result(
        bounded and alive and code == 0 and run.pages == PAGES + 1 and seen == PAGES and not run.refusals,
        f"{before} pages before, {asked} asked for meanwhile ({MOST_ASKED} fit in), then {run.pages} of {PAGES + 1} "
        f"pages and {seen} of {PAGES} pictures, ended {run.ended_because!r}, exit code {code}, refusals "
        f"{run.refusals}; it said {_complaints(said) or 'nothing'}",
    )


def _complaints(lines: Sequence[str]) -> list[str]:
    """Return the different lines of a log that speak of the store, without time and level, or of what is unforeseen."""
    spoken = {line[line.index("the crawl store") :].strip()[:90] for line in lines if "the crawl store" in line}
    return sorted(spoken | {line for line in lines if line.startswith("Traceback")})


def hold_lock(path: Path, seconds: float) -> None:
    """Hold SQLite's write lock."""
    other = sqlite3.connect(path, isolation_level=None, timeout=30)
    other.execute("BEGIN IMMEDIATE")
    time.sleep(seconds)
    other.execute("ROLLBACK")
    other.close()


def refuse_writes(pid: int, seconds: float) -> None:
    """Let the kernel refuse every byte a process would write to a file."""
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    time.sleep(seconds)
    if Path(f"/proc/{pid}").exists():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


def kill_workers(pid: int, seconds: float) -> None:
    """Kill every worker, and now and then the server that forks them, again and again."""
    end, killed = time.monotonic() + seconds, 0
    while time.monotonic() < end and Path(f"/proc/{pid}").exists():
        for kind in ("worker", "fork server") if killed % 5 == 4 else ("worker",):
            killed += sum(kill(victim) for victim in victims(pid, kind))
        time.sleep(1.0)
    print(f"  {killed} kills of workers", file=sys.stderr, flush=True)
