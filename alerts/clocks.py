"""Clocks: until when the reader of a notice must act by law, or should have by experience."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.notices.facts import Facts


@dataclass(frozen=True)
class Clock:
    """When the time for one notice is over. `binding` says whether a law sets it, `basis` where it is from."""

    due_at: datetime
    binding: bool
    without_delay: bool
    basis: str
    as_of: str

    def over(self, now: datetime) -> bool:
        """Say whether the time has run out."""
        return now >= self.due_at


DEFAULT = timedelta(days=7)  # for a notice that no fact gives a time for


def clock_of(notice_type: str, sent_at: datetime, known: Facts) -> Clock:
    """Return the clock that began when a notice was sent."""
    fact = known.clock(notice_type)
    if fact is None:
        return Clock(sent_at + DEFAULT, False, False, "our own expectation", str(known.today))
    length = timedelta(hours=fact.get("hours", 0), days=fact.get("days", 0))
    return Clock(
        due_at=sent_at + length,
        binding=bool(fact["binding"]),
        without_delay=bool(fact.get("without_delay", False)),
        basis=str(fact["basis"]),
        as_of=str(fact["as_of"]),
    )
