"""Exposures: one per enrolled picture and page, refreshed and never doubled, with their letters and verdicts."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matchers import fingerprint
from registry import cases, consents
from registry.database import Registry
from registry.errors import BadValue, NoConsent, UnknownExposure, UnknownNotice
from registry.models import ExposureRow
from registry.people import Person
from tests.registry.conftest import Clock, add_kim, enrolled, expose, fingerprint_of, photo

Story = Callable[[], tuple[Person, UUID, cases.Exposure]]


def test_an_exposure_comes_back_as_it_was_recorded(registry: Registry, story: Story) -> None:
    kim, enrolment, recorded = story()
    with registry.reading() as tx:
        assert cases.exposure(tx, recorded.id) == recorded
        assert cases.exposures(tx, kim) == cases.exposures(tx) == [recorded]
    assert (recorded.person, recorded.enrolment, recorded.state) == (kim.id, enrolment, "new")
    assert recorded.page_url == "https://forum.example/t/1"


def test_seeing_it_again_refreshes_and_never_doubles(registry: Registry, story: Story, clock: Clock) -> None:
    _, enrolment, first = story()
    later, earlier = clock.at + timedelta(days=3), clock.at - timedelta(days=5)
    with registry.transaction() as tx:
        again = expose(tx, enrolment, seen_at=later, picture_url="https://cdn2.example/i/7f3a.jpg")
        expose(tx, enrolment, seen_at=earlier, picture_url="https://old.example/7f3a.jpg")
        assert cases.exposures(tx) == [cases.exposure(tx, first.id)]
        now = cases.exposure(tx, first.id)
    assert again.id == first.id
    assert (now.first_seen, now.last_seen) == (earlier, later)
    assert now.picture_url == "https://cdn2.example/i/7f3a.jpg"


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seen=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 99)), min_size=1))
def test_any_order_of_sightings_gives_one_exposure_per_page_and_content(
    sqlite_registry: Registry, seen: list[tuple[str, str, int]], clock: Clock
) -> None:
    with sqlite_registry.transaction() as tx:
        enrolment = enrolled(tx, add_kim(tx, f"Kim {uuid4()}"))
        news = [
            cases.record_exposure(
                tx,
                enrolment,
                page_url=f"https://forum.example/{page}",
                picture_url="https://cdn.example/1",
                target="t",
                seen_at=clock.at + timedelta(hours=hour),
                content_digest=content.encode() * 32,
                kind="whole",
                distance=0,
                confidence=1.0,
                reason="the same",
            )[1]
            for page, content, hour in seen
        ]
        mine = [each for each in cases.exposures(tx) if each.enrolment == enrolment]
        places = {(each.page_url[-1], each.content_digest[:1].decode()): each for each in mine}
    assert len(mine) == sum(news) == len({(page, content) for page, content, _ in seen})
    for page, content, hour in seen:
        found = places[page, content]
        assert found.first_seen <= clock.at + timedelta(hours=hour) <= found.last_seen


def test_two_people_with_the_same_picture_have_an_exposure_each(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim, lee = add_kim(tx), add_kim(tx, "Lee")
        expose(tx, enrolled(tx, kim))
        expose(tx, enrolled(tx, lee))
        assert len(cases.exposures(tx)) == 2
        assert len(cases.exposures(tx, lee)) == 1


def test_an_enrolment_that_was_never_there_gets_no_exposure(registry: Registry) -> None:
    with registry.transaction() as tx, pytest.raises(NoConsent):
        expose(tx, uuid4())


def test_the_state_is_one_of_six_and_remembers_when_it_changed(registry: Registry, story: Story, clock: Clock) -> None:
    _, _, found = story()
    clock.move(hours=1)
    with registry.transaction() as tx:
        for state in cases.STATES:
            assert cases.set_state(tx, found.id, state).state == state
        assert cases.exposure(tx, found.id).state_at == clock.at
        assert cases.exposures(tx, states=["held"]) == [cases.exposure(tx, found.id)]
        assert cases.exposures(tx, states=["new", "told"]) == []
        for call in (lambda: cases.set_state(tx, found.id, "lost"), lambda: cases.exposures(tx, states=["lost"])):
            with pytest.raises(BadValue, match="new, told"):
                call()


def test_an_unknown_exposure_says_how_to_see_those_there_are(registry: Registry) -> None:
    with registry.transaction() as tx:
        for call in (cases.exposure, lambda tx, each: cases.set_state(tx, each, "gone")):
            with pytest.raises(UnknownExposure, match="watchlight exposures"):
                call(tx, uuid4())


def test_a_letter_is_kept_word_for_word_and_marked_when_sent(registry: Registry, story: Story, clock: Clock) -> None:
    _, _, found = story()
    with registry.transaction() as tx:
        words = {"subject": "삭제 요청", "recipient": "abuse@host.example"}
        saved = cases.save_notice(tx, found, "kr_tba_22_5", "ko", "삭제를 요청합니다.\n", **words)
    with registry.reading() as tx:
        assert cases.notices(tx, found) == [saved] == [cases.notice(tx, saved.id)]
    assert (saved.text, saved.subject, saved.sent_at) == ("삭제를 요청합니다.\n", "삭제 요청", None)
    clock.move(days=1)
    with registry.transaction() as tx:
        assert cases.mark_sent(tx, saved.id).sent_at == clock.at
        clock.move(days=1)
        assert cases.mark_sent(tx, saved.id).sent_at == clock.at - timedelta(days=1)
        assert cases.exposure(tx, found.id).state == "noticed"


def test_what_is_stored_in_plain_about_letters_and_verdicts_is_single_words(registry: Registry, story: Story) -> None:
    _, _, found = story()
    with registry.transaction() as tx:
        for bad in ("", "Kim Seo-yeon", "kim@example.org", "https://x.example"):
            with pytest.raises(BadValue):
                cases.save_notice(tx, found, bad, "en", "text")
            with pytest.raises(BadValue):
                cases.record_verdict(tx, found, "gone", bad)
        with pytest.raises(UnknownNotice):
            cases.mark_sent(tx, uuid4())
        with pytest.raises(UnknownExposure):
            cases.save_notice(tx, uuid4(), "us_tida", "en", "text")


def test_verdicts_are_kept_in_order(registry: Registry, story: Story, clock: Clock) -> None:
    _, _, found = story()
    with registry.transaction() as tx:
        kept = [cases.record_verdict(tx, found, each, "http-200") for each in ("unknown", "still-there", "gone")]
        assert cases.verdicts(tx, found) == kept
        assert kept[-1].at == clock.at


def test_a_cursor_starts_at_zero_and_never_moves_back(registry: Registry) -> None:
    with registry.transaction() as tx:
        assert cases.cursor(tx, "match") == 0
        cases.move_cursor(tx, "match", 40)
        cases.move_cursor(tx, "match", 12)
    with registry.reading() as tx:
        assert (cases.cursor(tx, "match"), cases.cursor(tx, "other")) == (40, 0)


def test_no_address_shows_when_an_exposure_or_letter_is_printed(registry: Registry, story: Story) -> None:
    _, _, found = story()
    with registry.transaction() as tx:
        letter = cases.save_notice(tx, found, "us_tida", "en", "Dear host", recipient="abuse@host.example")
    assert "example" not in repr(found) + repr(letter)
    assert "Dear" not in repr(letter)


def test_two_photos_of_one_person_in_one_picture_are_one_exposure_for_the_nearer(
    registry: Registry, clock: Clock
) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        first, second = enrolled(tx, kim, 1), enrolled(tx, kim, 2)
        found = expose(tx, first, confidence=0.7, kind="region")
        joined = expose(tx, second, confidence=0.9, kind="whole", reason="nearer")
        assert joined.id == found.id
        assert (joined.enrolment, joined.kind, joined.reason) == (second, "whole", "nearer")
        assert joined.enrolments == (first, second)

        consents.withdraw(tx, enrolment=second)
        assert cases.consented(tx, joined), "the other photo still stands for it"
        assert expose(tx, first, confidence=0.7).enrolment == first
        consents.withdraw(tx, enrolment=first)
        assert not cases.consented(tx, cases.exposure(tx, found.id))


def test_a_picture_seen_again_counts_the_look_once(registry: Registry, story: Story, clock: Clock) -> None:
    _, _, found = story()
    with registry.transaction() as tx:
        later = clock.at + timedelta(days=1)
        ((now, is_back),) = cases.seen_again(tx, found.page_url, found.content_digest, later)
        assert not is_back
        assert cases.seen_again(tx, found.page_url, found.content_digest, later) == []
        assert cases.seen_again(tx, "https://elsewhere.example/", found.content_digest, later) == []
        assert (now.seen, now.last_seen, now.picture_url) == (2, later, found.picture_url)


def test_the_same_file_and_near_copies_are_one_story_of_the_person_and_others_are_not(registry: Registry) -> None:
    resized = fingerprint(photo(5, (640, 480)))
    with registry.transaction() as tx:
        kim = add_kim(tx)
        enrolment = enrolled(tx, kim)
        seen = [
            expose(tx, enrolment, page="https://a.example/", content_digest=b"a" * 32, fingerprint=fingerprint_of(5)),
            expose(tx, enrolment, page="https://b.example/", content_digest=b"a" * 32),
            expose(tx, enrolment, page="https://c.example/", content_digest=b"c" * 32, fingerprint=resized),
        ]
        other = expose(tx, enrolment, content_digest=b"d" * 32, fingerprint=fingerprint_of(6))
        lee = expose(tx, enrolled(tx, add_kim(tx, "Lee")), content_digest=b"a" * 32)
    assert len({each.story for each in seen}) == 1
    assert len({seen[0].story, other.story, lee.story}) == 3
    with registry.transaction() as tx:  # stories are read back in another unit of work, too
        again = expose(tx, enrolment, page="https://d.example/", content_digest=b"e" * 32, fingerprint=resized)
    assert again.story == seen[0].story


def test_an_exposure_older_than_stories_is_found_again_and_gets_its_story(registry: Registry, story: Story) -> None:
    _, enrolment, found = story()
    with registry.transaction() as tx:
        row = tx.session.get_one(ExposureRow, found.id)
        place = enrolment.bytes + found.content_digest + b"\0" + found.page_url.encode()
        row.place_index, row.story_id, row.picture_index = tx.vault.index("exposure", place), None, None
        tx.session.flush()
        assert cases.exposure(tx, found.id).story == found.id
        again = expose(tx, enrolment)
        assert again.id == found.id
        assert again.story != found.id
        assert expose(tx, enrolment).story == again.story
        assert len(cases.exposures(tx)) == 1
