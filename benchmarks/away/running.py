"""`watchlight run` while its stores are away: it crawls, matches and tells on once they are back."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import IO

from benchmarks.away.disk import SmallDisk
from benchmarks.away.postgresql import Postgres
from benchmarks.away.trial import DELAY_S, PAGES, Result, filled_site
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from matchers.fingerprint import fingerprint
from registry import cases, consents, enrolments, people
from registry.database import Registry
from tests.conftest import free_port, fresh_postgres
from tests.crawler.conftest import drawn

ENROLLED = 20
PATIENCE_S = 900.0
RESTART_S = 5.0
"""So long a service manager waits before it starts again what left."""
KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def run_through(disk: SmallDisk, seconds: float) -> Result:
    """Let `watchlight run` work on a disk that is full for a time; return what it came to."""
    home = disk.folder / "home"
    return _run_while(home, {}, lambda _, environ: f"doctor said {_full(disk, seconds, environ)}")


def run_without(server: Postgres, home: Path, seconds: float) -> Result:
    """Let `watchlight run` work on a PostgreSQL that is away for a time, and be started anew in the midst of it."""
    names = ("WATCHLIGHT_REGISTRY_DATABASE_URL", "WATCHLIGHT_CRAWL_DATABASE_URL")

    def away(watch: "Service", _: dict[str, str]) -> str:
        server.stop()
        time.sleep(seconds / 2)
        waited, code = dict(watch.left), watch.stop()
        watch.start()
        time.sleep(seconds / 2)
        server.start()
        return f"left by itself {waited} before it was stopped (exit code {code}), then {dict(watch.left)} in all"

    return _run_while(home, {name: fresh_postgres(server.uri) for name in names}, away)


class Service:
    """`watchlight run`, and whoever starts it again a while after it left, as a service manager does."""

    def __init__(self, environ: dict[str, str], said: IO[str]) -> None:
        self.starts, self.left = 0, Counter[int]()
        self._environ, self._said, self._stopped = environ, said, threading.Event()
        self._command = [sys.executable, "-m", "portal.cli", "run", "--port", str(free_port())]
        self.start()

    def start(self) -> None:
        """Keep it running from now on."""
        self._stopped.clear()
        self._process = self._started()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def stop(self) -> int:
        """Stop it for good; return how it left."""
        self._stopped.set()
        self._keeper.join()
        self._process.terminate()
        return self._process.wait(120)

    def _started(self) -> "subprocess.Popen[str]":
        self.starts += 1
        return subprocess.Popen(self._command, env=self._environ, stdout=self._said, stderr=subprocess.STDOUT)

    def _keep(self) -> None:
        while not self._stopped.wait(RESTART_S):
            if (code := self._process.poll()) is not None:
                self.left[code] += 1
                self._process = self._started()


def _run_while(home: Path, more: dict[str, str], away: Callable[[Service, dict[str, str]], str]) -> Result:
    """Let it work, take something away from it for a time, and return what it came to."""
    environ = {
        **os.environ,
        "WATCHLIGHT_HOME": str(home),
        "WATCHLIGHT_REGISTRY_KEY": KEY,
        "WATCHLIGHT_ALLOW_LOOPBACK": "1",
        "WATCHLIGHT_LOG_LEVEL": "WARNING",
        **more,
    }
    home.mkdir(mode=0o700)
    site, store, registry = filled_site(), CrawlStore.open(environ=environ), Registry.open(environ=environ)
    store.targets.add(CrawlTarget("site", (site.url("/"),), delay_s=DELAY_S, max_pages=10_000))
    _enrol(registry)
    with tempfile.TemporaryFile("w+") as said:
        watch = Service(environ, said)
        try:
            _until(lambda: _seen(store) >= PAGES // 10)
            before = _seen(store)
            happened = away(watch, environ)
            back = time.monotonic()
            _until(lambda: _complete(store) and not _behind(store, registry))
            after_s = time.monotonic() - back
        finally:
            code = watch.stop()
        said.seek(0)
        lines = [line for line in said.read().splitlines() if "Traceback" not in line]
    with registry.reading() as tx:
        exposures = [each.page_url for each in cases.exposures(tx)]
    seen = _seen(store)
    store.close()
    registry.close()
    site.server.shutdown()
    good = seen == PAGES and len(exposures) == len(set(exposures)) == ENROLLED and code == 0
    return Result(
        good,
        f"{before} pictures before, then {seen} of {PAGES} and {len(exposures)} of {ENROLLED} exposures, complete "
        f"{after_s:.0f} s after it was back, exit code {code}; {happened}; log: {_kinds(lines)}",
    )


def _enrol(registry: Registry) -> None:
    with registry.transaction("trial") as tx:
        person = people.add_person(tx, "Somebody", email="somebody@example.org")
        consents.give(tx, person)
        for number in range(0, PAGES, PAGES // ENROLLED):
            enrolments.enrol(tx, person, fingerprint(drawn(number)))


def _full(disk: SmallDisk, seconds: float, environ: dict[str, str]) -> str:
    """Keep the disk full, and ask the doctor half way."""
    filling = threading.Thread(target=disk.full_for, args=(seconds,))
    filling.start()
    time.sleep(seconds / 2)
    asked = subprocess.run(
        [sys.executable, "-m", "portal.cli", "doctor"], env=environ, capture_output=True, text=True, check=False
    )
    filling.join()
    return next((line for line in asked.stdout.splitlines() if "data folder" in line), "nothing")


def _seen(store: CrawlStore) -> int:
    return store.log.count_after(0)


def _complete(store: CrawlStore) -> bool:
    run = store.pages.last_runs().get("site")
    return run is not None and run.finished_at is not None


def _behind(store: CrawlStore, registry: Registry) -> int:
    with registry.reading() as tx:
        return store.log.count_after(cases.cursor(tx, "match"))


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            if true():
                return
        except Exception as error:  # noqa: BLE001 - a full disk may refuse a reader, too; the end decides
            print(f"  {type(error).__name__}", file=sys.stderr)
        time.sleep(0.5)


def _kinds(lines: list[str]) -> str:
    """Return how often the log said what, in short."""
    counted: dict[str, int] = {}
    for line in lines:
        if "waiting" in line or "failed" in line or "ended with" in line:
            words = line[line.find("]") + 1 :].strip()[:60] if "]" in line else line[-80:]
            counted[words] = counted.get(words, 0) + 1
    return json.dumps(dict(sorted(counted.items(), key=lambda one: -one[1])[:6]))
