"""A part of an enrolled photo is found, and it is said which part; what many pictures share is not."""

from uuid import UUID

import cv2
import numpy as np
import pytest

from matchers import Index, Unhashable, fingerprint
from matchers.index import SlowIndex

MINE, ANOTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def index(scene, save):
    enrolled = Index()
    enrolled.add(MINE, fingerprint(save(scene(1))))
    enrolled.add(ANOTHER, fingerprint(save(scene(2))))
    return enrolled


def found(index, picture, save):
    return index.search(fingerprint(save(picture)))


def test_half_of_a_photo_is_found_with_the_place_it_came_from(index, scene, save):
    (candidate,) = found(index, scene(1)[:, :320], save)

    assert (candidate.enrolment, candidate.kind) == (MINE, "cropped")
    assert candidate.confidence > 0.99
    assert "patches agree, covering the left part" in candidate.reason
    left, _, width, _ = candidate.enrolled_area
    assert left < 0.1
    assert 0.3 < width < 0.6
    assert candidate.seen_area[2] > 0.7


def test_a_mirrored_half_is_found_and_called_mirrored(index, scene, save):
    (candidate,) = found(index, scene(1)[:, :320][:, ::-1], save)

    assert candidate.enrolment == MINE
    assert candidate.reason.endswith("mirrored")


def test_the_whole_photo_within_a_larger_picture_is_found_where_it_lies(index, scene, save):
    page = scene(9, 1200, 900)
    page[500:800, 100:500] = cv2.resize(scene(1), (400, 300), interpolation=cv2.INTER_AREA)

    (candidate,) = found(index, page, save)

    assert (candidate.enrolment, candidate.kind) == (MINE, "region")
    left, top, width, height = candidate.seen_area
    assert abs(left + width / 2 - 0.25) < 0.05
    assert abs(top + height / 2 - 650 / 900) < 0.05


def test_a_head_moved_to_another_picture_is_found_as_a_composite(index, scene, save):
    head, host = scene(1)[60:300, 180:420], scene(8)
    turned = cv2.warpAffine(head, cv2.getRotationMatrix2D((120, 120), 8, 0.8), (240, 240))
    mask = np.zeros((240, 240, 1), np.float32)
    cv2.circle(mask, (120, 120), 85, 1, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), 6)[..., None]
    host[200:440, 60:300] = host[200:440, 60:300] * (1 - mask) + turned * mask

    (candidate,) = found(index, host, save)

    assert (candidate.enrolment, candidate.kind) == (MINE, "composite")
    assert "joined with something else" in candidate.reason


def test_a_photo_whose_lower_half_was_replaced_is_found(index, scene, save):
    fake = scene(1)
    fake[230:] = scene(7)[230:]

    assert [c.enrolment for c in found(index, fake, save)] == [MINE]


def test_unrelated_scenes_are_not_found(index, scene, save):
    assert [found(index, scene(seed), save) for seed in range(20, 30)] == [[]] * 10


def test_a_caption_in_the_same_typeface_is_no_evidence(scene, save, caption):
    index = Index()
    index.add(MINE, fingerprint(save(caption(scene(1), "WHEN YOU SEE", "THE SAME FONT"))))

    assert found(index, caption(scene(3), "WHEN THEY SEE", "THE FONT AGAIN"), save) == []
    assert found(index, caption(scene(4), "NOBODY SAID", "YOU SEE THE DAY"), save) == []


def test_two_screens_of_one_app_are_no_evidence(scene, save, screenshot):
    index = Index()
    index.add(MINE, fingerprint(save(screenshot(scene(1), "What a lovely day it was"))))

    assert found(index, screenshot(scene(3), "Where did you take this one?"), save) == []
    assert [c.enrolment for c in found(index, screenshot(scene(1), "Where did you take it?"), save)] == [MINE]


def test_without_region_hashes_only_whole_pictures_are_found(scene, save):
    index = Index()
    index.add(MINE, fingerprint(save(scene(1)), whole_only=True))

    assert [c.kind for c in found(index, scene(1), save)] == ["whole"]
    assert found(index, scene(1)[:, :320], save) == []


def test_a_picture_searched_without_regions_finds_whole_pictures(index, scene, save):
    assert [c.kind for c in index.search(fingerprint(save(scene(1)), whole_only=True))] == ["whole"]


def test_removed_photos_are_not_found_and_added_ones_are(index, scene, save):
    index.remove(MINE)
    index.add(UUID(int=3), fingerprint(save(scene(5))))

    assert found(index, scene(1)[:, :320], save) == []
    assert [c.enrolment for c in found(index, scene(5)[:, 320:], save)] == [UUID(int=3)]


def test_an_enrolment_that_changes_its_photo_is_found_by_the_new_one_only(index, scene, save):
    index.add(MINE, fingerprint(save(scene(6))))

    assert found(index, scene(1)[:, :320], save) == []
    assert [c.enrolment for c in found(index, scene(6)[:, :320], save)] == [MINE]


def test_the_slow_index_says_the_same(index, scene, save):
    slow = SlowIndex()
    slow.add(MINE, fingerprint(save(scene(1))))
    slow.add(ANOTHER, fingerprint(save(scene(2))))

    for picture in (scene(1)[:, :320], scene(2)[200:, ::-1], scene(3)):
        assert found(slow, picture, save) == found(index, picture, save)


def test_small_pictures_have_no_regions(scene, save):
    assert fingerprint(save(scene(1, 160, 99))).regions is None
    assert fingerprint(save(scene(1, 160, 120))).regions is not None


def test_a_flat_picture_is_refused_as_before(save):
    with pytest.raises(Unhashable):
        fingerprint(save(np.full((300, 300, 3), 200, np.uint8)))
