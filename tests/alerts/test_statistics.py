"""Numbers: open notices count, too few people are nobody's numbers, and times do not flatter."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from alerts.statistics import OTHER, Course, statistics, time_until
from registry import cases
from tests.alerts.conftest import NOW, add_person, enrol

TELEGRAM, FORUM = "https://t.me/s/room/1", "https://forum.example/t/1"


def course(hours: float, *, removed: bool = True) -> Course:
    return Course(
        UUID(int=1), "p", "t", datetime(2026, 11, 1, tzinfo=UTC), False, False, removed, False, hours, not removed
    )


def sent(registry, name, page, *, type_="us_tida", gone_after=None, reply=None, back=False):
    """One person with one exposure and one notice that was sent 100 hours ago."""
    person = add_person(registry, name)
    enrolment = enrol(registry, person, seed=1)
    with registry.transaction() as tx:
        exposure, _ = cases.record_exposure(
            tx,
            enrolment,
            page_url=page,
            picture_url=page,
            target="t",
            seen_at=NOW,
            content_digest=uuid4().bytes * 2,
            kind="whole",
            distance=0,
            confidence=0.9,
            reason="r",
        )
        letter = cases.save_notice(tx, exposure, type_, "en", "text")
        cases.mark_sent(tx, letter.id, NOW - timedelta(hours=100))
        if reply:
            cases.record_reply(tx, letter.id, reply)
        if gone_after is not None:
            cases.record_verdict(tx, exposure, "gone", "absent-twice", NOW - timedelta(hours=100 - gone_after))
        if back:
            cases.record_verdict(tx, exposure, "re-appeared", "picture-found", NOW)
    return exposure


def rows(registry, least=5):
    with registry.reading() as tx:
        return statistics(tx, NOW, least=least)


@pytest.mark.parametrize(
    ("hours", "median", "p90"),
    [
        ([(10, True)] * 10, 10, 10),
        ([(n, True) for n in range(1, 11)], 5, 9),
        ([(10, True)] * 4 + [(100, False)] * 6, None, None),  # the median of the removed alone would say 10
        ([(10, True)] * 6 + [(100, False)] * 4, 10, None),
        ([(10, True), (20, True), (15, False), (30, True)], 20, 30),  # an open one counts for as long as it was watched
    ],
)
def test_times_take_open_notices_into_account(hours, median, p90):
    watched = [course(n, removed=removed) for n, removed in hours]
    assert (time_until(watched, 0.5), time_until(watched, 0.9)) == (median, p90)


def test_a_group_of_enough_people_is_shown_with_all_it_sent(registry):
    for number in range(12):
        gone = 24 if number < 6 else None
        sent(registry, f"A{number}", TELEGRAM, gone_after=gone, reply="removed" if number < 6 else None)
    (row,) = rows(registry)
    assert (row.platform, row.notice_type) == ("telegram", "us_tida")
    assert (row.sent, row.removed, row.answered, row.still_open, row.re_appeared) == (12, 6, 6, 6, 0)
    assert (row.median_hours, row.p90_hours) == (24.0, None)


def test_a_claim_is_not_a_removal_and_too_few_of_a_kind_are_not_counted(registry):
    for number in range(6):
        sent(registry, f"A{number}", FORUM, gone_after=5 if number == 0 else None, reply="removed", back=number == 0)
    (row,) = rows(registry)
    assert (row.sent, row.answered) == (6, 6)
    assert (row.removed, row.re_appeared, row.still_open, row.median_hours) == (None, None, None, None)


def test_small_groups_join_and_one_alone_takes_another_with_it(registry):
    for number in range(8):
        sent(registry, f"A{number}", TELEGRAM)
    for number in range(3):
        sent(registry, f"B{number}", FORUM)
    assert [(row.platform, row.sent) for row in rows(registry)] == [(OTHER, 11)]
    for number in range(3):
        sent(registry, f"C{number}", FORUM, type_="eu_dsa_16")
    assert [(row.platform, row.sent) for row in rows(registry)] == [("telegram", 8), (OTHER, 6)]
    assert rows(registry, least=20) == []


def test_many_notices_of_one_person_are_still_one_person(registry):
    exposure = sent(registry, "A", TELEGRAM)
    with registry.transaction() as tx:
        for _ in range(20):
            letter = cases.save_notice(tx, exposure, "us_tida", "en", "text")
            cases.mark_sent(tx, letter.id, NOW - timedelta(hours=1))
    assert rows(registry) == []


def test_a_removal_counts_for_the_last_notice_before_it(registry):
    from alerts.statistics import courses

    exposure = sent(registry, "A", TELEGRAM)
    with registry.transaction() as tx:
        second = cases.save_notice(tx, exposure, "followup_second_notice", "en", "text")
        cases.mark_sent(tx, second.id, NOW - timedelta(hours=40))
        cases.record_verdict(tx, exposure, "gone", "absent-twice", NOW - timedelta(hours=10))
    with registry.reading() as tx:
        found = {each.notice_type: each for each in courses(tx, NOW)}
    assert (found["us_tida"].removed, found["us_tida"].open, found["us_tida"].hours) == (False, False, 60.0)
    assert (found["followup_second_notice"].removed, found["followup_second_notice"].hours) == (True, 30.0)


def test_no_host_and_nobody_is_named(registry):
    for number in range(6):
        sent(registry, f"Seo-yeon{number}", FORUM)
    told = str([row.as_json() for row in rows(registry)])
    assert "forum.example" not in told
    assert "Seo-yeon" not in told
