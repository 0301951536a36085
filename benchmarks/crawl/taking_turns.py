"""Crawlers take turns on the parts of one site, measured from outside: by the server's book and the kernel's clock."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.crawl.site import Book, Site


@dataclass(frozen=True)
class Crawler:
    """One contestant: a name, and the module and words it is started with after the address."""

    name: str
    module: str
    words: tuple[str, ...] = ()
    hashes: bool = True


@dataclass(frozen=True)
class Lap:
    """One part crawled by one crawler: seconds from the first request to the end of its process, and of processors."""

    wall_s: float
    cpu_s: float
    memory_mb: float
    book: Book
    counts: dict[str, int]


@dataclass
class Score:
    """All laps of one crawler, and what it costs to start one, measured on a site of one empty page."""

    crawler: Crawler
    idle: Lap
    laps: list[Lap] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """Return the pages and pictures it was answered."""
        return sum(lap.book.requests for lap in self.laps)

    @property
    def pages(self) -> int:
        """Return the pages it says it read."""
        return sum(lap.counts["pages"] for lap in self.laps)

    @property
    def pictures(self) -> int:
        """Return the pictures it says it looked at."""
        return sum(lap.counts["pictures"] for lap in self.laps)

    @property
    def a_second(self) -> float:
        """Return requests a second on the wall, from the first request to the end, without what an idle end takes."""
        return self.requests / sum(max(lap.wall_s - self.idle.wall_s, 0.01) for lap in self.laps)

    @property
    def cpu_ms(self) -> float:
        """Return milliseconds of processor time a request, all its processes together, without starting them."""
        return 1000 * sum(max(lap.cpu_s - self.idle.cpu_s, 0.001) for lap in self.laps) / max(self.requests, 1)


def race(site: Site, crawlers: Sequence[Crawler]) -> list[Score]:
    """Let every crawler crawl every part; who begins changes from part to part."""
    scores = [Score(crawler, _idle(site, crawler)) for crawler in crawlers]
    for part in range(site.parts):
        turn = part % len(scores)
        for score in scores[turn:] + scores[:turn]:
            score.laps.append(_lap(site, score.crawler, site.start(part)))
            _tell(part, score)
    return scores


def _idle(site: Site, crawler: Crawler) -> Lap:
    """Start it twice for nothing: the first time files are read that lie in memory from then on."""
    return min((_lap(site, crawler, site.empty) for _ in range(2)), key=lambda lap: lap.cpu_s)


def _tell(part: int, score: Score) -> None:
    lap = score.laps[-1]
    print(
        f"  part {part + 1}: {score.crawler.name}: {lap.book.requests} requests, {lap.wall_s:.1f} s, "
        f"{lap.cpu_s:.1f} s of processors, {lap.counts}",
        file=sys.stderr,
        flush=True,
    )


def _lap(site: Site, crawler: Crawler, start: str) -> Lap:
    site.clear()
    command = [sys.executable, "-m", f"benchmarks.crawl.{crawler.module}", start, *crawler.words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    said = process.stdout.read()
    ended = time.time()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{crawler.name} ended with {process.returncode}; the benchmark is of no use.")
    book = site.read()
    return Lap(
        wall_s=ended - book.first,
        cpu_s=used.ru_utime + used.ru_stime,
        memory_mb=used.ru_maxrss / 1024,
        book=book,
        counts=json.loads(said.decode().splitlines()[-1]),
    )
