"""Tracking: a letter's state and clock, reminders that say nothing to strangers, and what to do next."""

from datetime import timedelta

import pytest

from alerts import removal
from alerts.ladders import ladder_name, steps_left
from alerts.notices.facts import facts
from alerts.tracking import progress, remind_overdue
from registry import cases, consents
from tests.alerts.conftest import NOW


def written(registry, exposure, type_="us_tida", *, hours_ago=None, reply=None):
    with registry.transaction() as tx:
        letter = cases.save_notice(tx, exposure, type_, "en", "text")
        if hours_ago is not None:
            cases.mark_sent(tx, letter.id, NOW - timedelta(hours=hours_ago))
        if reply:
            cases.record_reply(tx, letter.id, reply, at=NOW - timedelta(hours=1))
    return letter


def stands(registry, exposure, now=NOW):
    with registry.reading() as tx:
        return progress(tx, cases.exposure(tx, exposure.id), now)


def test_from_nothing_to_a_draft_to_a_letter_whose_clock_runs(registry, found):
    _person, exposure = found(country="US")
    at_first = stands(registry, exposure)
    assert (at_first.action, at_first.letters) == ("write", ())
    assert at_first.steps[0].ready[0] == "us_tida"

    written(registry, exposure)
    assert stands(registry, exposure).action == "send"

    written(registry, exposure, hours_ago=1)
    waiting = stands(registry, exposure)
    assert (waiting.action, waiting.until) == ("wait", NOW + timedelta(hours=47))
    assert [letter.state for letter in waiting.letters] == ["drafted", "sent"]
    assert waiting.letters[1].clock.binding


@pytest.mark.parametrize(
    ("hours_ago", "reply", "state", "action", "overdue"),
    [
        (49, None, "sent", "go-on", True),
        (2, "acknowledged", "acknowledged", "wait", False),
        (49, "acknowledged", "acknowledged", "go-on", True),
        (2, "refused", "refused", "go-on", False),
        (2, "removed", "claimed", "check", False),
        (2, "asks-more", "acknowledged", "answer", False),
    ],
)
def test_a_sent_letter_and_what_came_back(registry, found, hours_ago, reply, state, action, overdue):
    _person, exposure = found(country="US")
    written(registry, exposure, hours_ago=hours_ago, reply=reply)
    now = stands(registry, exposure)
    assert (now.letters[0].state, now.action, now.letters[0].overdue) == (state, action, overdue)


def test_only_a_verdict_makes_a_letter_removed_and_it_can_re_appear(registry, found):
    _person, exposure = found()
    written(registry, exposure, hours_ago=5, reply="removed")
    with registry.transaction() as tx:
        cases.record_verdict(tx, exposure.id, "still-there", "picture-found", NOW)
    assert stands(registry, exposure).action == "send-again"
    with registry.transaction() as tx:
        cases.set_state(tx, exposure.id, "gone")
    assert (stands(registry, exposure).letters[0].state, stands(registry, exposure).action) == ("removed", "nothing")
    with registry.transaction() as tx:
        cases.set_state(tx, exposure.id, "noticed")
        cases.record_verdict(tx, exposure.id, "re-appeared", "picture-found", NOW)
    assert (stands(registry, exposure).letters[0].state, stands(registry, exposure).action) == (
        "re-appeared",
        "send-again",
    )


def test_a_claim_of_removal_is_checked_at_once(registry, found):
    _person, exposure = found()
    written(registry, exposure, hours_ago=5, reply="removed")
    with registry.transaction() as tx:
        cases.record_verdict(tx, exposure.id, "still-there", "on-the-page", NOW - timedelta(hours=4))
    assert [each.id for each in removal.due(registry, NOW)] == [exposure.id]


def test_an_overdue_letter_is_reminded_of_once_and_neutrally(registry, found):
    person, exposure = found(country="US")
    written(registry, exposure, hours_ago=47)
    assert remind_overdue(registry, NOW) == 0
    assert remind_overdue(registry, NOW + timedelta(hours=2)) == 1
    assert remind_overdue(registry, NOW + timedelta(days=9)) == 0
    with registry.reading() as tx:
        newest = cases.alerts(tx, person)[-1]
        assert newest.exposures == (exposure.id,)


@pytest.mark.parametrize("what", ["withdrawn", "gone", "refused"])
def test_nobody_is_reminded_without_consent_or_need(registry, found, what):
    person, exposure = found(country="US")
    written(registry, exposure, hours_ago=100, reply="refused" if what == "refused" else None)
    with registry.transaction() as tx:
        if what == "withdrawn":
            consents.withdraw(tx, person=person)
        if what == "gone":
            cases.set_state(tx, exposure.id, "gone")
    assert remind_overdue(registry, NOW) == 0


def test_a_minor_gets_the_authority_route_and_nothing_else(registry, found):
    _person, exposure = found(birth_year=NOW.year - 14)
    now = stands(registry, exposure)
    assert now.action == "authority"
    assert [step.name for step in now.steps] == ["authority", "own-tool"]
    assert all(step.ready == () for step in now.steps)


def test_the_ladder_fits_age_place_and_how_it_answered():
    usual = {"minor": False, "known_platform": True, "refusals": 0}
    assert ladder_name("https://forum.example/1", **usual) == "adult_public_page"
    assert ladder_name("https://t.me/s/room/12", **usual) == "telegram_public"
    assert ladder_name("https://nott.me/x", **usual) == "adult_public_page"
    assert ladder_name("https://bad.example/1", minor=False, known_platform=False, refusals=2) == "adult_hostile_site"
    assert ladder_name("https://t.me/s/room/12", minor=True, known_platform=True, refusals=0) == "minor_any"


def test_steps_go_on_after_the_furthest_letter_and_every_step_has_words():
    known = facts(NOW.date())
    ladder = known.ladder("adult_public_page")
    assert steps_left(ladder, ["us_tida"], [])[0].name == "search"
    assert steps_left(ladder, ["us_tida", "us_tida"], [])[0].name == "regulator"
    for name in known.everything["escalation"]:
        for step in steps_left(known.ladder(name), [], []):
            assert step.words["ko"]
            assert step.words["en"]


def test_a_fact_that_is_too_old_sets_no_clock_of_law(registry, found):
    _person, exposure = found(country="US")
    written(registry, exposure, hours_ago=1)
    much_later = NOW + timedelta(days=400)
    (letter,) = stands(registry, exposure, much_later).letters
    assert letter.clock.basis == "our own expectation"


def test_the_same_picture_at_a_new_place_is_named_on_the_old_exposure(registry, found):
    _person, exposure = found()
    with registry.transaction() as tx:
        again, _ = cases.record_exposure(
            tx,
            exposure.enrolment,
            page_url="https://t.me/s/new_room/3",
            picture_url="https://cdn.example/9.jpg",
            target="room",
            seen_at=NOW,
            content_digest=exposure.content_digest,
            kind="whole",
            distance=0,
            confidence=0.9,
            reason="r",
        )
    assert stands(registry, exposure).elsewhere == (again.id,)
    assert stands(registry, again).elsewhere == ()
