"""The all-clear: where was looked, what could not be seen, and that nothing new was found - or why that cannot be said.

It is written only when everything that was seen has been compared, and dropped when news comes before it is out.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from alerts.rhythm import last_report, next_open
from registry import cases, enrolments, people
from registry.cases import Alert
from registry.consents import is_open
from registry.database import Registry
from registry.people import Person
from registry.transaction import Transaction

PERIODS = {"off": timedelta(days=7), "weekly": timedelta(days=7), "monthly": timedelta(days=31)}


@dataclass(frozen=True)
class Looked:
    """What the crawl looked at in some time, in counts, and what it could not see, by reason.

    `places`: watched places of which at least one page was read; `unvisited`: those of which none was. `pages` and
    `pictures` are distinct ones. `robots`: not allowed by their owners; `failed`: no usable answer; `unusable`:
    pictures too small, flat or broken; `budget`: left because a crawl had used up its budget; `unrendered`: places that
    need a full browser while there is none here; `whole_only`: places where parts of photos were not looked for;
    `videos`: videos that were not looked into.
    """

    places: int = 0
    unvisited: int = 0
    pages: int = 0
    pictures: int = 0
    robots: int = 0
    failed: int = 0
    unusable: int = 0
    budget: int = 0
    unrendered: int = 0
    whole_only: int = 0
    videos: int = 0


@dataclass(frozen=True)
class AllClear:
    """One report for one person: `photos` of theirs are looked for; `news` were found in this time, `held` are doubted.

    `news` counts stories, `held` exposures that an operator looks at first.
    """

    since: datetime
    until: datetime
    photos: int
    news: int
    held: int
    looked: Looked

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, times as ISO 8601."""
        return {**asdict(self), "since": self.since.isoformat(), "until": self.until.isoformat()}

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "AllClear":
        """Return what `to_dict` wrote; counts that an older version did not know are zero."""
        known = {one.name for one in fields(Looked)}
        looked = Looked(**{name: count for name, count in record["looked"].items() if name in known})
        times = {name: datetime.fromisoformat(record[name]) for name in ("since", "until")}
        return cls(**times, photos=record["photos"], news=record["news"], held=record["held"], looked=looked)


def all_clear(tx: Transaction, person: Person, since: datetime, until: datetime, looked: Looked) -> AllClear:
    """Return the report about one person for a time that was looked at as `looked` says."""
    found = cases.exposures(tx, person)
    return AllClear(
        since=since,
        until=until,
        photos=_photos(tx, person),
        news=len(
            {each.story for each in found if each.created_at >= since and each.state not in ("held", "dismissed")}
        ),
        held=sum(each.state == "held" for each in found),
        looked=looked,
    )


def write_due(registry: Registry, looked_since: Callable[[datetime], Looked], now: datetime) -> int:
    """Write the reports that are due, one per person and date; return how many.

    `looked_since` reads the crawl store: it is asked once for each length of time, outside of any unit of work.
    """
    with registry.reading() as tx:
        waiting = [person.id for person in people.people(tx) if _is_due(tx, person, now)]
        lengths = {PERIODS[people.get(tx, each).all_clear] for each in waiting}
    looked = {length: looked_since(now - length) for length in lengths}
    written = 0
    for each in waiting:
        with registry.transaction("all-clear") as tx:
            person = people.get(tx, each)
            length = PERIODS[person.all_clear]
            if length in looked and _is_due(tx, person, now):  # asked again: another process may have been faster
                _write(tx, person, all_clear(tx, person, now - length, now, looked[length]), now)
                written += 1
    return written


def still_true(tx: Transaction, alert: Alert, person: Person) -> bool:
    """Say whether a report may still go out: some consent is open, and no news came since it was written."""
    news = (each for each in cases.exposures(tx, person) if each.created_at > alert.created_at)
    return _photos(tx, person) > 0 and not any(each.state not in ("held", "dismissed") for each in news)


def reports(tx: Transaction, person: Person) -> list[AllClear]:
    """Return the reports that were written for a person, newest first."""
    found = [alert.report for alert in cases.alerts(tx, person) if alert.report is not None]
    return [AllClear.of(each) for each in reversed(found)]


def _write(tx: Transaction, person: Person, report: AllClear, now: datetime) -> None:
    """A report goes to the person alone, outside of their quiet hours: a supporter is for news."""
    cases.add_report(tx, person, report.to_dict(), channels=person.channels, next_at=next_open(person, now))


def _is_due(tx: Transaction, person: Person, now: datetime) -> bool:
    moment = last_report(person, now)
    if moment is None or not person.channels or _photos(tx, person) == 0:
        return False
    written = (alert.created_at for alert in cases.alerts(tx, person) if alert.kind == "all-clear")
    return all(at < moment for at in written)


def _photos(tx: Transaction, person: Person) -> int:
    return sum(is_open(tx, each.id) for each in enrolments.enrolments(tx, person))
