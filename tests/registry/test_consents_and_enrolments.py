"""Consent comes first, enrolments follow it, and a withdrawal is felt at once everywhere."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from registry import cases, consents, enrolments
from registry.database import Registry
from registry.enrolments import Added, Removed
from registry.erase import erase_person
from registry.errors import AlreadyEnrolled, BadValue, NoConsent, UnknownEnrolment, UnknownPerson
from registry.models import EnrolmentRow
from tests.registry.conftest import Clock, add_kim, enrolled, expose, fingerprint_of


def test_nothing_is_enrolled_without_consent(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        with pytest.raises(NoConsent):
            enrolments.enrol(tx, kim, fingerprint_of(1))
        assert enrolments.enrolments(tx) == []


def test_a_consent_keeps_its_version_and_its_times(registry: Registry, clock: Clock) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        given = consents.give(tx, kim, "2026-11")
        clock.move(days=1)
        assert consents.give(tx, kim, "2026-11") == given
        newer = consents.give(tx, kim, "2027-01")
        consents.withdraw(tx, person=kim)
        ended = consents.consents(tx, kim)
    assert [(each.version, each.given_at) for each in ended] == [
        ("2026-11", given.given_at),
        ("2027-01", newer.given_at),
    ]
    assert all(each.withdrawn_at == clock.at for each in ended)


def test_the_consent_version_is_a_short_word(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        for version in ("", "two\nlines", "x" * 41):
            with pytest.raises(BadValue):
                consents.give(tx, kim, version)


def test_an_enrolled_fingerprint_comes_back_bit_for_bit(registry: Registry) -> None:
    with registry.transaction() as tx:
        enrolment = enrolled(tx, add_kim(tx), seed=5, label="beach.jpg")
    with registry.reading() as tx:
        assert enrolments.active(tx) == [(enrolment, fingerprint_of(5))]
        assert enrolments.enrolment(tx, enrolment).label == "beach.jpg"
        assert enrolments.enrolment(tx, enrolment).algorithm == fingerprint_of(5).version


def test_the_same_photo_twice_is_one_enrolment_but_two_people_may_share_it(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim, lee = add_kim(tx), add_kim(tx, "Lee")
        first = enrolled(tx, kim, seed=1)
        with pytest.raises(AlreadyEnrolled) as caught:
            enrolled(tx, kim, seed=1)
        assert caught.value.enrolment == first
        enrolled(tx, lee, seed=1)
        assert len(enrolments.active(tx)) == 2


def test_a_withdrawn_photo_matches_nobody_from_the_same_moment(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        stays, goes = enrolled(tx, kim, seed=1), enrolled(tx, kim, seed=2)
        _, position = enrolments.changes(tx, 0)
    with registry.transaction() as tx:
        assert consents.withdraw(tx, enrolment=goes) == 1
    with registry.reading() as tx:
        assert [each for each, _ in enrolments.active(tx)] == [stays]
        assert enrolments.changes(tx, position)[0] == [Removed(goes)]
        assert (consents.is_open(tx, stays), consents.is_open(tx, goes)) == (True, False)
        assert enrolments.person_behind(tx, goes) is None
        assert enrolments.person_behind(tx, stays) == kim


def test_withdrawing_as_a_person_ends_all_their_photos_and_nobody_elses(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim, lee = add_kim(tx), add_kim(tx, "Lee")
        hers = {enrolled(tx, kim, seed=1), enrolled(tx, kim, seed=2)}
        his = enrolled(tx, lee, seed=3)
        _, position = enrolments.changes(tx, 0)
        assert consents.withdraw(tx, person=kim) == 2
        assert consents.withdraw(tx, person=kim) == 0
        assert [each for each, _ in enrolments.active(tx)] == [his]
        assert set(enrolments.changes(tx, position)[0]) == {Removed(each) for each in hers}
        with pytest.raises(NoConsent):
            enrolments.enrol(tx, kim, fingerprint_of(9))


def test_a_copy_found_a_second_after_the_withdrawal_is_not_kept(registry: Registry, clock: Clock) -> None:
    with registry.transaction() as tx:
        enrolment = enrolled(tx, add_kim(tx))
        consents.withdraw(tx, enrolment=enrolment)
    clock.move(seconds=1)
    with registry.transaction() as tx:
        with pytest.raises(NoConsent):
            expose(tx, enrolment)
        assert cases.exposures(tx) == []


def test_a_withdrawn_enrolment_loses_its_fingerprint_and_keeps_its_dates(registry: Registry, clock: Clock) -> None:
    with registry.transaction() as tx:
        enrolment = enrolled(tx, add_kim(tx))
        consents.withdraw(tx, enrolment=enrolment)
    with registry.reading() as tx:
        row = tx.session.scalars(select(EnrolmentRow)).one()
        assert (row.fingerprint, row.fingerprint_index) == (None, None)
        assert enrolments.enrolment(tx, enrolment).withdrawn_at == clock.at


def test_who_consents_again_may_enrol_the_same_photo_again(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        first = enrolled(tx, kim)
        consents.withdraw(tx, person=kim)
        second = enrolled(tx, kim)
        assert [each for each, _ in enrolments.active(tx)] == [second]
        assert {first, second} == {each.id for each in enrolments.enrolments(tx, kim)}


def test_an_enrolment_nobody_knows_is_closed(registry: Registry) -> None:
    with registry.transaction() as tx:
        assert not consents.is_open(tx, uuid4())
        assert enrolments.person_behind(tx, uuid4()) is None
        with pytest.raises(UnknownEnrolment, match="person show"):
            consents.withdraw(tx, enrolment=uuid4())
        with pytest.raises(UnknownEnrolment):
            enrolments.enrolment(tx, uuid4())
        with pytest.raises(UnknownPerson):
            consents.withdraw(tx, person=uuid4())
        with pytest.raises(ValueError):
            consents.withdraw(tx)


def test_the_changes_bring_a_live_index_to_what_is_active(registry: Registry) -> None:
    """An index that only follows the changes always equals one built anew, whatever happens in between."""
    live, position = {}, 0

    def follow() -> None:
        nonlocal position
        with registry.reading() as tx:
            news, position = enrolments.changes(tx, position)
            for each in news:
                if isinstance(each, Added):
                    live[each.enrolment] = each.fingerprint
                else:
                    live.pop(each.enrolment, None)
            assert live == dict(enrolments.active(tx))

    with registry.transaction() as tx:
        kim, lee = add_kim(tx), add_kim(tx, "Lee")
        first = enrolled(tx, kim, seed=1)
        enrolled(tx, lee, seed=2)
    follow()
    with registry.transaction() as tx:
        consents.withdraw(tx, enrolment=first)
        short_lived = enrolled(tx, kim, seed=3)
        consents.withdraw(tx, enrolment=short_lived)
        enrolled(tx, kim, seed=4)
    follow()
    erase_person(registry, lee.id)
    follow()
    assert len(live) == 1


def test_nothing_new_leaves_the_position_where_it_was(registry: Registry) -> None:
    with registry.transaction() as tx:
        enrolled(tx, add_kim(tx))
        _, position = enrolments.changes(tx, 0)
        assert enrolments.changes(tx, position) == ([], position)


def test_changes_can_be_read_in_groups_that_end_where_they_were_said_to(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        first, second, third = (enrolled(tx, kim, seed=seed) for seed in (1, 2, 3))
        end = enrolments.end_of_changes(tx, 0, most=2)
        assert [each.enrolment for each in enrolments.changes(tx, 0, upto=end)[0]] == [first, second]
        assert enrolments.end_of_changes(tx, end, most=2) == enrolments.changes(tx, 0)[1]

        consents.withdraw(tx, enrolment=first)  # which is a later change now: it belongs to a later group

        assert [each.enrolment for each in enrolments.changes(tx, 0, upto=end)[0]] == [second]
        assert enrolments.changes(tx, end)[0][-1] == Removed(first)
        newest = enrolments.changes(tx, 0)[1]
        assert enrolments.end_of_changes(tx, newest, most=2) == newest
        assert third in [each.enrolment for each in enrolments.changes(tx, end)[0]]


def test_a_label_is_sealed_and_its_nonsense_refused(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        with pytest.raises(BadValue, match="label"):
            enrolled(tx, kim, label="two\nlines")
        enrolled(tx, kim, label="beach.jpg")
        assert b"beach" not in (tx.session.scalars(select(EnrolmentRow.label)).one() or b"")
