"""The tables give the meetings that comparing all with all gives; the index too, after any coming and going."""

import contextlib
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.regions.index import SEALED_AT, RegionIndex, Segment
from matchers.regions.kept import ROW, Regions, distances
from matchers.regions.tables import MASKS, Tables, meetings_slowly, scanned

SIZES = [0, 1, *(2**k + d for k in (6, 9, 12) for d in (-1, 0, 1))]


def some_hashes(random, count):
    return random.integers(0, 2**64, (count, 2), dtype=np.uint64)


def changed(random, hashes, bits):
    """Flip up to so many bits of each."""
    flips = np.zeros_like(hashes)
    for row in range(len(hashes)):
        for bit in random.choice(128, int(random.integers(0, bits + 1)), replace=False):
            flips[row, bit // 64] |= np.uint64(1) << np.uint64(bit % 64)
    return hashes ^ flips


@pytest.mark.parametrize("size", SIZES)
def test_tables_give_what_comparing_all_with_all_gives(size):
    random = np.random.default_rng(size)
    kept = some_hashes(random, size)
    twins = kept[random.integers(0, max(1, size), min(40, size))]
    asked = np.concatenate([changed(random, twins, 30), some_hashes(random, 5)])
    kept = np.concatenate([kept, twins[:3]])  # duplicates are found each

    fast, slow = Tables(kept).meetings(asked), meetings_slowly(asked, kept)

    for quick in (fast, scanned(asked, kept, MASKS)):
        assert set(map(tuple, quick.tolist())) == set(map(tuple, slow.tolist()))
        assert len(quick) == len(slow)
    assert size == 0 or len(slow) > 0


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(0, 26))
def test_meetings_are_never_further_than_the_radius(seed, bits):
    random = np.random.default_rng(seed)
    kept = some_hashes(random, 50)
    asked = changed(random, kept, bits)

    for query, row in Tables(kept).meetings(asked):
        assert distances(asked[query], kept[row]) <= 26


def picture(random):
    """A picture of 60 patches at random places, as the bytes of regions would give it."""
    made = Regions(640, 480, np.zeros(60, ROW))
    made.rows["bits"] = some_hashes(random, 60)
    made.rows["x"], made.rows["y"] = random.integers(0, 20480, 60), random.integers(0, 15360, 60)
    made.rows["sigma"], made.rows["angle"] = random.integers(40, 100, 60), random.integers(0, 256, 60)
    return made


def part_of(random, whole):
    """Half of its patches, moved and with a few bits changed."""
    rows = whole.rows[:30].copy()
    rows["bits"] = changed(random, np.ascontiguousarray(rows["bits"]), 16)
    rows["x"] = (rows["x"] + 320) % 20480
    return Regions(640, 480, rows)


@pytest.mark.parametrize("beside", [False, True], ids=["by-the-search", "put-in-order-before"])
def test_the_fast_index_answers_as_the_slow_one_through_coming_and_going(beside):
    random = np.random.default_rng(4)
    pictures = [picture(random) for _ in range(2 * SEALED_AT // 60)]
    fast, slow, found = RegionIndex(), RegionIndex(fast=False), 0
    for step in range(4):
        for number in range(step, len(pictures), 4):
            for index in (fast, slow):
                index.add(UUID(int=number), pictures[number])
        for number in random.integers(0, len(pictures), 20).tolist():
            for index in (fast, slow):
                index.remove(UUID(int=number))
        if beside:
            fast.put_in_order(contextlib.nullcontext())
            assert not fast._fresh  # nothing is left for the search to do
        for number in range(0, len(pictures), 15):
            asked = part_of(random, pictures[number])
            answers = [[(f.kept.enrolment, f.score) for f in index.search(asked, 45)] for index in (fast, slow)]
            assert answers[0] == answers[1]
            assert len(fast) == len(slow)
            found += len(answers[0])
    assert found


def test_what_changes_while_new_pictures_are_put_in_order_counts(monkeypatch):
    random = np.random.default_rng(5)
    pictures = [picture(random) for _ in range(5)]
    index, build = RegionIndex(), Segment.build
    for number in range(3):
        index.add(UUID(int=number), pictures[number])

    def meanwhile(segment):
        monkeypatch.setattr(Segment, "build", build)
        index.remove(UUID(int=0))
        index.add(UUID(int=1), pictures[4])  # in the place of another
        index.add(UUID(int=3), pictures[3])
        segment.build()

    monkeypatch.setattr(Segment, "build", meanwhile)
    index.put_in_order(contextlib.nullcontext())
    found = [[each.kept.enrolment.int for each in index.search(part_of(random, one), 45)] for one in pictures]
    assert found == [[], [], [2], [3], [1]]


def test_what_a_search_put_in_order_first_is_not_there_twice(monkeypatch):
    random = np.random.default_rng(6)
    whole, index, build = picture(random), RegionIndex(), Segment.build
    index.add(UUID(int=1), whole)

    def meanwhile(segment):
        monkeypatch.setattr(Segment, "build", build)
        assert len(index.search(part_of(random, whole), 45)) == 1
        segment.build()

    monkeypatch.setattr(Segment, "build", meanwhile)
    index.put_in_order(contextlib.nullcontext())
    assert len(index._segments) == 1
    assert [each.kept.enrolment.int for each in index.search(part_of(random, whole), 45)] == [1]


def test_an_empty_index_finds_nothing():
    assert RegionIndex().search(picture(np.random.default_rng(1)), 45) == []
