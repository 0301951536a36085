"""A crawl whose pages are all under way waits: it does not ask its store again and again."""

import os
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processor time is read from /proc")


def processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_crawl_that_waits_for_a_slow_page_leaves_the_processor_to_others(site, store, target_of, start_crawler):
    spent = {}

    def slow(_):
        time.sleep(1)
        before = processor_s(process.pid)
        time.sleep(3)
        spent["waiting"] = processor_s(process.pid) - before
        return "<a href='/last'>x</a>"

    site.pages |= {"/": slow, "/last": "the end"}
    target_of(site)
    process = start_crawler("site")
    assert process.wait(timeout=120) == 0
    assert store.pages.last_runs()["site"].pages == 2
    assert spent["waiting"] < 0.5  # of 3 seconds; one that keeps asking takes all it can get
