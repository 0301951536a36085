"""What a person dismissed is not told again: the picture and its near copies, for their own photo only."""

import pytest
from sqlalchemy import select

from matchers.frames import Frame
from registry import cases, dismissals
from registry.erase import erase_person
from registry.errors import BadValue
from registry.models import DismissalRow
from tests.registry.conftest import add_kim, enrolled, fingerprint_of


def test_the_same_file_and_near_copies_are_silenced_for_this_enrolment_only(registry, story):
    _kim, enrolment, exposure = story()
    seen = (Frame(fingerprint_of(5)),)
    with registry.transaction() as tx:
        other = enrolled(tx, add_kim(tx, "Lee"), seed=2)
        assert not dismissals.silences(tx, enrolment, b"x" * 32, seen)
        assert dismissals.dismiss(tx, exposure.id, "not-me", seen).state == "dismissed"

        assert dismissals.silences(tx, enrolment, exposure.content_digest, (Frame(fingerprint_of(9)),))
        assert dismissals.silences(tx, enrolment, b"x" * 32, seen)
        assert not dismissals.silences(tx, enrolment, b"x" * 32, (Frame(fingerprint_of(6)),))
        assert not dismissals.silences(tx, other, b"x" * 32, seen)


def test_an_animation_with_another_frame_is_not_silenced_by_one_of_its_frames(registry, story):
    _, enrolment, exposure = story()
    with registry.transaction() as tx:
        dismissals.dismiss(tx, exposure.id, "not-me", (Frame(fingerprint_of(5)),))
        moving = (Frame(fingerprint_of(5), 0), Frame(fingerprint_of(1), 900))

        assert not dismissals.silences(tx, enrolment, b"x" * 32, moving)


def test_without_the_sighting_only_the_very_file_is_silenced(registry, story):
    _, enrolment, exposure = story()
    with registry.transaction() as tx:
        dismissals.dismiss(tx, exposure.id, "own-publication")

        assert dismissals.silences(tx, enrolment, exposure.content_digest, (Frame(fingerprint_of(1)),))
        assert not dismissals.silences(tx, enrolment, b"x" * 32, (Frame(fingerprint_of(1)),))


def test_a_dismissal_is_taken_back_and_counted_and_says_why(registry, story):
    _, enrolment, exposure = story()
    with registry.transaction() as tx:
        with pytest.raises(BadValue, match="not-me or own-publication"):
            dismissals.dismiss(tx, exposure.id, "spam")
        dismissals.dismiss(tx, exposure.id, "not-me")
        assert dismissals.counts(tx) == {"not-me": 1, "own-publication": 0}
        assert dismissals.take_back(tx, exposure.id)
        assert not dismissals.take_back(tx, exposure.id)
        assert not dismissals.silences(tx, enrolment, exposure.content_digest, ())


def test_erasing_a_person_takes_their_dismissals_along(registry, story):
    kim, _, exposure = story()
    with registry.transaction() as tx:
        dismissals.dismiss(tx, exposure.id, "not-me", (Frame(fingerprint_of(5)),))
    erase_person(registry, kim.id)

    with registry.reading() as tx:
        assert tx.session.scalars(select(DismissalRow)).all() == []
        assert cases.exposures(tx) == []
