"""`python -m benchmarks away [--seconds 60] [--only NAME ...]`: what a crawl stands on is away while it goes on.

The crawl store: SQLite locked by another program, on a full disk, on a disk that takes not a byte; PostgreSQL stopped,
and on a full disk. The workers: killed again and again. And `watchlight run` whole, with both stores on a disk that is
full, and on a PostgreSQL that is stopped, while it is started anew itself. Everything must come to its end by itself
with every page and picture (and exposure), and no more may be asked of the site meanwhile than the buffers hold. Exit
code 1 when something is missing. Valkey: `python -m benchmarks fleet
--away 60`. A disk of our own takes root; without, those are said to be left out.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.away import disk, running, trial
from benchmarks.away.postgresql import Postgres
from benchmarks.away.trial import Result
from tests.conftest import fresh_postgres


def locked(home: Path, seconds: float) -> Result:
    """SQLite, locked by another program."""
    path = home / "locked.sqlite3"
    return trial.crawl_through(f"sqlite:///{path}", lambda _: trial.hold_lock(path, seconds))


def refusing(home: Path, seconds: float) -> Result:
    """SQLite on a disk that takes not a byte."""
    return trial.crawl_through(f"sqlite:///{home / 'refusing.sqlite3'}", lambda pid: trial.refuse_writes(pid, seconds))


def full(home: Path, seconds: float) -> Result:
    """SQLite on a full disk."""
    small = disk.SmallDisk(home / "small", 24)
    try:
        return trial.crawl_through(f"sqlite:///{small.folder / 'crawl.sqlite3'}", lambda _: small.full_for(seconds))
    finally:
        small.end()


def stopped(home: Path, seconds: float) -> Result:
    """PostgreSQL, stopped and started again."""
    server = Postgres(home / "pg")
    try:
        return trial.crawl_through(fresh_postgres(server.uri), lambda _: server.away(seconds))
    finally:
        server.end()


def postgresql_full(home: Path, seconds: float) -> Result:
    """PostgreSQL on a full disk; a server that ends for it is started again, as a service manager does."""
    small = disk.SmallDisk(home / "pgdisk", 240)
    server = Postgres(small.folder / "pg")

    def fill(_pid: int) -> None:
        small.full_for(seconds)
        server.start()

    try:
        return trial.crawl_through(fresh_postgres(server.uri), fill)
    finally:
        server.end()
        small.end()


def workers(home: Path, seconds: float) -> Result:
    """The workers, killed again and again."""
    url = f"sqlite:///{home / 'workers.sqlite3'}"
    return trial.crawl_through(url, lambda pid: trial.kill_workers(pid, seconds), store_away=False)


def run(home: Path, seconds: float) -> Result:
    """`watchlight run`, with both stores on a full disk."""
    small = disk.SmallDisk(home / "rundisk", 64)
    try:
        return running.run_through(small, seconds)
    finally:
        small.end()


def run_without_server(home: Path, seconds: float) -> Result:
    """`watchlight run`, both stores on a PostgreSQL that is stopped, and itself started anew meanwhile."""
    server = Postgres(home / "pgrun")
    try:
        return running.run_without(server, home / "run", seconds)
    finally:
        server.end()


CASES: dict[str, Callable[[Path, float], Result]] = {
    "locked": locked,
    "refusing": refusing,
    "full": full,
    "stopped": stopped,
    "postgresql-full": postgresql_full,
    "workers": workers,
    "run": run,
    "run-postgresql": run_without_server,
}
NEED_A_DISK = ("full", "postgresql-full", "run")


def main() -> int:
    """Run the cases and print what came of each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks away")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--only", nargs="+", choices=list(CASES), default=list(CASES))
    chosen = parser.parse_args()
    home, good = Path(tempfile.mkdtemp(prefix="wl-away-")), True
    home.chmod(0o755)  # PostgreSQL does not run as root
    try:
        disk.apart()
        without = ""
    except disk.NoDisk as error:
        without = str(error)
    try:
        for name in chosen.only:
            if without and name in NEED_A_DISK:
                print(f"{name}: left out. {without}", flush=True)
                continue
            result = CASES[name](home, chosen.seconds)
            good = good and result.good
            print(f"{name} ({CASES[name].__doc__}) {'held' if result.good else 'FAILED'}: {result.words}", flush=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
