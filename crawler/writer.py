"""Writes to the crawl store, in batches and off the event loop; waits when the store is away or full, and then stops.

What is not written is not acknowledged: the leases of those pages stay, and the next crawl takes them up.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from typing import TypeVar

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError

from crawler import metrics
from crawler.errors import FleetAway, StoreUnavailable
from crawler.outcomes import Outcome
from crawler.store import CrawlStore, shared_store

T = TypeVar("T")

BATCH = 64
WINDOW_S = 0.2
PATIENCE_S = 600.0
BACKLOG = 400
READ_ONLY = "25006"

logger = logging.getLogger(__name__)


def is_full(error: BaseException) -> bool:
    """Return whether a database error means that there is no room left."""
    cause = getattr(error, "orig", error)
    words = str(cause).lower()
    return "disk is full" in words or "no space left" in words or getattr(cause, "sqlstate", "") == "53100"


def is_away(error: OperationalError | InterfaceError | InternalError) -> bool:
    """Return whether waiting may help: the database is locked, restarting, without its disk or cannot be reached."""
    words = str(error.orig).lower()
    if any(wrong in words for wrong in ("no such table", "no such column", "syntax error", "has no column")):
        return False
    state = str(getattr(error.orig, "sqlstate", None) or "08")
    # PostgreSQL classes: 08 connection, 40 rolled back, 53 short of something, 55 in use, 57 shutting down, 58 a disk
    # that fails; 25006 read-only, as after a fail-over.
    return state[:2] in ("08", "40", "53", "55", "57", "58") or state == READ_ONLY


class Writer:
    """The one writer of a process to one store. All its work runs in one thread, in order."""

    def __init__(self, store: CrawlStore) -> None:
        self.store = store
        self.failed: StoreUnavailable | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="crawl-store")
        self._waiting: list[Outcome] = []
        self._writing: list[Outcome] = []
        self._flushing: asyncio.Task[None] | None = None
        self._after: dict[int, Callable[[], None]] = {}

    def put(self, outcome: Outcome) -> None:
        """Take an outcome to be written soon."""
        self._waiting.append(outcome)
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.ensure_future(self._flush())

    def pending(self, run_id: int) -> int:
        """Return how many outcomes of a run are not durable yet."""
        return sum(one.entry.run_id == run_id for one in (*self._waiting, *self._writing))

    @property
    def behind(self) -> bool:
        """Whether no more work should be started until the store has caught up."""
        return self.failed is not None or len(self._waiting) > BACKLOG

    def after_flush(self, run_id: int, told: Callable[[], None]) -> None:
        """Call `told` whenever a batch became durable or the store failed."""
        self._after[run_id] = told

    def forget(self, run_id: int) -> None:
        """Tell nobody about this run any more."""
        self._after.pop(run_id, None)

    async def drain(self) -> None:
        """Wait until everything taken so far is durable, or the store has failed."""
        while self._flushing is not None and not self._flushing.done():
            await asyncio.shield(self._flushing)

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """Run one store function in the writer's thread; wait when the store is away.

        Raises StoreUnavailable when it has no room, or it or Valkey is away, for PATIENCE_S seconds.
        """
        loop = asyncio.get_running_loop()
        deadline, pause = time.monotonic() + PATIENCE_S, 0.1
        while True:
            if self.failed is not None:
                raise self.failed
            try:
                return await loop.run_in_executor(self._thread, function, *arguments)
            except FleetAway as error:
                if time.monotonic() > deadline:
                    raise self._give_up(error) from error
                metrics.fleet_away.labels(reason=str(error)).inc()
                logger.warning("Valkey is away, waiting: %s", error)
                await asyncio.sleep(min(pause, 1.0))
                pause *= 2
            except (OperationalError, InterfaceError, InternalError) as error:
                if not is_away(error) and not is_full(error):
                    raise
                if time.monotonic() > deadline:
                    raise self._give_up(error) from error
                metrics.store_retries.labels(reason=type(error.orig).__name__).inc()
                logger.warning("the crawl store %s, waiting: %s", _trouble(error), type(error.orig).__name__)
                self.store.engine.dispose()
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)

    def fail(self, error: Exception) -> None:
        """Stop all crawls of this process because of a mistake of ours; the cause is kept and logged."""
        logger.error("the crawl cannot go on", exc_info=error)
        self.failed = StoreUnavailable(f"The crawl stopped on an unexpected {type(error).__name__}; see the log.")
        self.failed.__cause__ = error

    def _give_up(self, error: BaseException) -> StoreUnavailable:
        what = "The crawl store has no room left" if is_full(error) else f"{_name(error)} stayed away too long"
        self.failed = StoreUnavailable(
            f"{what}, so the crawl stopped. Nothing accepted is lost: make room or bring the "
            "database or Valkey back, then run the same command again."
        )
        logger.error("%s; stopping", what)
        return self.failed

    async def _flush(self) -> None:
        await asyncio.sleep(WINDOW_S)
        while self._waiting and self.failed is None:
            self._writing, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            try:
                with metrics.flush_seconds.time():
                    await self.run(_write, self.store, self._writing)
                self._writing = []
            except StoreUnavailable:
                self._waiting.clear()
            except Exception as error:  # noqa: BLE001 - an unwritten page must stop the crawl, not vanish
                self.fail(error)
                self._waiting.clear()
            for told in list(self._after.values()):
                told()

    def close(self) -> None:
        """End the writer's thread."""
        self._thread.shutdown(wait=True)


def _name(error: BaseException) -> str:
    return "Valkey" if isinstance(error, FleetAway) else "The crawl store"


def _trouble(error: BaseException) -> str:
    """Say what an operator can look at; an error's own words may name addresses."""
    words = str(getattr(error, "orig", error)).lower()
    if is_full(error):
        return "has no room left (make some on its disk)"
    if "readonly" in words or "read-only" in words or "disk i/o" in words:
        return "cannot be written (look at its disk)"
    return "is away"


def _write(store: CrawlStore, outcomes: list[Outcome]) -> None:
    """Make a batch durable: sightings first, so that no page is ever done without them."""
    for run_id in sorted({one.entry.run_id for one in outcomes}):
        ours = [one for one in outcomes if one.entry.run_id == run_id and one.sightings]
        if ours:
            new = store.log.append([sighting for one in ours for sighting in one.sightings])
            ours[0].new_sightings += new
            _told(ours, new)
            for one in ours:
                one.sightings = []
    store.frontier.settle(outcomes, datetime.now(UTC))


def _told(outcomes: Iterable[Outcome], new: int) -> None:
    for one in outcomes:
        metrics.pictures.labels(target=one.entry.target, outcome="sighted").inc(len(one.sightings))
    metrics.new_sightings.inc(new)


@cache
def shared_writer(url: str) -> Writer:
    """Return the one writer of this process to the store at `url`."""
    return Writer(shared_store(url))
