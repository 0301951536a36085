"""Plots of coverage and yield over time: bars with their geometry, drawn as SVG by the template, without script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crawler.coverage import RunCoverage

WIDTH, HEIGHT = 640, 140
GAP = 2


@dataclass(frozen=True)
class Bar:
    """One part of a day's bar, in units of the plot; `kind` is its class, `count` what it shows."""

    x: int
    y: int
    width: int
    height: int
    kind: str
    day: date
    count: int


@dataclass(frozen=True)
class Plot:
    """Stacked bars, one for each day. `top` is the count at the upper edge, `totals` the sum of each kind."""

    name: str
    bars: Sequence[Bar]
    top: int
    first: date
    last: date
    totals: Mapping[str, int]

    width: int = WIDTH
    height: int = HEIGHT

    @property
    def table(self) -> list[tuple[date, Mapping[str, int]]]:
        """Return the same numbers day by day, for who does not see the bars; days without any are left out."""
        days: dict[date, dict[str, int]] = {}
        for bar in self.bars:
            days.setdefault(bar.day, dict.fromkeys(self.totals, 0))[bar.kind] = bar.count
        return sorted(days.items())


def plots(runs: Sequence[RunCoverage], until: datetime, days: int = 30) -> list[Plot]:
    """Return pages looked at and missed, pictures, and new sightings, day by day of the crawls' beginnings (UTC)."""
    last = until.date()
    shown = [last - timedelta(days=days - 1 - number) for number in range(days)]
    by_day = {day: [run for run in runs if run.started_at.date() == day] for day in shown}
    pages = {
        "fresh": [sum(run.pages.new + run.pages.changed for run in by_day[day]) for day in shown],
        "same": [sum(run.pages.unchanged for run in by_day[day]) for day in shown],
        "missed": [sum(run.pages.missed for run in by_day[day]) for day in shown],
    }
    pictures = {
        "fresh": [sum(run.pictures.new + run.pictures.changed for run in by_day[day]) for day in shown],
        "same": [sum(run.pictures.unchanged for run in by_day[day]) for day in shown],
        "missed": [sum(run.pictures.missed for run in by_day[day]) for day in shown],
    }
    sightings = {"fresh": [sum(run.new_sightings for run in by_day[day]) for day in shown]}
    return [_plot(name, shown, series) for name, series in zip(NAMES, (pages, pictures, sightings), strict=True)]


NAMES = ("pages", "pictures", "sightings")


def _plot(name: str, days: Sequence[date], series: Mapping[str, Sequence[int]]) -> Plot:
    top = max((sum(values) for values in zip(*series.values(), strict=True)), default=0)
    step = WIDTH // len(days)
    bars = []
    for number, day in enumerate(days):
        base = HEIGHT
        for kind, values in series.items():
            if not (count := values[number]):
                continue
            height = max(round(count * HEIGHT / top), 1)
            base -= height
            bars.append(Bar(number * step, max(base, 0), step - GAP, height, kind, day, count))
    return Plot(name, bars, top, days[0], days[-1], {kind: sum(values) for kind, values in series.items()})
