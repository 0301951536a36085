"""The duty to crawl what is due, in a child process; it needs the crawl store and nothing of any person."""

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from crawler.run import start_crawl
from crawler.store import CrawlStore
from portal.loops import Loop

CHILD_STOP_S = 30.0
LEAST_REST = timedelta(minutes=1)


class Child:
    """One process of the crawler at a time, started by us and stopped by us."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def busy(self) -> bool:
        """Return whether it still runs; one that ended badly is told of by raising, once."""
        if self.process is None:
            return False
        code = self.process.poll()
        if code is None:
            return True
        self.process = None
        if code != 0:
            raise RuntimeError(f"the crawler ended with code {code}; its own lines above say why")
        return False

    def stop(self) -> None:
        """Ask it to end cleanly, wait, and kill it only when it does not: the frontier survives both."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(CHILD_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class Crawling:
    """Starts the crawls, one crawler process at a time."""

    store: CrawlStore
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    child: Child = field(default_factory=Child)
    started: dict[str, datetime] = field(default_factory=dict)

    def loops(self) -> list[Loop]:
        """Return the duty with its rhythm, in seconds."""
        return [Loop("crawl", self.crawl, 5.0)]

    def crawl(self) -> bool:
        """Start a crawl of what is due, one crawler process at a time."""
        if self.child.busy():
            return False
        now = datetime.now(UTC)
        names = [target.name for target in self.store.targets.due(now) if self._rested(target.name, now)]
        if names:
            self.child.process = start_crawl(names, environ=self.environ, arguments=["--due"])
            self.started |= dict.fromkeys(names, now)
        return False

    def _rested(self, name: str, now: datetime) -> bool:
        """Say whether a place was left alone for a while: one that asked us to come later stays due until then."""
        return name not in self.started or now - self.started[name] >= LEAST_REST

    def stop(self) -> None:
        """Stop the crawler's process."""
        self.child.stop()
