"""Start a crawl in a process of its own, and read from the store how it goes. Imports nothing of Scrapy."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from crawler.records import Run
from crawler.store import CrawlStore
from matchers.sightings import crawl_database_url


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the crawls of some targets are, all together."""

    pages_done: int = 0
    pages_waiting: int = 0
    pictures: int = 0
    sightings: int = 0
    refusals: dict[str, int] = field(default_factory=dict)


def start_crawl(
    targets: Sequence[str] = (),
    urls: Sequence[str] = (),
    environ: Mapping[str, str] = os.environ,
    *,
    arguments: Sequence[str] = (),
    quiet: bool = True,
) -> "subprocess.Popen[bytes]":
    """Start `python -m crawler` on these targets (none: all that are not paused) and addresses.

    The process gets the environment without the registry's address and key: a crawler knows no people.
    SIGTERM stops it cleanly. With `quiet` it logs warnings only.
    """
    command = [sys.executable, "-m", "crawler", *targets]
    for url in urls:
        command += ["--url", url]
    inner = {name: value for name, value in environ.items() if not name.startswith("WATCHLIGHT_REGISTRY_")}
    # Where the data lies may depend on HOME or WATCHLIGHT_HOME; say it once, as it is seen here.
    inner["WATCHLIGHT_CRAWL_DATABASE_URL"] = crawl_database_url(environ)
    inner.setdefault("WATCHLIGHT_LOG_LEVEL", "WARNING" if quiet else "INFO")
    house = str(Path(__file__).resolve().parents[1])
    inner["PYTHONPATH"] = os.pathsep.join(part for part in (house, inner.get("PYTHONPATH", "")) if part)
    return subprocess.Popen([*command, *arguments], env=inner, stdin=subprocess.DEVNULL)


def progress(store: CrawlStore, since: datetime | None = None) -> Progress:
    """Return how far the crawls are: those that are open, and those that ended after `since`."""
    runs = [run for run in store.pages.last_runs().values() if _counts(run, since)]
    now = datetime.now(UTC)
    left = [store.frontier.left(run.id, now) for run in runs if run.finished_at is None]
    return Progress(
        pages_done=sum(run.pages for run in runs),
        pages_waiting=sum(one.waiting + one.leased + one.later for one in left),
        pictures=sum(run.pictures for run in runs),
        sightings=sum(run.new_sightings for run in runs),
        refusals=dict(sum((Counter(run.refusals) for run in runs), Counter[str]()).most_common()),
    )


def _counts(run: Run, since: datetime | None) -> bool:
    return run.finished_at is None or since is None or run.finished_at >= since


def last_crawls(store: CrawlStore) -> dict[str, Run]:
    """Return the last crawl of every target, in counts: when, pages, pictures, new sightings, refusals."""
    return store.pages.last_runs()
