"""The frontier hands every entry out once, takes it back when its holder is gone, and forgets nothing."""

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from crawler import schema
from crawler.frontier import ABANDONED_LIMIT
from crawler.outcomes import KnownPicture, NewEntry, Outcome
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from matchers import owners

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TARGET = CrawlTarget("forum", ("https://forum.example/", "https://forum.example/new"))
ME = owners.this_process()


@pytest.fixture
def store(store_url):
    opened = CrawlStore.open(store_url)
    opened.targets.add(TARGET)
    yield opened
    opened.close()


@pytest.fixture
def run(store):
    return store.frontier.begin(TARGET, NOW)


def states(store):
    with store.engine.connect() as connection:
        return Counter(connection.scalars(schema.frontier.select().with_only_columns(schema.frontier.c.state)).all())


def test_a_crawl_begins_with_the_start_addresses_and_is_taken_up_again(store, run):
    assert store.frontier.begin(TARGET, NOW) == run
    assert states(store) == {"waiting": 2}


def test_what_is_leased_is_not_handed_out_again(store, run):
    first = store.frontier.lease(run, ME, 10, NOW)
    assert {entry.address for entry in first} == set(TARGET.urls)
    assert store.frontier.lease(run, "another/1/1", 10, NOW) == []


def test_an_address_is_known_once_however_often_it_is_found(store, run):
    found = [NewEntry("https://forum.example/a", 1)] * 3 + [NewEntry("https://forum.example/")]
    assert store.frontier.add("forum", run, found) == 1
    assert store.frontier.add("forum", run, found) == 0


def test_settling_makes_everything_a_page_gave_durable_at_once(store, run):
    first, second = store.frontier.lease(run, ME, 10, NOW)
    outcome = Outcome(first, status=200, pictures=3, known_pictures=1, new_sightings=2, bytes=1000)
    outcome.found = [NewEntry("https://forum.example/a", 1, note={"page": 2})]
    outcome.refusals = Counter({"picture-tiny": 1})
    outcome.known = [KnownPicture("https://i.example/a.jpg", b"d" * 32, b"f", None, '"e"', None, NOW)]
    store.frontier.settle([outcome], NOW)
    counts = store.pages.run(run)
    assert (counts.pages, counts.pictures, counts.known_pictures, counts.new_sightings) == (1, 3, 1, 2)
    assert counts.refusals == {"picture-tiny": 1}
    assert store.pages.known(["https://i.example/a.jpg"])["https://i.example/a.jpg"].etag == '"e"'
    assert [(page.address, page.status) for page in store.pages.of("forum")] == [(first.address, 200)]
    (entry,) = store.frontier.lease(run, ME, 10, NOW)
    assert (entry.address, entry.depth, entry.note) == ("https://forum.example/a", 1, {"page": 2})
    assert second.id != entry.id


def test_a_page_that_fails_is_tried_three_times_and_then_set_aside_with_the_reason(store, run):
    when = NOW
    for attempt in range(3):
        entry = next(one for one in store.frontier.lease(run, ME, 10, when) if one.address == TARGET.urls[0])
        assert entry.tries == attempt
        when += timedelta(minutes=5)
        store.frontier.settle([Outcome(entry, "again", "timeout", when)], when)
    left = store.frontier.left(run, when)
    assert left.poison == 1
    assert store.pages.run(run).refusals == {"poison-timeout": 1}


def test_what_waits_for_later_is_not_handed_out_before(store, run):
    entry = store.frontier.lease(run, ME, 1, NOW)[0]
    store.frontier.settle([Outcome(entry, "later", "asked-to-wait", NOW + timedelta(hours=1))], NOW)
    assert entry.id not in {one.id for one in store.frontier.lease(run, ME, 10, NOW)}
    left = store.frontier.left(run, NOW)
    assert (left.later, left.next_at) == (1, NOW + timedelta(hours=1))
    again = store.frontier.lease(run, ME, 10, NOW + timedelta(hours=1))
    assert [(one.id, one.tries) for one in again] == [(entry.id, 0)]


def test_a_lease_of_a_process_that_ended_is_taken_up_at_once(store, run):
    program = "from matchers import owners; print(owners.this_process())"
    gone = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    assert owners.is_gone(gone)
    assert not owners.is_gone(ME)
    store.frontier.lease(run, gone, 10, NOW)
    assert store.frontier.reclaim(run, NOW) == 2
    assert len(store.frontier.lease(run, ME, 10, NOW)) == 2


def test_a_lease_of_a_living_or_far_process_runs_out_unless_renewed(store, run):
    store.frontier.lease(run, "elsewhere//x/1/1", 1, NOW)
    store.frontier.lease(run, ME, 1, NOW)
    later = NOW + timedelta(seconds=100)
    store.frontier.renew(ME, later)
    assert store.frontier.reclaim(run, NOW + timedelta(seconds=130)) == 1
    assert store.frontier.reclaim(run, NOW + timedelta(seconds=225)) == 1


def test_a_page_that_is_alone_whenever_a_crawler_dies_is_set_aside(store, run):
    (one, _) = store.frontier.lease(run, ME, 2, NOW)
    store.frontier.settle([Outcome(one)], NOW)
    store.frontier.release(run, ME)
    for _ in range(ABANDONED_LIMIT + 2):
        store.frontier.lease(run, "elsewhere//x/1/1", 10, NOW)
        store.frontier.reclaim(run, NOW + timedelta(hours=1))
    assert states(store) == {"done": 1, "poison": 1}


def test_pages_that_are_left_behind_together_are_never_suspected(store, run):
    for _ in range(ABANDONED_LIMIT + 2):
        store.frontier.lease(run, "elsewhere//x/1/1", 10, NOW)
        store.frontier.reclaim(run, NOW + timedelta(hours=1))
    assert states(store) == {"waiting": 2}


def test_a_new_crawl_of_the_target_looks_at_known_addresses_again(store, run):
    store.frontier.add("forum", run, [NewEntry("https://forum.example/a", 1)])
    for entry in store.frontier.lease(run, ME, 10, NOW):
        store.frontier.settle([Outcome(entry)], NOW)
    store.frontier.finish(run, "complete", NOW)
    second = store.frontier.begin(TARGET, NOW + timedelta(days=1))
    assert second != run
    assert len(store.frontier.lease(second, ME, 10, NOW + timedelta(days=1))) == 2
    assert store.frontier.add("forum", second, [NewEntry("https://forum.example/a", 1)]) == 1


def test_what_a_spent_budget_leaves_over_is_counted(store, run):
    store.frontier.finish(run, "budget-pages", NOW)
    counts = store.pages.run(run)
    assert counts.refusals == {"budget-pages": 2}
    assert counts.ended_because == "budget-pages"


def test_two_crawlers_share_the_entries_and_none_is_seen_twice(store, store_url, run):
    other = CrawlStore.open(store_url)
    store.frontier.add("forum", run, [NewEntry(f"https://forum.example/{number}") for number in range(40)])
    taken = []
    while batch := [*store.frontier.lease(run, ME, 3, NOW), *other.frontier.lease(run, "other/1/1", 3, NOW)]:
        taken += batch
    other.close()
    assert len(taken) == len({entry.id for entry in taken}) == 42


def test_entries_are_handed_out_by_rank_then_in_their_order_and_those_not_due_are_passed_over(store, run):
    store.frontier.lease(run, ME, 9, NOW)  # the start addresses
    found = [
        NewEntry(f"https://forum.example/{name}", 1, priority=rank)
        for name, rank in zip("abcdefg", (0, 5, -10, 5, 0, 7, 9), strict=True)
    ]
    for one in found:
        store.frontier.add("forum", run, [one])
    (first,) = store.frontier.lease(run, ME, 1, NOW)
    assert first.address.endswith("/g")
    store.frontier.settle([Outcome(first, "later", "asked-to-wait", NOW + timedelta(hours=1))], NOW)
    names = [one.address[-1] for one in store.frontier.lease(run, ME, 4, NOW)]
    assert names == ["f", "b", "d", "a"]
    assert [one.address[-1] for one in store.frontier.lease(run, ME, 4, NOW)] == ["e", "c"]
