"""Matching workers share the log: each sighting is compared by one of them, whoever of them dies."""

import subprocess
import sys
from datetime import timedelta

import pytest

from alerts import taking_in
from alerts.sharing import SHORTEST, Share, next_range
from alerts.triage import FORWARD, LiveIndex, match_new, match_past
from registry import cases, ranges
from registry.ranges import TAKEN_FOR
from tests.alerts.conftest import add_person, enrol, sighting


@pytest.fixture
def seen(log):
    log.append([sighting(1, f"https://forum.example/{n}") for n in range(10)])
    return log


def position(registry):
    with registry.reading() as tx:
        return cases.cursor(tx, FORWARD)


def finish(registry, taken):
    with registry.transaction("matching") as tx:
        return ranges.done(tx, taken)


def test_each_takes_what_nobody_has_and_the_reader_moves_over_what_is_done_without_a_gap(either_registry, seen):
    first, one = next_range(either_registry, seen, FORWARD, 4)
    second, two = next_range(either_registry, seen, FORWARD, 4)
    third, three = next_range(either_registry, seen, FORWARD, 4)
    assert [len(one), len(two), len(three)] == [4, 4, 2]
    assert next_range(either_registry, seen, FORWARD, 4) is None
    assert finish(either_registry, second)
    assert position(either_registry) == first.after
    assert finish(either_registry, first)
    assert position(either_registry) == second.upto
    assert finish(either_registry, third)
    assert position(either_registry) == third.upto == seen.last()


def test_the_range_of_a_worker_that_was_killed_is_taken_over_at_once(either_registry, seen):
    program = "from matchers import owners; print(owners.this_process())"
    gone = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    with either_registry.transaction("matching") as tx:
        left = ranges.take(tx, FORWARD, 0, 6, gone)
    taken, sightings = next_range(either_registry, seen, FORWARD, 4)
    assert taken == left
    assert len(sightings) == 6


def test_a_range_that_takes_too_long_is_compared_by_two_and_told_by_the_first(registry, seen, monkeypatch):
    slow, _ = next_range(registry, seen, FORWARD, 4)
    late = registry.clock() + TAKEN_FOR + timedelta(seconds=1)
    monkeypatch.setattr(registry, "clock", lambda: late)
    fast, _ = next_range(registry, seen, FORWARD, 4)
    assert fast == slow
    assert [finish(registry, slow), finish(registry, fast)] == [True, False]


def test_what_a_killed_worker_left_is_matched_by_the_next_and_nothing_twice(registry, seen, monkeypatch):
    moment = registry.clock()  # which stands still: on a busy machine the first look takes as long as a range is kept
    monkeypatch.setattr(registry, "clock", lambda: moment)
    enrol(registry, add_person(registry), 1)
    with registry.transaction("matching") as tx:
        ranges.take(tx, FORWARD, 0, 3, "elsewhere//x/1/1")
    match_new(registry, seen, LiveIndex(), batch=3)
    assert position(registry) == 0  # what another machine has may still be in work there
    with registry.transaction("matching") as tx:
        for row in ranges._rows(tx, FORWARD):
            row.until = tx.now()
    match_new(registry, seen, LiveIndex(), batch=3)
    with registry.reading() as tx:
        pages = [each.page_url for each in cases.exposures(tx)]
    assert sorted(pages) == sorted(f"https://forum.example/{n}" for n in range(10))
    assert position(registry) == seen.last()


@pytest.mark.parametrize("look_back", [False, True])
def test_a_batch_full_of_likenesses_is_written_little_by_little_and_a_kill_repeats_none(
    either_registry, seen, monkeypatch, look_back
):
    """Whoever writes anything else has a turn in between."""
    monkeypatch.setattr(taking_in, "MOST_WRITTEN", 5)
    enrol(either_registry, add_person(either_registry), 1)
    record, written = taking_in._record, []

    def killed_at_the_second(tx, some, known):
        written.append([each.sighting.page_url for each in some])
        if len(written) == 2:
            raise KeyboardInterrupt
        return record(tx, some, known)

    monkeypatch.setattr(taking_in, "_record", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        match(either_registry, seen, look_back=look_back)
    with either_registry.transaction("matching") as tx:
        for row in ranges._rows(tx, FORWARD):
            row.until = tx.now()
    match(either_registry, seen, look_back=look_back)
    with either_registry.reading() as tx:
        pages = [each.page_url for each in cases.exposures(tx)]
    assert sorted(pages) == sorted(f"https://forum.example/{n}" for n in range(10))
    assert [len(some) for some in written] == [3, 3, 3, 3, 1]
    assert written[1] == written[2]  # what was not committed, and nothing else, comes again
    assert look_back or position(either_registry) == seen.last()


def match(registry, log, *, look_back):
    return match_past(registry, log) if look_back else match_new(registry, log, LiveIndex(), look_back=False)


def test_a_slow_machine_takes_shorter_ranges_and_a_fast_one_longer_ones_again():
    share = Share(500)
    share.took(500, 10.0, 500)
    assert share.size == 100
    share.took(100, 0.2, 500)
    assert share.size == 200
    share.took(200, 1000.0, 500)
    assert share.size == SHORTEST
