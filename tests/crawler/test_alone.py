"""A second process on a store that one works on alone is refused with the first one's name; short commands go on."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from crawler import alone
from crawler.alone import place
from crawler.errors import AlreadyAtWork
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from tests.conftest import fresh_postgres
from tests.servers import OwnPostgres


def test_a_second_one_is_refused_by_name_and_told_what_to_do(store_url):
    first, second = CrawlStore.open(store_url), CrawlStore.open(store_url)
    with place(first.engine, "crawl"):
        with pytest.raises(AlreadyAtWork, match="WATCHLIGHT_VALKEY_URL") as refused, place(second.engine, "crawl"):
            pass
        assert f"process {os.getpid()}" in str(refused.value).lower()
        with place(second.engine, "house"):
            pass
    with place(second.engine, "crawl"):
        pass
    first.close()
    second.close()


def test_those_who_share_are_let_in_together_and_not_beside_one_who_works_alone(store_url):
    first, second = CrawlStore.open(store_url), CrawlStore.open(store_url)
    with place(first.engine, "crawl", shared=True):
        with place(second.engine, "crawl", shared=True):
            pass
        with pytest.raises(AlreadyAtWork), place(second.engine, "crawl"):
            pass
    with place(first.engine, "crawl"), pytest.raises(AlreadyAtWork), place(second.engine, "crawl", shared=True):
        pass
    first.close()
    second.close()


def test_a_second_crawl_is_refused_while_short_commands_go_on(store, crawl):
    store.targets.add(CrawlTarget("forum", ("http://127.0.0.1:1/",)))
    with place(store.engine, "crawl"):
        refused = crawl("forum")
        assert refused.returncode == 1
        assert f"Process {os.getpid()} on" in refused.stderr
        assert "Traceback" not in refused.stderr
        command = [sys.executable, "-m", "portal.cli", "target", "list", "--json"]
        assert '"forum"' in subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def restarted(tmp_path):
    """A PostgreSQL of this test's own, which it may stop and start."""
    server = OwnPostgres(tmp_path / "pg")
    yield server
    server.end()


@pytest.fixture
def told_to_stop(monkeypatch):
    """Set when this process was told to stop, as `watchlight run` and a crawl are."""
    told = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: told.set())
    monkeypatch.setattr(alone, "LOOK_S", 0.2)
    yield told
    signal.signal(signal.SIGTERM, before)


def test_a_place_in_postgresql_outlives_a_restart_of_the_server(restarted, told_to_stop):
    url = fresh_postgres(restarted.uri)
    first, second = CrawlStore.open(url), CrawlStore.open(url)
    with place(first.engine, "crawl"):
        restarted.stop()
        restarted.start()
        second.engine.dispose()
        until_taken_again(second)
        with pytest.raises(AlreadyAtWork, match=f"(?i)process {os.getpid()} on"), place(second.engine, "crawl"):
            pass
    assert not told_to_stop.is_set()
    with place(second.engine, "crawl"):
        pass
    first.close()
    second.close()


def until_taken_again(store):
    end = time.monotonic() + 20
    with store.engine.connect() as connection:
        while not connection.exec_driver_sql("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted").all():
            assert time.monotonic() < end, "the place stays free"
            time.sleep(0.1)


def test_one_whose_place_was_taken_while_the_database_was_away_is_told_to_stop(restarted, told_to_stop):
    url = fresh_postgres(restarted.uri)
    first, second = CrawlStore.open(url), CrawlStore.open(url)
    ours = alone._Place(first.engine, "crawl", shared=False)  # it looks after its place from the block on
    restarted.stop()
    restarted.start()
    second.engine.dispose()
    with place(second.engine, "crawl"):
        with pytest.raises(AlreadyAtWork, match="crawls this store already"), ours.held():
            assert told_to_stop.wait(20)
        with pytest.raises(AlreadyAtWork), place(first.engine, "crawl"):
            pass
    first.close()
    second.close()
