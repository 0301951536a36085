"""The index of everybody who consents now, in the memory of one matching worker, in step with the registry."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from alerts import metrics
from alerts.in_turn import InTurn
from alerts.sharing import Share
from matchers import Index
from matchers.fingerprint import VERSION
from matchers.flat import MANY
from registry import enrolments
from registry.database import Registry
from registry.enrolments import Added, Removed

BATCH = 500  # sightings in one unit of work
FIRST_BATCH = 64
"""Sightings in the first: how long they take here and now, nobody knows yet."""
STEP = 2_000  # changes of enrolments taken in at once
AT_ONCE = 64
"""Of them those for which the index is held: 2.4 ms each, so that nobody waits for it longer than for a search."""

Progress = Callable[[int, int], None]
"""Told again and again how much is done, and of how much."""


@dataclass
class LiveIndex:
    """The index of everybody who consents now, kept in step with the registry.

    `position`: up to which change of the registry; `heeded`: up to which change everything that ended is out of it.
    `outdated`: photos whose fingerprint was made by older rules. They cannot be compared: they must be enrolled again.
    """

    index: Index = field(default_factory=Index)
    share: Share = field(default_factory=lambda: Share(FIRST_BATCH))
    position: int = 0
    heeded: int = 0
    outdated: set[UUID] = field(default_factory=set)
    lock: InTurn = field(default_factory=InTurn)
    """Held while the index changes and while it is searched, so that a thread of its own may keep it in step."""
    _filling: threading.Lock = field(default_factory=threading.Lock)
    _ended: set[UUID] = field(default_factory=set)
    """Of what ended, whatever `refresh` may still have in hand as it was before."""

    def refresh(self, registry: Registry, told: Progress | None = None) -> int:
        """Take in what was added and withdrawn since the last time; return how many changes that were.

        `told` hears how far that is, where it takes more than one step: at the start of a worker.
        """
        with self._filling:
            count, start = 0, self.position
            while changed := self._step(registry):
                count += changed
                if told is not None and count >= STEP:
                    with registry.reading() as tx:
                        newest = enrolments.newest_change(tx)
                    if count == changed:
                        told(start, newest)  # where an earlier time had come to
                    told(self.position, max(newest, self.position))
            if count:
                self.index.put_in_order(self.lock)
        metrics.OUTDATED.set(len(self.outdated))
        metrics.INDEX_POSITION.set(self.position)
        return count

    def heed(self, registry: Registry) -> int:
        """Take out what was withdrawn or erased since the last time; return how much that was.

        It waits for no import that `refresh` takes in, and for no search but the one of a few sightings.
        """
        with registry.reading() as tx:
            ended, newest = enrolments.ended(tx, self.heeded)
        if ended:
            with self.lock:
                self._take_out(ended)
                if newest > self.position:
                    self._ended.update(ended)
        self.heeded = newest
        metrics.WITHDRAWALS_HEEDED.set(newest)
        return len(ended)

    def _step(self, registry: Registry) -> int:
        """Take in up to STEP changes: of a million enrolments a few thousand are unsealed in memory at a time."""
        with registry.reading() as tx:
            changed, position = enrolments.changes(tx, self.position, most=STEP)
        if self._needs_machine_code(changed):
            from matchers.warming import warm_up

            warm_up()  # before the lock is held: it takes 10 s where nobody did it before
        for start in range(0, len(changed), AT_ONCE):
            with self.lock:
                self._apply(changed[start : start + AT_ONCE])
        with self.lock:
            self.position = position
            if position >= self.heeded:
                self._ended.clear()
        return len(changed)

    def _needs_machine_code(self, changed: list[Added | Removed]) -> bool:
        fps = [change.fingerprint for change in changed if isinstance(change, Added)]
        return len(self.index) + len(fps) >= MANY or any(fp.regions is not None for fp in fps)

    def _apply(self, changed: list[Added | Removed]) -> None:
        self._take_out([change.enrolment for change in changed])
        added = [each for each in changed if isinstance(each, Added) and each.enrolment not in self._ended]
        self.outdated.update(each.enrolment for each in added if each.fingerprint.version != VERSION)
        self.index.add_many((each.enrolment, each.fingerprint) for each in added if each.fingerprint.version == VERSION)

    def _take_out(self, some: list[UUID]) -> None:
        self.index.remove_many(some)
        self.outdated.difference_update(some)
