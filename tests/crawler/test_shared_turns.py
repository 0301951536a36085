"""A crawl and a re-check of one store keep one pace, whatever becomes of either."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from crawler import shared_turns
from crawler.middlewares.pace import shared_pace
from crawler.refusals import Later, Stopping
from crawler.shared_turns import SharedTurns, StorePace
from tests.crawler.conftest import CLONE

ASK = """
import asyncio, sys, time
from pathlib import Path
from crawler.shared_turns import StorePace

async def main():
    pace = StorePace(Path(sys.argv[1]))
    for _ in range(6):
        await pace.turn("a.example", 0.1, lambda: False)
        print(time.monotonic(), flush=True)

asyncio.run(main())
"""


def test_two_processes_ask_a_site_no_faster_than_one(tmp_path):
    started = [
        subprocess.Popen(
            [sys.executable, "-c", ASK, str(tmp_path / "pace")], cwd=CLONE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    times = sorted(float(line) for one in started for line in one.communicate(timeout=60)[0].split())
    assert len(times) == 12
    # A process may write its time down late, but turns are given a pause apart: 11 pauses in all.
    assert times[-1] - times[0] >= 11 * 0.1 - 0.05


async def test_what_a_site_asks_of_one_holds_for_the_other_and_only_that_site(tmp_path):
    crawl, recheck = StorePace(tmp_path / "pace"), StorePace(tmp_path / "pace")
    await crawl.asked_to_wait("a.example", 7200)
    with pytest.raises(Later) as later:
        await recheck.turn("a.example", 0, lambda: False)
    assert later.value.until is not None
    assert timedelta(hours=1.9) < later.value.until - datetime.now(UTC) < timedelta(hours=2.1)
    assert (await recheck.turn("b.example", 0, lambda: False)).site == "b.example"


async def test_a_stop_wakes_whoever_waits_for_the_other(tmp_path):
    crawl, recheck = StorePace(tmp_path / "pace"), StorePace(tmp_path / "pace")
    await crawl.turn("a.example", 30, lambda: False)
    asked = iter((False, False, True))
    with pytest.raises(Stopping):
        await recheck.turn("a.example", 30, lambda: next(asked, True))


def test_turns_are_booked_when_they_are_taken_and_a_clock_set_back_blocks_nobody(tmp_path, monkeypatch):
    turns = SharedTurns(tmp_path / "pace")
    assert turns.take("a.example", 10.0) == 0.0
    assert 9 < turns.take("a.example", 10.0) <= 10
    assert 9 < turns.take("a.example", 10.0) <= 10  # asking booked nothing
    now = time.time()
    monkeypatch.setattr(shared_turns.time, "time", lambda: now - 86_400)
    assert turns.take("a.example", 10.0) == 0.0


def test_where_many_sites_share_a_neighbourhood_those_that_wait_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(shared_turns, "PLACES", 32)
    turns = SharedTurns(tmp_path / "pace")
    turns.hold("a.example", 3600)
    for number in range(500):
        turns.take(f"{number}.example", 0.0)
    assert turns.take("a.example", 1.0) > 3500
    assert (tmp_path / "pace").stat().st_mode & 0o077 == 0
    assert b"example" not in (tmp_path / "pace").read_bytes()


def test_where_there_is_no_room_for_the_file_nothing_is_begun_and_the_sentence_says_so(tmp_path):
    program = (
        "import resource, sys; from pathlib import Path; from crawler.shared_turns import SharedTurns\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "SharedTurns(Path(sys.argv[1]))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "pace")]
    ended = subprocess.run(command, cwd=CLONE, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "StoreUnavailable" in ended.stderr
    assert "Make room" in ended.stderr


async def test_crawls_and_rechecks_of_a_postgresql_store_on_one_machine_keep_one_pace_by_a_file(private_home):
    place = "db.example:5432/crawl"
    crawl = shared_pace.__wrapped__("", f"postgresql+psycopg://crawler:one@{place}")
    recheck = shared_pace.__wrapped__("", f"postgresql+psycopg://recheck:two@{place}")
    another = shared_pace.__wrapped__("", f"postgresql+psycopg://crawler:one@{place}2")
    await crawl.asked_to_wait("a.example", 7200)
    with pytest.raises(Later):
        await recheck.turn("a.example", 0, lambda: False)
    assert (await another.turn("a.example", 0, lambda: False)).site == "a.example"
    files = [file.name for file in private_home.glob("crawl-*-pace")]
    assert len(files) == 2
    assert not any("example" in name or "one" in name for name in files)
