"""Digests and quiet hours by the clock on the person's own wall, also in the nights when that clock is changed."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.rhythm import HEAD_START, due, last_report, next_digest, next_open
from registry.people import Person
from registry.wishes import QUIET

ZONES = ("Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "UTC")


def person(**wishes) -> Person:
    from uuid import UUID

    return Person(id=UUID(int=1), name="Seo-yeon", channels=("smtp",), **wishes)


def seoul(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=ZoneInfo("Asia/Seoul"))


def test_who_wants_each_message_at_once_is_told_now():
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    assert due(person(), now) == {"smtp": now}


def test_a_daily_digest_comes_at_the_next_time_of_day_and_a_weekly_one_on_monday():
    daily, weekly = (person(digest=each, digest_at="18:30") for each in ("daily", "weekly"))
    assert next_digest(daily, seoul(2026, 11, 24, 18, 0)) == seoul(2026, 11, 24, 18, 30)
    assert next_digest(daily, seoul(2026, 11, 24, 18, 31)) == seoul(2026, 11, 25, 18, 30)
    assert next_digest(weekly, seoul(2026, 11, 24, 18, 0)) == seoul(2026, 11, 30, 18, 30)


def test_quiet_hours_end_in_the_morning_and_leave_the_day_alone():
    someone = person(quiet="22:00-08:00")
    for asleep in (seoul(2026, 11, 24, 22, 0), seoul(2026, 11, 25, 3, 0), seoul(2026, 11, 25, 7, 59)):
        assert next_open(someone, asleep) == seoul(2026, 11, 25, 8, 0)
    for awake in (seoul(2026, 11, 25, 8, 0), seoul(2026, 11, 25, 21, 59)):
        assert next_open(someone, awake) == awake


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("quiet", ["22:00-08:00", "13:00-14:00", "00:30-02:30", "02:15-02:45", "23:00-01:30"])
def test_in_the_nights_of_the_clock_change_quiet_hours_end_and_are_kept(zone, quiet):
    someone = person(quiet=quiet, timezone=zone)
    begins, ends = (time.fromisoformat(each) for each in QUIET.fullmatch(quiet).groups())
    for first in (
        datetime(2026, 3, 7, tzinfo=UTC),
        datetime(2026, 10, 24, tzinfo=UTC),
        datetime(2026, 4, 4, tzinfo=UTC),
    ):
        for minutes in range(0, 60 * 24 * 2, 7):
            moment = first + timedelta(minutes=minutes)
            opened = next_open(someone, moment)
            there = opened.astimezone(ZoneInfo(zone)).time()
            assert timedelta(0) <= opened - moment <= timedelta(hours=12)
            asleep = begins <= there < ends if begins < ends else there >= begins or there < ends
            assert not asleep, (moment, opened)


@pytest.mark.parametrize("zone", ZONES)
def test_a_daily_digest_comes_once_on_every_day_of_the_year(zone):
    someone, moment, days = (
        person(digest="daily", digest_at="01:30", timezone=zone),
        datetime(2026, 1, 1, tzinfo=UTC),
        [],
    )
    while moment < datetime(2027, 1, 1, tzinfo=UTC):
        moment = next_digest(someone, moment)
        days.append(moment.astimezone(ZoneInfo(zone)).date())
        moment += timedelta(seconds=1)
    assert len(days) == len(set(days))
    assert len(days) in (365, 366)


def test_a_digest_that_falls_into_quiet_hours_waits_for_their_end():
    early = person(digest="daily", digest_at="06:00", quiet="22:00-08:00")
    assert due(early, seoul(2026, 11, 24, 12, 0)) == {"smtp": seoul(2026, 11, 25, 8, 0)}


def test_a_supporter_is_told_first_and_the_person_a_day_later_or_not_at_all():
    now = seoul(2026, 11, 24, 12, 0)
    assert due(person(told_first="supporter"), now) == {"supporter": now, "smtp": now + HEAD_START}
    assert due(person(told_first="supporter-only"), now) == {"supporter": now}


def test_reports_come_on_mondays_or_on_the_first_or_never():
    now = seoul(2026, 11, 25, 12, 0)
    assert last_report(person(all_clear="weekly"), now) == seoul(2026, 11, 23, 10, 0)
    assert last_report(person(all_clear="monthly"), now) == seoul(2026, 11, 1, 10, 0)
    assert last_report(person(), now) is None
