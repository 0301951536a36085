"""When a person may be told: digests, quiet hours and the supporter's head start, by the clock on their own wall."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from registry.people import Person
from registry.wishes import QUIET

SUPPORTER = "supporter"  # the channel to somebody they trust
HEAD_START = timedelta(hours=24)  # so that a supporter can be with them when they learn
WEEKDAY = 0  # a weekly digest comes on Mondays, a monthly one on the first


def due(person: Person, now: datetime) -> dict[str, datetime]:
    """Return when news written `now` may go out, by channel: the person's own, their supporter's, or both."""
    first = next_open(person, next_digest(person, now))
    own = first + HEAD_START if person.told_first == "supporter" else first
    deliveries = dict.fromkeys(person.channels, next_open(person, own))
    if person.told_first == "me":
        return deliveries
    return {SUPPORTER: first} if person.told_first == "supporter-only" else {SUPPORTER: first, **deliveries}


def next_digest(person: Person, now: datetime) -> datetime:
    """Return the moment from `now` on at which the next digest comes; `now` for who wants each message at once."""
    if person.digest == "now":
        return now
    zone, at = ZoneInfo(person.timezone), time.fromisoformat(person.digest_at)
    day = now.astimezone(zone).date()
    while True:
        if person.digest == "daily" or day.weekday() == WEEKDAY:
            moment = on_the_wall(day, at, zone)
            if moment >= now:
                return moment
        day += timedelta(days=1)


def next_open(person: Person, moment: datetime) -> datetime:
    """Return `moment`, or the end of the person's quiet hours when it falls into them."""
    hours = QUIET.fullmatch(person.quiet or "")
    if hours is None:
        return moment
    begins, ends = time.fromisoformat(hours[1]), time.fromisoformat(hours[2])
    zone = ZoneInfo(person.timezone)
    there = moment.astimezone(zone)
    if not _within(there.time(), begins, ends):
        return moment
    day = there.date() if there.time() < ends else there.date() + timedelta(days=1)
    end = on_the_wall(day, ends, zone)
    if end <= moment:  # the hour that is there twice in autumn: its second turn is quiet, too
        end = on_the_wall(day, ends, zone, fold=1)
    return end


def last_report(person: Person, now: datetime) -> datetime | None:
    """Return the last moment up to `now` at which an all-clear was to come; None for who wants none."""
    if person.all_clear == "off":
        return None
    zone, at = ZoneInfo(person.timezone), time.fromisoformat(person.digest_at)
    day = now.astimezone(zone).date()
    while True:
        if day.day == 1 if person.all_clear == "monthly" else day.weekday() == WEEKDAY:
            moment = on_the_wall(day, at, zone)
            if moment <= now:
                return moment
        day -= timedelta(days=1)


def on_the_wall(day: date, at: time, zone: ZoneInfo, fold: int = 0) -> datetime:
    """Return, in UTC, when the clock on the wall shows this time; in the hour that spring skips, the moment after."""
    return datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC)


def _within(at: time, begins: time, ends: time) -> bool:
    if begins < ends:
        return begins <= at < ends
    return at >= begins or at < ends
