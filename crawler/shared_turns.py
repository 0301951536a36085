"""When each site may be asked next, shared by the processes of one crawl store: a crawl and a re-check keep one pace.

A small file beside the store, mapped into memory and locked for a moment. A turn is booked when it is taken, never
ahead, so a process that is killed takes no turns with it. Sites are in it as digests; a site that waits no longer makes
room for others.
"""

import asyncio
import errno
import fcntl
import mmap
import os
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from crawler.errors import StoreUnavailable
from crawler.pacing import PATIENCE_S, RETRY_AFTER_LIMIT_S, TICK_S, OwnPace, Turn, later
from crawler.refusals import Stopping

RECORD = struct.Struct("<8sd")
PLACES = 65_536
PROBES = 16
LONGEST_S = RETRY_AFTER_LIMIT_S + 60.0
"""A time further ahead than any site can ask for comes from a clock that was set back; it is not believed."""


class SharedTurns:
    """The table: digest of a site -> the time (of day, seconds) before which nobody asks it."""

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(self._descriptor, PLACES * RECORD.size)
            # Room for all of it now: the kernel ends a process that writes into a mapped file where the disk is full.
            os.posix_fallocate(self._descriptor, 0, PLACES * RECORD.size)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):  # a file system that cannot promise room
                raise StoreUnavailable(
                    f"{file.parent} has no room ({error.strerror}), so nothing was begun. Make room, then run it again."
                ) from error
        self._table = mmap.mmap(self._descriptor, PLACES * RECORD.size)

    def take(self, site: str, pause_s: float) -> float:
        """Take a turn and return 0.0, or return how many seconds it is away; nothing is booked then."""
        with self._locked():
            now = time.time()
            place, next_at = self._find(site, now)
            if next_at > now:
                return next_at - now
            self._write(place, site, now + pause_s)
            return 0.0

    def hold(self, site: str, seconds: float) -> None:
        """Let nobody ask this site for so long."""
        with self._locked():
            now = time.time()
            place, next_at = self._find(site, now)
            self._write(place, site, max(next_at, now + seconds))

    def _find(self, site: str, now: float) -> tuple[int, float]:
        """Return where a site is or may be written, and its time; where all is taken, the one that waits least."""
        key = _key(site)
        first = int.from_bytes(key, "little")
        free: tuple[float, int] | None = None
        for step in range(PROBES):
            place = (first + step) % PLACES
            there, next_at = RECORD.unpack_from(self._table, place * RECORD.size)
            waits = next_at if now < next_at <= now + LONGEST_S else 0.0
            if there == key:
                return place, waits
            if free is None or waits < free[0]:
                free = (waits, place)
        assert free is not None
        return free[1], 0.0

    def _write(self, place: int, site: str, next_at: float) -> None:
        RECORD.pack_into(self._table, place * RECORD.size, _key(site), next_at)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)


def _key(site: str) -> bytes:
    return blake2b(site.encode(), digest_size=8).digest()


class StorePace(OwnPace):
    """The rhythm of this process, in step with every other process of the same store."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._turns = SharedTurns(file)

    async def turn(self, name: str, delay_s: float, stopping: Callable[[], bool]) -> Turn:
        """Wait for this request's turn. Raises Later when the site asked for a long pause, Stopping at the end."""
        turn = await super().turn(name, delay_s, stopping)
        pause_s = max(delay_s, self.site(name).crawl_delay_s)
        while (wait := self._turns.take(name, pause_s)) > 0:
            if stopping():
                raise Stopping
            if wait > max(PATIENCE_S, pause_s):
                raise later(wait)
            await asyncio.sleep(min(wait, TICK_S))
        return turn

    async def asked_to_wait(self, name: str, retry_after_s: float | None) -> float:
        """Nobody asks this site again before the time it named, or a pause that doubles; return how long that is."""
        wait = await super().asked_to_wait(name, retry_after_s)
        self._turns.hold(name, wait)
        return wait
