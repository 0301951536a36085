"""How matching workers share the log: each takes a range of it, and one that was left behind before a new one."""

from dataclasses import dataclass

from matchers import owners
from matchers.sightings import Sighting, SightingLog
from registry import ranges
from registry.database import Registry
from registry.ranges import Range

LONGEST_S = 2.0
"""Seconds one range should take, so that a withdrawal is in every index soon; slow machines take shorter ranges."""
SHORTEST = 16


@dataclass
class Share:
    """How many sightings this worker takes at a time; it follows how long they took."""

    size: int

    def took(self, sightings: int, seconds: float, most: int) -> None:
        """Learn from a range."""
        if seconds > LONGEST_S:
            self.size = max(SHORTEST, int(sightings * LONGEST_S / seconds))
        elif sightings >= self.size and seconds < LONGEST_S / 2:
            self.size = min(most, self.size * 2)


def next_range(registry: Registry, log: SightingLog, reader: str, size: int) -> tuple[Range, list[Sighting]] | None:
    """Take a range of the log for this process; return it with its sightings, None when there is none to take."""
    holder = owners.this_process()
    while True:
        with registry.reading() as tx:
            left_behind, after = ranges.any_left_behind(tx, reader), ranges.first_free(tx, reader)
        if left_behind:
            with registry.transaction("matching") as tx:
                taken = ranges.take_left_behind(tx, reader, holder)
            if taken is not None:
                return taken, _of(log, taken)
        sightings = log.after(after, size)
        if not sightings:
            return None
        last = sightings[-1].id
        assert last is not None, "a sighting read from the log has its number"
        with registry.transaction("matching") as tx:
            taken = ranges.take(tx, reader, after, last, holder)
        if taken is not None:
            return taken, sightings


def _of(log: SightingLog, taken: Range) -> list[Sighting]:
    """Return what is still kept of a range."""
    found = log.after(taken.after, taken.upto - taken.after)
    return [one for one in found if one.id is not None and one.id <= taken.upto]
