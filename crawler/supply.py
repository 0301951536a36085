"""What a crawl has to do next: entries leased ahead of need, and the quiet between two questions to the store."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crawler.errors import StoreUnavailable
from crawler.hand import Hand
from crawler.memory import Gave, Memory
from crawler.outcomes import Entry
from crawler.settling import left_for_later
from crawler.targets import CrawlTarget
from crawler.writer import Writer
from matchers import owners

AHEAD = 16
"""Entries leased at once, and near enough to be asked for soon while more are leased."""
PATIENCE_S = 90.0
"""How long a crawl stays open for entries that wait for later; beyond that the next crawl takes them."""
LULL_S = 0.5
"""How long nobody asks the store again after it had nothing to hand out, unless a page became durable meanwhile."""
OTHERS_S = 0.5
"""How often a crawler with nothing to do asks what others found that hold the last entries."""


@dataclass(frozen=True)
class Crawl:
    """What the supply asks of its crawl: whether it wants more, whether pages are in work, and to be asked again."""

    wants_more: Callable[[], bool]
    in_work: Callable[[], bool]
    nudge: Callable[[], None]


class Supply:
    """Entries of one run, leased ahead and handed out in the order of their sites' turns."""

    def __init__(self, writer: Writer, run_id: int, target: CrawlTarget, hand: Hand, crawl: Crawl) -> None:
        self.writer = writer
        self.run_id = run_id
        self.target = target
        self.hand = hand
        self.crawl = crawl
        self.owner = owners.this_process()
        self.memories: dict[int, Memory] = {}
        self.due_only = False
        self.drained = False
        self._stirring = False
        self._lull_until = 0.0
        self._refilling: asyncio.Task[None] | None = None
        self._waking: asyncio.TimerHandle | None = None

    def next(self) -> Entry | None:
        """Return the next entry to be asked for, or None when none is at hand or no site's turn is near."""
        if self.hand.near() < AHEAD // 2:
            self.refill()
        entry = self.hand.take()
        if entry is None and (wait := self.hand.near_in_s()) is not None:
            self._wake(max(wait, 0.01))
        return entry

    def _wake(self, wait_s: float) -> None:
        """Have the engine ask again when a turn comes near."""
        if self._waking is not None:
            self._waking.cancel()
        self._waking = asyncio.get_running_loop().call_later(wait_s, self.crawl.nudge)

    def refill(self) -> None:
        """Lease more, unless that is under way or there was nothing a moment ago."""
        if self.drained or not self.crawl.wants_more() or self.writer.behind or time.monotonic() < self._lull_until:
            return
        if len(self.hand) < self.writer.store.frontier.at_hand and (self._refilling is None or self._refilling.done()):
            self._refilling = asyncio.ensure_future(self._lease())

    def end(self) -> None:
        """Lease nothing any more."""
        if self._refilling is not None:
            self._refilling.cancel()
        if self._waking is not None:
            self._waking.cancel()

    def stirred(self) -> None:
        """A batch became durable: there may be new entries."""
        self.drained = False
        self._stirring = True
        self._lull_until = 0.0
        self.refill()
        self.crawl.nudge()

    async def _lease(self) -> None:
        frontier = self.writer.store.frontier
        try:
            # Stirred again while asking: what became durable meanwhile may not have been in the answer.
            while True:
                self._stirring = False
                ahead = self.hand.ahead()
                leased = await self.writer.run(frontier.lease, self.run_id, self.owner, AHEAD, _now(), ahead)
                if leased:
                    self.hand.add(await self._recalled(leased))
                enough = self.hand.near() >= AHEAD // 2 or len(self.hand) >= frontier.at_hand
                if enough or self.writer.behind or not (leased or self._stirring):
                    break
            if not (leased or self.hand or self.crawl.in_work() or self.writer.pending(self.run_id)):
                await self._wait_or_end()
            elif not leased and not self.writer.behind:
                self._lull()
        except StoreUnavailable:
            self.drained = True
        except Exception as error:  # noqa: BLE001 - a background task must not leave the crawl waiting for ever
            self.writer.fail(error)
        if self.hand or time.monotonic() >= self._lull_until:
            self.crawl.nudge()

    async def _recalled(self, leased: list[Entry]) -> list[Entry]:
        """Return the entries to ask for, with their memories at hand; pages not due are settled from memory."""
        pages = self.writer.store.pages
        memories = await self.writer.run(pages.memories, self.target.name, [entry.address for entry in leased])
        wanted = []
        for entry in leased:
            memory = memories.get(entry.address)
            if memory is None:
                wanted.append(entry)
            elif (
                self.due_only
                and not memory.is_due(_now())
                and (gave := Gave.unpacked(memory.gave)).serves(self.target, entry.depth)
            ):
                self.writer.put(left_for_later(entry, gave))
            else:
                self.memories[entry.id] = memory
                wanted.append(entry)
        return wanted

    def _lull(self) -> None:
        """Everything there is, is in work or its site's turn is far: only what a page gives, or time, brings more."""
        self._lull_until = time.monotonic() + LULL_S
        asyncio.get_running_loop().call_later(LULL_S, self.crawl.nudge)

    async def _wait_or_end(self) -> None:
        """Nothing is at hand and nothing in work: wait for what is due soon or others find, or let the crawl end."""
        frontier = self.writer.store.frontier
        left = await self.writer.run(frontier.left, self.run_id, _now())
        if left.leased:
            await self.writer.run(frontier.reclaim, self.run_id, _now())
        if left.leased or left.waiting:
            await asyncio.sleep(OTHERS_S if left.leased else 0.05)
            return
        soon = _now() + timedelta(seconds=PATIENCE_S)
        if left.next_at is not None and left.next_at <= soon:
            await asyncio.sleep(min(max((left.next_at - _now()).total_seconds(), 0.05), 5.0))
        else:
            self.drained = True


def _now() -> datetime:
    return datetime.now(UTC)
