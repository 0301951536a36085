"""`watchlight run` while the disk of both its stores is full: it crawls, matches and tells on once there is room."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable

from benchmarks.away.disk import SmallDisk
from benchmarks.away.trial import DELAY_S, PAGES, Result, filled_site
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from matchers.fingerprint import fingerprint
from registry import cases, consents, enrolments, people
from registry.database import Registry
from tests.conftest import free_port
from tests.crawler.conftest import drawn

ENROLLED = 20
PATIENCE_S = 900.0
KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def run_through(disk: SmallDisk, seconds: float) -> Result:
    """Let `watchlight run` work on a disk that is full for a time; return what it came to."""
    environ = {
        **os.environ,
        "WATCHLIGHT_HOME": str(disk.folder / "home"),
        "WATCHLIGHT_REGISTRY_KEY": KEY,
        "WATCHLIGHT_ALLOW_LOOPBACK": "1",
        "WATCHLIGHT_LOG_LEVEL": "WARNING",
    }
    (disk.folder / "home").mkdir(mode=0o700)
    site, store, registry = filled_site(), CrawlStore.open(environ=environ), Registry.open(environ=environ)
    store.targets.add(CrawlTarget("site", (site.url("/"),), delay_s=DELAY_S, max_pages=10_000))
    _enrol(registry)
    command = [sys.executable, "-m", "portal.cli", "run", "--port", str(free_port())]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, env=environ, stdout=said, stderr=subprocess.STDOUT)
        try:
            _until(lambda: _seen(store) >= PAGES // 10)
            before = _seen(store)
            doctor = _full(disk, seconds, environ)
            full = time.monotonic()
            _until(lambda: _complete(store) and not _behind(store, registry))
            after_s = time.monotonic() - full
        finally:
            process.terminate()
            code = process.wait(120)
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
        f"{after_s:.0f} s after there was room, exit code {code}; doctor said {doctor}; log: {_kinds(lines)}",
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
