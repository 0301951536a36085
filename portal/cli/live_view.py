"""How a crawl is going, while it goes: a table on a terminal, plain lines elsewhere; read from the crawl store."""

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from portal.cli import say

if TYPE_CHECKING:
    from rich.console import RenderableType

    from crawler.coverage import RunCoverage

TICK_S = 0.5
LINE_S = 5.0
WINDOW_S = 30.0
"""Rates are those of the last half minute."""
SHOWN = 12
REASONS = 8


@dataclass
class Rate:
    """How fast a number grows: per minute, over the last WINDOW_S seconds."""

    seen: deque[tuple[float, int]] = field(default_factory=deque)

    def take(self, number: int, now: float) -> float:
        """Note the number and return its growth per minute."""
        self.seen.append((now, number))
        while len(self.seen) > 2 and now - self.seen[0][0] > WINDOW_S:
            self.seen.popleft()
        first_at, first = self.seen[0]
        return (number - first) * 60 / (now - first_at) if now > first_at else 0.0


@dataclass(frozen=True)
class State:
    """One look at the crawls under way: each with what waits for it, and how fast all of them go."""

    runs: "list[tuple[RunCoverage, int]]"
    pages_a_minute: float
    pictures_a_minute: float
    refusals: dict[str, int]

    @property
    def pages(self) -> int:
        """Pages done, whatever came of them."""
        return sum(run.pages.seen + run.pages.missed + run.pages.not_due for run, _ in self.runs)

    @property
    def waiting(self) -> int:
        """Pages that wait or are under way."""
        return sum(waiting for _, waiting in self.runs)

    @property
    def minutes_left(self) -> float | None:
        """Minutes until what is known is done, at this pace; None while nobody can say, or nothing waits."""
        return self.waiting / self.pages_a_minute if self.waiting and self.pages_a_minute > 0 else None

    def in_words(self) -> str:
        """Say it in one line."""
        left = "" if self.minutes_left is None else f", about {max(round(self.minutes_left), 1)} min left"
        refused = ", ".join(f"{count} x {reason}" for reason, count in list(self.refusals.items())[:3])
        return (
            f"{self.pages} pages done ({self.pages_a_minute:.0f}/min), {self.waiting} waiting{left}, "
            f"{sum(run.pictures.seen for run, _ in self.runs)} pictures ({self.pictures_a_minute:.0f}/min), "
            f"{sum(run.new_sightings for run, _ in self.runs)} new sightings"
            + (f"; not used: {refused}" if refused else "")
        )


class Look:
    """Reads the store again and again; remembers enough to tell the pace."""

    def __init__(self, store: Any, began: datetime) -> None:
        self.store, self.began = store, began
        self._pages, self._pictures = Rate(), Rate()

    def now(self) -> State:
        """Return how the crawls are that run, or ended since this one began."""
        runs = self.store.coverage.under_way(self.began)
        refusals: dict[str, int] = {}
        for run, _ in runs:
            for reason, count in run.refusals.items():
                refusals[reason] = refusals.get(reason, 0) + count
        moment = time.monotonic()
        return State(
            runs=runs,
            pages_a_minute=self._pages.take(sum(run.pages.seen + run.pages.missed for run, _ in runs), moment),
            pictures_a_minute=self._pictures.take(sum(run.pictures.seen for run, _ in runs), moment),
            refusals=dict(sorted(refusals.items(), key=lambda pair: -pair[1])),
        )


def show(store: Any, process: Any, began: datetime) -> None:
    """Keep a table on the terminal until the process ends."""
    from rich.live import Live

    look = Look(store, began)
    with Live(table(look.now()), refresh_per_second=4) as live:
        while process.poll() is None:
            time.sleep(TICK_S)
            live.update(table(look.now()))


def tell(store: Any, process: Any, began: datetime) -> None:
    """Say a plain line now and then until the process ends."""
    look, told = Look(store, began), time.monotonic()
    while process.poll() is None:
        time.sleep(TICK_S)
        if time.monotonic() - told >= LINE_S:
            told = time.monotonic()
            say.line(look.now().in_words())


def table(state: State) -> "RenderableType":
    """Return the state as a table: a row for each place, then pace and refusals by reason."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    places = Table(box=None, pad_edge=False)
    for heading in ("place", "since", "done", "waiting", "new", "changed", "same", "missed", "pictures", "sightings"):
        places.add_column(heading, justify="left" if heading in ("place", "since") else "right")
    for run, waiting in sorted(state.runs, key=lambda pair: -pair[1])[:SHOWN]:
        minutes = int((datetime.now(UTC) - run.started_at).total_seconds() // 60)
        numbers = (run.pages.seen + run.pages.missed, waiting, run.pages.new, run.pages.changed, run.pages.unchanged)
        more = (run.pages.missed, run.pictures.seen, run.new_sightings)
        places.add_row(Text(run.target), "done" if run.finished_at else f"{minutes} min", *map(str, (*numbers, *more)))
    hidden = len(state.runs) - SHOWN
    reasons = "  ".join(f"{reason} {count}" for reason, count in list(state.refusals.items())[:REASONS])
    lines = [Text(f"and {hidden} more places")] if hidden > 0 else []
    return Group(
        places, *lines, Text(state.in_words().partition("; not used")[0]), Text(f"not used: {reasons or 'none'}")
    )
