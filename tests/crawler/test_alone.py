"""A second process on a store that one works on alone is refused with the first one's name; short commands go on."""

import os
import subprocess
import sys

import pytest

from crawler.alone import place
from crawler.errors import AlreadyAtWork
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget


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
