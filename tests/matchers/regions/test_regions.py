"""Region hashes: the same places after a turn, one constant away in a mirror, kept in few bytes."""

import numpy as np
import pytest

from matchers import fingerprint
from matchers.negative import NegativeBank
from matchers.regions.index import RegionIndex
from matchers.regions.kept import BITS, FREQUENCIES, MIRROR, ROW, VERSION, Regions, distances
from matchers.regions.regions import regions


def made(picture):
    return regions(np.ascontiguousarray(picture), picture.shape[1], picture.shape[0])


def shared(one, other):
    """The share of patches of one picture that the other has within 20 bits."""
    return np.mean([distances(h, other.hashes).min() <= 20 for h in one.hashes])


def test_a_hash_is_the_signs_of_the_lowest_frequencies_without_the_mean():
    assert len(FREQUENCIES) == BITS
    assert (0, 0) not in set(map(tuple, FREQUENCIES.tolist()))
    assert (FREQUENCIES**2).sum(1).max() < 170


def test_a_quarter_turn_keeps_nearly_all_patches(scene):
    assert shared(made(scene(1)), made(np.rot90(scene(1)))) > 0.8


def test_a_mirror_is_one_exclusive_or_away(scene):
    upright, mirrored = made(scene(1)), made(scene(1)[:, ::-1])

    assert np.mean([distances(h ^ MIRROR, mirrored.hashes).min() <= 20 for h in upright.hashes]) > 0.8


def test_half_the_size_keeps_most_of_the_larger_patches(scene):
    big = scene(1, 640, 480)

    assert shared(made(big[::2, ::2]), made(big)) > 0.4


def test_other_scenes_share_next_to_nothing(scene):
    assert shared(made(scene(1)), made(scene(2))) < 0.02


def test_patches_lie_within_the_working_picture(scene):
    it = made(scene(3, 900, 500))

    assert (it.width, it.height) == (640, 356)
    assert (it.places[:, 0] <= it.width).all()
    assert (it.places[:, 1] <= it.height).all()
    assert len(it) <= 520


def test_bytes_bring_regions_back(scene):
    it = made(scene(1))

    assert Regions.from_bytes(it.to_bytes()) == it
    assert len(it.to_bytes()) == 7 + 22 * len(it)


def test_regions_of_another_version_or_length_are_refused(scene):
    kept = made(scene(1)).to_bytes()

    with pytest.raises(ValueError, match="version"):
        Regions.from_bytes(bytes([VERSION + 1]) + kept[1:])
    for damaged in (kept[:-1], kept + b"\0", b""):
        with pytest.raises(ValueError, match="fingerprint"):
            Regions.from_bytes(damaged)


def test_a_picture_without_structure_has_none():
    assert regions(np.full((300, 400, 3), 90, np.uint8), 400, 300) is None


def test_a_picture_marked_as_common_is_no_evidence_any_more(scene, save):
    from uuid import UUID

    logo = fingerprint(save(scene(1))).regions
    part = fingerprint(save(scene(1)[:, :320])).regions
    bank = NegativeBank()
    before, after = RegionIndex(bank), RegionIndex(bank)
    before.add(UUID(int=1), logo)
    assert before.search(part, 45)

    bank.mark_common(logo)
    after.add(UUID(int=1), logo)

    assert after.search(part, 45) == []


def test_plain_corners_are_no_patches_and_a_scene_is_far_from_the_bank(scene):
    frame = np.full((480, 640, 3), 255, np.uint8)
    frame[60:420, 80:560] = (20, 60, 120)

    assert made(frame) is None
    assert np.median(NegativeBank().caps(made(scene(1)).hashes)) > 34


def test_the_patches_of_a_marked_head_come_first(scene, save):
    photo, head = save(scene(1, 1280, 960)), (0.4, 0.2, 0.2, 0.25)

    def in_head(it):
        x, y = it.places[:, 0] / it.width, it.places[:, 1] / it.height
        return int(((x >= 0.4) & (x <= 0.6) & (y >= 0.2) & (y <= 0.45)).sum())

    plain, marked = fingerprint(photo).regions, fingerprint(photo, head=head).regions
    assert in_head(marked) > 1.2 * in_head(plain)
    assert len(marked.to_bytes()) <= 12_000


@pytest.mark.parametrize("box", [(0.5, 0.5, 0.6, 0.1), (-0.1, 0, 0.5, 0.5), (0, 0, 0, 0.5)])
def test_a_head_that_is_no_box_in_the_picture_is_refused(scene, save, box):
    with pytest.raises(ValueError, match="a box is left, top"):
        fingerprint(save(scene(1)), head=box)


@pytest.mark.parametrize(("name", "value"), [("x", 640 * 32 + 1), ("y", 65_535)])
def test_patches_outside_of_their_picture_are_refused_before_machine_code_looks_for_them(name, value):
    rows = np.zeros(3, ROW)
    rows[name][1] = value
    with pytest.raises(ValueError, match="outside"):
        Regions.from_bytes(Regions(640, 480, rows).to_bytes())


@pytest.mark.parametrize(("width", "height", "count"), [(641, 480, 3), (100, 65_535, 3), (640, 480, 521)])
def test_larger_pictures_and_more_patches_than_there_can_be_are_refused(width, height, count):
    with pytest.raises(ValueError, match="outside"):
        Regions.from_bytes(Regions(width, height, np.zeros(count, ROW)).to_bytes())
