"""The index of everybody who consents now, in the memory of one matching worker, in step with the registry."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from alerts import metrics
from alerts.sharing import Share
from matchers import Index
from matchers.fingerprint import VERSION
from registry import enrolments
from registry.database import Registry
from registry.enrolments import Added

BATCH = 500  # sightings in one unit of work
STEP = 2_000  # changes of enrolments taken in at once

Progress = Callable[[int, int], None]
"""Told again and again how much is done, and of how much."""


@dataclass
class LiveIndex:
    """The index of everybody who consents now, kept in step with the registry.

    `outdated`: photos whose fingerprint was made by older rules. They cannot be compared: they must be enrolled again.
    """

    index: Index = field(default_factory=Index)
    share: Share = field(default_factory=lambda: Share(BATCH))
    position: int = 0
    outdated: set[UUID] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)
    """Held while the index changes and while it is searched, so that a thread of its own may keep it in step."""

    def refresh(self, registry: Registry, told: Progress | None = None) -> int:
        """Take in what was added and withdrawn since the last time; return how many changes that were.

        `told` hears how far that is, where it takes more than one step: at the start of a worker.
        """
        count, start = 0, self.position
        with self.lock:
            while changed := self._step(registry):
                count += changed
                if told is not None and count >= STEP:
                    with registry.reading() as tx:
                        newest = enrolments.newest_change(tx)
                    if count == changed:
                        told(start, newest)  # where an earlier time had come to
                    told(self.position, max(newest, self.position))
        metrics.OUTDATED.set(len(self.outdated))
        metrics.INDEX_POSITION.set(self.position)
        return count

    def _step(self, registry: Registry) -> int:
        """Take in up to STEP changes: of a million enrolments a few thousand are unsealed in memory at a time."""
        with registry.reading() as tx:
            changed, self.position = enrolments.changes(tx, self.position, most=STEP)
        self.index.remove_many([change.enrolment for change in changed])
        self.outdated.difference_update(change.enrolment for change in changed)
        added = [change for change in changed if isinstance(change, Added)]
        self.outdated.update(each.enrolment for each in added if each.fingerprint.version != VERSION)
        self.index.add_many((each.enrolment, each.fingerprint) for each in added if each.fingerprint.version == VERSION)
        return len(changed)
