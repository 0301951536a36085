"""Floods: held back as a whole, decided by somebody who sees numbers only, and followed by what comes later."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from registry import cases, floods
from registry.database import Registry
from registry.erase import erase_person
from registry.errors import BadValue, UnknownFlood
from registry.floods import Subject
from registry.models import FloodRow
from registry.people import Person
from registry.stories import picture_index
from registry.transaction import Transaction
from tests.registry.conftest import Clock, add_kim, enrolled, expose


def found(tx: Transaction, person: Person, pages: int = 3) -> tuple[UUID, list[cases.Exposure]]:
    enrolment = enrolled(tx, person)
    digests = [bytes([n + 1]) * 32 for n in range(pages)]
    return enrolment, [
        expose(tx, enrolment, f"https://a.example/{n}", content_digest=each) for n, each in enumerate(digests)
    ]


def states(tx: Transaction) -> list[str]:
    return sorted(each.state for each in cases.exposures(tx))


def test_opening_a_flood_takes_along_what_was_not_told_yet_and_leaves_the_rest(registry: Registry) -> None:
    with registry.transaction() as tx:
        enrolment, exposures = found(tx, add_kim(tx))
        cases.set_state(tx, exposures[0].id, "told")
        held = floods.hold(tx, Subject(enrolment=enrolment), exposures[2:])
        assert len(held) == 2
        assert states(tx) == ["held", "held", "told"]
        (flood,) = floods.floods(tx)
    assert (flood.kind, flood.state, flood.people, flood.stories, flood.exposures) == ("photo", "open", 1, 2, 2)


def test_what_is_held_is_nobodys_news_until_it_is_released(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim = add_kim(tx)
        enrolment, exposures = found(tx, kim)
        alert = cases.add_alert(tx, kim, exposures)
        floods.hold(tx, Subject(enrolment=enrolment), exposures)
        assert cases.tellable(tx, alert.id) == []
        (flood,) = floods.floods(tx)

        assert len(floods.release(tx, flood.id)) == 3
        assert states(tx) == ["new"] * 3
        assert floods.floods(tx) == []
        assert floods.hold(tx, Subject(enrolment=enrolment), exposures) == [], "what was released stays so"


def test_a_closed_flood_sets_aside_what_it_held_and_what_comes_later(registry: Registry) -> None:
    with registry.transaction() as tx:
        enrolment, exposures = found(tx, add_kim(tx))
        subject = Subject(enrolment=enrolment)
        floods.hold(tx, subject, exposures)
        floods.close(tx, floods.floods(tx)[0].id)
        later = expose(tx, enrolment, "https://b.example/", content_digest=b"z" * 32)
        floods.hold(tx, subject, [later])
        assert states(tx) == ["dismissed"] * 4
        assert floods.floods(tx, ["closed"])[0].exposures == 4


def test_an_exposure_in_two_floods_is_new_only_when_both_are_released(registry: Registry) -> None:
    with registry.transaction() as tx:
        enrolment, exposures = found(tx, add_kim(tx))
        floods.hold(tx, Subject(enrolment=enrolment), exposures)
        floods.hold(tx, Subject(picture_index=picture_index(tx, exposures[0].content_digest)), exposures[:1])
        open_ones = {each.kind: each.id for each in floods.floods(tx)}
        assert len(floods.release(tx, open_ones["photo"])) == 2
        assert [each.id for each in floods.release(tx, open_ones["picture"])] == [exposures[0].id]


def test_sizes_are_counted_since_a_time_and_without_what_was_set_aside(registry: Registry, clock: Clock) -> None:
    with registry.transaction() as tx:
        enrolment, exposures = found(tx, add_kim(tx))
        cases.set_state(tx, exposures[0].id, "dismissed")
        _, others = found(tx, add_kim(tx, "Lee"))
        picture = Subject(picture_index=picture_index(tx, others[1].content_digest))
        spread = Subject(story=others[1].story)
        assert floods.size(tx, Subject(enrolment=enrolment), clock.at) == floods.Size(1, 2, 2)
        assert floods.size(tx, picture, clock.at) == floods.Size(2, 2, 2)
        assert floods.size(tx, spread, clock.at) == floods.Size(1, 1, 1)
        assert floods.size(tx, picture, clock.at + timedelta(seconds=1)) == floods.Size(0, 0, 0)


def test_a_flood_is_about_exactly_one_thing_and_an_unknown_one_is_said_to_be(registry: Registry) -> None:
    for wrong in ({}, {"enrolment": uuid4(), "story": uuid4()}):
        with pytest.raises(BadValue):
            Subject(**wrong)
    with registry.transaction() as tx:
        for call in (floods.release, floods.close):
            with pytest.raises(UnknownFlood, match="quarantine list"):
                call(tx, uuid4())


def test_erasing_people_takes_their_part_of_a_flood_and_the_last_one_the_flood(registry: Registry) -> None:
    with registry.transaction() as tx:
        kim, lee = add_kim(tx), add_kim(tx, "Lee")
        exposures = [found(tx, each, 1)[1][0] for each in (kim, lee)]
        floods.hold(tx, Subject(picture_index=picture_index(tx, exposures[0].content_digest)), exposures)
        assert floods.floods(tx)[0].people == 2
    erase_person(registry, kim.id)
    with registry.reading() as tx:
        assert floods.floods(tx)[0].people == 1
    erase_person(registry, lee.id)
    with registry.reading() as tx:
        assert tx.session.scalar(select(func.count()).select_from(FloodRow)) == 0
