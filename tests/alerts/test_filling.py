"""Filling the index at a start tells how far it is; a few changes tell nothing."""

import pytest

from alerts import live
from alerts.live import LiveIndex
from tests.alerts.conftest import add_person, enrol


def test_a_start_tells_how_far_the_index_is_and_later_changes_are_no_long_work(registry, monkeypatch):
    monkeypatch.setattr(live, "STEP", 2)
    person, told = add_person(registry), list[tuple[int, int]]()
    for seed in range(5):
        enrol(registry, person, seed)
    index = LiveIndex()
    assert index.refresh(registry, lambda *far: told.append(far)) == 5
    assert told == [(0, 5), (2, 5), (4, 5), (5, 5)]
    enrol(registry, person, 6)
    assert index.refresh(registry, lambda *far: told.append(far)) == 1
    assert len(told) == 4


def test_a_fill_that_was_interrupted_goes_on_where_it_was(registry, monkeypatch):
    monkeypatch.setattr(live, "STEP", 2)
    person, told = add_person(registry), list[tuple[int, int]]()
    for seed in range(5):
        enrol(registry, person, seed)

    def interrupt(done: int, total: int) -> None:
        told.append((done, total))
        if len(told) == 2:
            raise ConnectionError

    index = LiveIndex()
    with pytest.raises(ConnectionError):
        index.refresh(registry, interrupt)
    assert index.refresh(registry, interrupt) == 3
    assert told[2:] == [(2, 5), (4, 5), (5, 5)]
