"""`python -m benchmarks away [--seconds 60]`: the crawl store is away while a crawl goes on.

Once SQLite, locked by another program; once PostgreSQL, stopped and started again. The crawl must come to its end by
itself with every page and picture. Exit code 1 when something is missing.
"""

import argparse
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.away.postgresql import Postgres
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from tests.conftest import fresh_postgres
from tests.crawler.conftest import LittleSite, crawler_environment, drawn

PAGES = 120


def filled_site() -> LittleSite:
    """A start page that links to PAGES pages, with one picture each."""
    site = LittleSite()
    site.pages["/"] = "".join(f'<a href="/{number}">x</a>' for number in range(PAGES))
    for number in range(PAGES):
        site.pages[f"/{number}"] = f'<img src="/{number}.jpg">'
        site.picture(f"/{number}.jpg", drawn(number))
    return site


def crawl_through(url: str, take_away: Callable[[float], None], seconds: float) -> tuple[bool, str]:
    """Crawl while the store at `url` is taken away for a time; return whether all was seen, and a sentence."""
    site, store = filled_site(), CrawlStore.open(url)
    store.targets.add(CrawlTarget("site", (site.url("/"),), delay_s=0.05))
    environ = crawler_environment(WATCHLIGHT_CRAWL_DATABASE_URL=url, WATCHLIGHT_LOG_LEVEL="ERROR")
    process = subprocess.Popen([sys.executable, "-m", "crawler", "site"], env=environ)
    while (run := store.pages.last_runs().get("site")) is None or run.pages < 5:
        time.sleep(0.2)
    store.close()
    before = run.pages
    take_away(seconds)
    alive = process.poll() is None
    code = process.wait(300)
    run, seen = store.pages.last_runs()["site"], len(store.log.after(0, 10_000))
    store.close()
    good = alive and code == 0 and run.pages == PAGES + 1 and seen == PAGES and not run.refusals
    sentence = (
        f"{before} pages before, away for {seconds:.0f} s, then {run.pages} of {PAGES + 1} pages and {seen} of {PAGES} "
        f"pictures, ended {run.ended_because!r}, exit code {code}, refusals {run.refusals}"
    )
    return good, sentence


def locked(path: Path) -> Callable[[float], None]:
    """Return how to hold SQLite's write lock."""

    def hold(seconds: float) -> None:
        other = sqlite3.connect(path, isolation_level=None, timeout=30)
        other.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        other.execute("ROLLBACK")
        other.close()

    return hold


def main() -> int:
    """Run both and print what came of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks away")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--store", choices=["sqlite", "postgresql"], help="only one of the two")
    chosen = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="wl-away-"))
    end: Callable[[], None] = lambda: None  # noqa: E731 - nothing to end until there is a server
    try:
        held = []
        if chosen.store != "postgresql":
            path = home / "crawl.sqlite3"
            good, said = crawl_through(f"sqlite:///{path}", locked(path), chosen.seconds)
            held.append(good)
            print(f"SQLite locked: {said}", flush=True)
        if chosen.store != "sqlite":
            server = Postgres(home / "pg")
            end = server.end
            good, said = crawl_through(fresh_postgres(server.uri), server.away, chosen.seconds)
            held.append(good)
            print(f"PostgreSQL stopped: {said}", flush=True)
    finally:
        end()
        shutil.rmtree(home, ignore_errors=True)
    return int(not all(held))


if __name__ == "__main__":
    sys.exit(main())
