"""Enrolments in columns: as many as there are, whatever was added, replaced and removed, and nothing left behind."""

import uuid

import numpy as np
import pytest

from matchers import Index, flat
from matchers.fast_index import RADIUS
from matchers.flat import Enrolled, FlatRows, Rows, names_of
from tests.matchers.test_index import at_distance, made_up, name


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks of 16 rows, so that a few enrolments fill several."""
    monkeypatch.setattr(flat, "CHUNK", 16)


def filled(numbers) -> FlatRows:
    rows = FlatRows()
    rows.append(Rows.of([(name(number), made_up(number)) for number in numbers]))
    return rows


def test_every_row_says_whose_it_is_and_what_a_decision_needs(small_chunks):
    rows = filled(range(40))

    assert {rows[row][0] for row in range(len(rows))} == {name(number) for number in range(40)}
    assert all(rows[row][1] == Enrolled.of(made_up(rows[row][0].int)) for row in range(40))


@pytest.mark.parametrize("gone", [[0], [39], [15, 16, 17], [*range(40)], [*range(0, 40, 3)], [38, 39], [99]])
def test_what_is_removed_is_gone_and_all_others_stay(small_chunks, gone):
    rows = filled(range(40))

    assert rows.remove(names_of([name(number) for number in gone])) == len(set(gone) & set(range(40)))
    left = {
        rows[row][0].int: rows.near(_words(row_of.int), 0, at_once=False)
        for row in range(len(rows))
        for row_of in [rows[row][0]]
    }
    assert set(left) == set(range(40)) - set(gone)
    assert all(len(hits) == 1 for hits in left.values())


def test_nothing_of_a_removed_hash_stays_in_memory(small_chunks):
    rows = filled(range(20))
    rows.remove(names_of([name(3), name(19)]))

    for number in (3, 19):
        bits = np.frombuffer(made_up(number).whole[0].bits, np.uint64)[:, None]
        assert not any((chunk.words == bits).any() for chunk in rows._chunks)


def _words(number: int) -> np.ndarray:
    return np.frombuffer(made_up(number).whole[0].bits, np.uint64)[None]


def test_many_are_added_as_if_one_by_one_the_last_of_the_same_name_staying(small_chunks):
    index = Index()
    index.add_many([(name(1), made_up(1)), (name(2), made_up(2)), (name(1), made_up(3))])
    index.add_many([(name(2), made_up(4))])

    found = [index.search(made_up(number)) for number in (1, 2, 3, 4)]
    assert [[each.enrolment for each in some] for some in found] == [[], [], [name(1)], [name(2)]]


def test_a_batch_of_pictures_is_answered_as_each_of_them_alone():
    index = Index()
    index.add_many((name(number), made_up(number)) for number in range(2_100))  # enough for the compiled pass
    asked = [at_distance(made_up(n), min(3 * n, RADIUS), n % 8, seed=50_000 + n) for n in range(40)] + [made_up(9_999)]

    assert index.considered_many(asked) == [index.considered(fp) for fp in asked]
    assert [len(found) for found in index.considered_many(asked)] == [1] * 40 + [0]


def test_an_enrolment_removed_between_two_batches_is_in_the_first_only():
    index, fp = Index(), made_up(1)
    index.add_many((uuid.UUID(int=number), made_up(number)) for number in range(2_001))

    assert len(index.considered_many([fp, fp])[1]) == 1
    index.remove(name(1))
    assert index.considered_many([fp, fp]) == [[], []]
