"""Processes of the trial, born warm: one parent imports everything once and forks, so that a start costs little.

What is killed is the crawler and the matcher as they are, from their entrance on; only imports are shared.
Starting each anew cost 2 to 5 s of a core, and a trial on two cores saw six kills in four minutes.
"""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.context import ForkServerContext, ForkServerProcess

PRELOADED = ["crawler.__main__", "crawler.crawling", "portal.house", "benchmarks.fleet.warm"]


def context() -> ForkServerContext:
    """Return a way to fork processes from one that has imported both; its environment is the one of this moment."""
    chosen = multiprocessing.get_context("forkserver")
    chosen.set_forkserver_preload(PRELOADED)
    return chosen


def crawl_what_is_due() -> None:
    """Do what `watchlight run --only crawl` does again and again: `python -m crawler --due` on the places that are."""
    from crawler.__main__ import main
    from crawler.errors import StoreUnavailable
    from crawler.store import CrawlStore

    try:
        store = CrawlStore.open()
    except StoreUnavailable:
        sys.exit(1)
    due = [target.name for target in store.targets.due(datetime.now(UTC))]
    store.close()
    if due:
        sys.argv = ["crawler", "--due", *due]
        sys.exit(main())


def match(port: int) -> None:
    """Do what `watchlight run --only match --port PORT` does."""
    from portal.house import keep_house

    # Standard output is the report's.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(bool(keep_house(port, ["match"])))


def match_cold(port: int) -> None:
    """Do the same where no machine code can be kept: the process makes all of it, as the first after an update."""
    from matchers.machine_code import Kept

    for name in ("load_overload", "save_overload"):
        setattr(Kept, name, lambda *_: None)
    match(port)


@dataclass
class Herd:
    """The processes of one kind: each place has one, which is born again when it ended."""

    births: Sequence[tuple[Callable[..., None], tuple[object, ...]]]
    """What to call in each process, and with what."""
    forked: ForkServerContext
    alive: list[ForkServerProcess | None] = field(default_factory=list)
    started: int = 0
    killed: int = 0
    codes: list[int] = field(default_factory=list)
    """How those ended that were not killed by the trial."""

    def revive(self) -> None:
        """Start whatever does not run."""
        self.alive = self.alive or [None] * len(self.births)
        for place, (called, arguments) in enumerate(self.births):
            process = self.alive[place]
            if process is not None and process.is_alive():
                continue
            if process is not None and process.exitcode not in (0, -signal.SIGKILL):
                self.codes.append(int(process.exitcode or 0))
            self.alive[place] = born = self.forked.Process(target=called, args=arguments)
            born.start()
            self.started += 1

    def kill(self, place: int) -> None:
        """`kill -9`."""
        victim = self.alive[place]
        if victim is not None and victim.is_alive():
            victim.kill()
            victim.join()
            self.killed += 1

    def pids(self) -> dict[int, int]:
        """Return the process id of each place that is alive."""
        return {place: int(one.pid or 0) for place, one in enumerate(self.alive) if one is not None and one.is_alive()}

    def end(self) -> None:
        """Kill what still runs."""
        for one in self.alive:
            if one is not None and one.is_alive():
                one.kill()
                one.join()

    def wait(self, seconds: float) -> None:
        """Wait until all have ended by themselves."""
        end = time.monotonic() + seconds
        for one in self.alive:
            if one is not None:
                one.join(max(0.0, end - time.monotonic()))
