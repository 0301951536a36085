"""Long work is written down while it goes on, and how it ended, so that others can look on and nobody waits in vain."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from crawler import longwork
from crawler.longwork import SILENT
from crawler.store import CrawlStore


@pytest.fixture
def store(store_url):
    store = CrawlStore.open(store_url)
    yield store
    store.close()


def now() -> datetime:
    return datetime.now(UTC)


def test_work_under_way_is_seen_from_elsewhere_with_rate_and_time_left(store, monkeypatch):
    monkeypatch.setattr(longwork, "EVERY_S", 0.0)
    with store.long_work.shown("archive", "sightings") as told:
        told(100, 1000)
        told(300, 1000)
        (seen,) = CrawlStore(store.engine).long_work.lately(now())

        assert (seen.kind, seen.state, seen.first, seen.done, seen.total) == ("archive", "running", 100, 300, 1000)
        assert seen.seconds_left == pytest.approx(700 / seen.rate)
    (ended,) = store.long_work.lately(now())
    assert (ended.state, ended.done, ended.seconds_left) == ("done", 300, None)


def test_what_was_done_before_counts_for_how_far_and_not_for_how_fast():
    began = datetime(2026, 11, 1, tzinfo=UTC)
    work = longwork.Work(
        "look-back", "sightings", began, began + timedelta(seconds=10), None, "running", 9_000, 10_000, 12_000
    )

    assert work.rate == 100
    assert work.in_words() == "10,000 of 12,000 sightings, 100 a second, about 20 s left"
    assert work.in_words(40) == "83%, 100 a second, 20 s left"
    assert work.in_words(20) == "83%, 20 s left"
    assert work.in_words(5) == "83%"


@pytest.mark.parametrize(("error", "state"), [(KeyboardInterrupt, "stopped"), (ValueError, "failed")])
def test_how_work_ended_is_said(store, error, state):
    def work() -> None:
        with store.long_work.shown("import", "targets") as told:
            told(1, 3)
            raise error

    with pytest.raises(error):
        work()
    assert [each.state for each in store.long_work.lately(now())] == [state]


def test_work_that_finds_nothing_to_do_leaves_no_trace(store):
    with store.long_work.shown("rebuild", "blocks"):
        pass

    assert store.long_work.lately(now()) == []


def test_two_rounds_of_one_kind_are_two_pieces_of_work(store):
    with store.long_work.shown("look-back", "sightings") as told:
        for done in (10, 20, 5, 20):
            told(done, 20)

    assert [(each.first, each.done, each.state) for each in store.long_work.lately(now())] == [
        (5, 20, "done"),
        (10, 20, "done"),
    ]


def test_work_whose_process_was_killed_is_called_stopped_after_a_while(store):
    code = (
        "import os, signal, sys\n"
        "from crawler.store import CrawlStore\n"
        "with CrawlStore.open(sys.argv[1]).long_work.shown('archive', 'sightings') as told:\n"
        "    told(1, 9)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    url = store.engine.url.render_as_string(hide_password=False)
    ended = subprocess.run([sys.executable, "-c", code, url], env=dict(os.environ), check=False)

    assert ended.returncode == -signal.SIGKILL
    assert [each.state for each in store.long_work.lately(now())] == ["running"]
    assert [each.state for each in store.long_work.lately(now() + 2 * SILENT)] == ["stopped"]


def test_what_is_long_over_is_forgotten(store):
    with store.long_work.shown("archive", "sightings") as told:
        told(1, 1)

    assert store.long_work.lately(now() + timedelta(days=2)) == []
    store.long_work.forget_before(now() + timedelta(seconds=1))
    assert store.long_work.lately(now()) == []
