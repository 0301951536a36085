"""Enrolling somebody else's photo is no way to find them: verification, delay, doubles, company for minors."""

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from PIL import Image

from alerts import doubles
from alerts.doubles import look_for_doubles
from matchers import Fingerprint, fingerprint
from registry import audit, clients, consents, enrolments, lists, reviews, tenancy
from registry.database import Registry
from registry.errors import BadValue, NotAlone, OutOfReach, UnknownReview
from registry.people import Person
from registry.reviews import Release
from registry.transaction import Transaction
from tests.registry.centres import allowed, centre_with_client
from tests.registry.conftest import Clock, add_kim, enrolled, fingerprint_of, photo


def saved_again(seed: int, *, mirrored: bool = False) -> Fingerprint:
    """Give the fingerprint of a photo that somebody else saved as a small JPEG."""
    picture = Image.open(io.BytesIO(photo(seed)))
    if mirrored:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=60)
    return fingerprint(out.getvalue())


def enrolled_as(tx: Transaction, person: Person, made: Fingerprint) -> UUID:
    consents.give(tx, person)
    return enrolments.enrol(tx, person, made).id


@pytest.mark.parametrize(
    ("rule", "by", "holds"),
    [
        ("none", None, True),
        ("operator", None, False),
        ("operator", "operator", True),
        ("operator", "centre", True),
        ("centre", "operator", False),
        ("centre", "centre", True),
        ("unheard-of", "centre", False),
    ],
)
def test_addresses_are_released_to_whom_the_operator_chose(
    registry: Registry, rule: str, by: str | None, holds: bool
) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        photo_ = enrolled(tx, kim)
        if by:
            reviews.verify(tx, kim, by)
    look_for_doubles(registry)
    with registry.reading() as tx:
        assert reviews.released(tx, kim, photo_, Release(rule, timedelta())) is holds


def test_a_photo_is_compared_and_a_day_passes_before_anything_is_released(registry: Registry, clock: Clock) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        photo_ = enrolled(tx, kim)
        reviews.verify(tx, kim, "operator")

    def released() -> bool:
        with registry.reading() as tx:
            return reviews.released(tx, kim, photo_, Release())

    clock.move(hours=25)
    assert not released(), "nobody has compared it with others yet"
    look_for_doubles(registry)
    assert released()
    clock.move(hours=-2)
    assert not released()


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_second_account_with_nearly_the_same_photo_freezes_both(registry: Registry, mirrored: bool) -> None:
    with registry.transaction() as tx:
        kim, lee, other = (add_kim(tx, name) for name in ("Kim", "Lee", "Other"))
        first = enrolled(tx, kim, seed=1)
        enrolled(tx, other, seed=9)
    assert look_for_doubles(registry) == 0
    with registry.transaction() as tx:
        second = enrolled_as(tx, lee, saved_again(1, mirrored=mirrored))
        for each in (kim, lee, other):
            reviews.verify(tx, each, "centre")

    assert look_for_doubles(registry) == 1
    assert look_for_doubles(registry) == 0

    with registry.transaction() as tx:
        assert [reviews.frozen(tx, each) for each in (kim, lee, other)] == [True, True, False]
        assert not reviews.released(tx, kim, first, Release("none"))
        sides = reviews.sides(tx)
        assert {each.enrolment for each in sides} == {first, second}
        reviews.decide(tx, sides[0].review, first, "cleared")
        assert [reviews.frozen(tx, each) for each in (kim, lee)] == [False, True]
        reviews.decide(tx, sides[0].review, second, "withdrawn")
        assert not consents.is_open(tx, second)
        assert not reviews.frozen(tx, lee)
        with pytest.raises(UnknownReview):
            reviews.decide(tx, sides[0].review, second, "cleared")
        assert {"review-opened", "review-cleared", "review-withdrawn"} <= {e.action for e in audit.entries(tx)}


@pytest.mark.parametrize("step", [1, 3, 100])
def test_however_few_photos_are_in_memory_at_a_time_the_same_ones_are_put_under_review(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Seven accounts and a list, two photos each; some are like others', saved again, mirrored, or withdrawn."""
    pictures = [(1, 2), (1, 3), (4, 5), (-4, 6), (7, 8), (1, 8), (9, 10)]
    with registry.transaction() as tx:
        people = [add_kim(tx, name=f"Kim {n}", email=f"kim{n}@example.org") for n in range(len(pictures))]
        mine = {
            (n, seed): enrolled_as(tx, people[n], saved_again(abs(seed), mirrored=seed < 0))
            for n, some in enumerate(pictures)
            for seed in some
        }
        consents.withdraw(tx, enrolment=mine[4, 8])
        made = lists.make(tx, "ours", purpose="a trial", source="made up", email="list@example.org")
        lists.take(tx, made.id, [lists.Record(saved_again(6).whole[0])])
    largest, changes = 0, enrolments.changes

    def counted(*given: Any, **facts: Any) -> Any:
        nonlocal largest
        answer = changes(*given, **facts)
        largest = max(largest, len(answer[0]))
        return answer

    monkeypatch.setattr(doubles, "STEP", step)
    monkeypatch.setattr(enrolments, "changes", counted)
    opened = look_for_doubles(registry)
    with registry.reading() as tx:
        reviewed: dict[UUID, set[int]] = {}
        for side in reviews.sides(tx):
            reviewed.setdefault(side.review, set()).add([person.id for person in people].index(side.person))
    assert sorted(map(sorted, reviewed.values())) == [[0, 1], [0, 5], [1, 5], [2, 3]]
    assert opened == len(reviewed)
    assert largest <= step


def test_what_was_decided_about_two_people_is_not_asked_again(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim, lee = add_kim(tx, "Kim"), add_kim(tx, "Lee")
        enrolled(tx, kim, seed=1)
        enrolled_as(tx, lee, saved_again(1))
    assert look_for_doubles(registry) == 1
    with registry.transaction() as tx:
        for each in reviews.sides(tx):
            reviews.decide(tx, each.review, each.enrolment, "cleared")
        enrolled(tx, kim, seed=2)
        enrolled_as(tx, lee, saved_again(2))
    assert look_for_doubles(registry) == 0


def test_a_lead_decides_the_own_clients_side_and_sees_nothing_of_the_other(registry: Registry) -> None:
    with registry.transaction() as tx:
        one, other = centre_with_client(tx, "One", 1), centre_with_client(tx, "Other", 2)
        enrolled_as(tx, other.person, saved_again(1))
    assert look_for_doubles(registry) == 1
    with registry.transaction(str(one.lead.id)) as tx:
        tenancy.confine(tx, one.lead.id)
        (mine,) = reviews.sides(tx)
        assert mine.person == one.person.id
        with pytest.raises((UnknownReview, OutOfReach)):
            reviews.decide(tx, mine.review, other.exposure.enrolment, "withdrawn")
        reviews.decide(tx, mine.review, mine.enrolment, "withdrawn")
    with registry.reading() as tx:
        assert [each.person for each in reviews.sides(tx)] == [other.person.id]
        assert not consents.is_open(tx, one.exposure.enrolment)


def test_the_centres_word_stands_above_the_operators(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        reviews.verify(tx, kim, "centre")
        reviews.verify(tx, kim, "operator")
        assert reviews.verified_by(tx, kim) == "centre"
        with pytest.raises(BadValue):
            reviews.verify(tx, kim, "themselves")


def test_somebody_under_age_enrols_with_a_guardian_or_a_centre_beside_them(registry: Registry) -> None:
    with registry.transaction() as tx:
        house = centre_with_client(tx, "Harbour")
        young = add_kim(tx, "Young", birth_year=2012)
        consents.give(tx, young)
    for _ in range(2):
        with registry.transaction(str(young.id)) as tx, pytest.raises(NotAlone):
            enrolments.enrol(tx, young, fingerprint_of(7))
        with registry.transaction() as tx, pytest.raises(BadValue, match="under age"):
            allowed(tx, house.centre, young)
    with registry.transaction() as tx:
        allowed(tx, house.centre, young, given_by="guardian")
        assert clients.accompanied(tx, young)
    with registry.transaction(str(young.id)) as tx:
        assert enrolments.enrol(tx, young, fingerprint_of(7)).person == young.id


def test_a_release_that_nobody_chose_is_the_careful_one() -> None:
    assert Release() == Release("operator", timedelta(hours=24))
    assert replace(Release(), rule="none").delay == timedelta(hours=24)
