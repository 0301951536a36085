"""Workers do the dangerous work under hard limits, and their end is a named refusal."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

from crawler.workers import JobRefused, Pool


@pytest.fixture
async def pool(tmp_path, monkeypatch):
    """A pool of two whose jobs may also come from a module of this test."""
    opened = Pool(2)
    yield opened
    opened.close()


async def refused(pool, job, untrusted=b"", **options):
    with pytest.raises(JobRefused) as error:
        await pool.call(job, untrusted, **options)
    return error.value.reason


async def test_a_picture_goes_in_and_a_fingerprint_comes_out(pool, drawn):
    from matchers import Fingerprint, fingerprint

    file = drawn(5, (320, 240))
    assert Fingerprint.from_json(await pool.call("crawler.jobs:fingerprint_picture", file)) == fingerprint(file)


def test_what_was_warmed_up_before_the_fork_hashes_every_kind_of_picture_and_loads_no_more_code():
    program = """
import io, sys
from PIL import Image
from crawler.jobs import frames_of_picture, warm_up
warm_up()
before = set(sys.modules)
for size in ((100, 90), (300, 200), (1400, 300)):
    for picture in (Image.effect_noise(size, 90), Image.linear_gradient("L").resize(size).convert("RGB")):
        for kind in ("JPEG", "PNG"):
            file = io.BytesIO()
            picture.save(file, kind)
            frames_of_picture(file.getvalue(), whole_only=True)
print(sorted(name for name in set(sys.modules) - before if name.startswith(("matchers", "numba"))))
"""
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout == "[]\n"


async def test_a_refusal_travels_back_by_name(pool):
    assert await refused(pool, "crawler.jobs:fingerprint_picture", b"no picture") == "format"


async def test_work_without_end_is_ended_and_the_next_job_goes_on(pool):
    started = time.monotonic()
    assert await refused(pool, "tests.crawler.trial_jobs:spin", b"", wall_s=20) == "out-of-time"
    assert time.monotonic() - started < 40  # 4 s of processor time, on a machine that may be busy
    assert await pool.call("tests.crawler.trial_jobs:size", b"abc") == 3


async def test_sleeping_for_ever_is_ended_by_the_clock_on_the_wall(pool):
    assert await refused(pool, "tests.crawler.trial_jobs:doze", b"", wall_s=1) == "out-of-time"


async def test_memory_without_end_is_refused(pool):
    assert await refused(pool, "tests.crawler.trial_jobs:hoard") == "out-of-memory"
    assert await pool.call("tests.crawler.trial_jobs:size", b"abc") == 3


async def test_a_crash_is_refused_and_replaced(pool):
    assert await refused(pool, "tests.crawler.trial_jobs:crash") == "crashed"
    assert await pool.call("tests.crawler.trial_jobs:size", b"abc") == 3


async def test_a_worker_holds_none_of_our_secrets_and_can_write_nothing(pool, monkeypatch):
    monkeypatch.setenv("WATCHLIGHT_REGISTRY_KEY", "secret")
    fresh = Pool(1)
    seen = await fresh.call("tests.crawler.trial_jobs:surroundings", b"")
    fresh.close()
    assert "WATCHLIGHT_REGISTRY_KEY" not in seen["environment"]
    assert seen["files"] <= 5  # three standard ones, the channel, and the listing itself
    assert seen["wrote"] is False


async def test_many_jobs_at_once_all_get_their_own_answer(pool):
    answers = await asyncio.gather(*(pool.call("tests.crawler.trial_jobs:size", b"x" * number) for number in range(60)))
    assert answers == list(range(60))


async def test_the_event_loop_goes_on_while_a_worker_is_busy(pool):
    worst, last = 0.0, time.monotonic()
    job = asyncio.ensure_future(refused(pool, "tests.crawler.trial_jobs:spin", wall_s=20))
    while not job.done():
        await asyncio.sleep(0.01)
        worst, last = max(worst, time.monotonic() - last), time.monotonic()
    assert worst < 1.0  # generous: this machine may be busy with other tests


async def test_a_worker_killed_by_somebody_else_costs_its_job_nothing(pool):
    await pool.call("tests.crawler.trial_jobs:size", b"abc")
    os.kill(pool._idle[0].pid, signal.SIGKILL)
    assert await pool.call("tests.crawler.trial_jobs:size", b"abc") == 3


async def test_a_fork_server_killed_by_somebody_else_is_replaced(pool):
    await pool.call("tests.crawler.trial_jobs:size", b"abc")
    for worker in pool._idle:
        os.kill(worker.pid, signal.SIGKILL)
    pool._server.process.kill()
    assert await pool.call("tests.crawler.trial_jobs:size", b"abc") == 3


def test_workers_end_when_their_crawler_is_killed():
    program = (
        "import asyncio, os, sys\n"
        "from crawler.workers import Pool\n"
        "async def main():\n"
        "    pool = Pool(2)\n"
        "    await asyncio.gather(*(pool.call('tests.crawler.trial_jobs:size', b'x') for _ in range(2)))\n"
        "    print(*[worker.pid for worker in pool._idle], pool._server.process.pid, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) >= 2
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(_lives(pid) for pid in pids):
        time.sleep(0.1)
    assert not any(_lives(pid) for pid in pids)


def _lives(pid: int) -> bool:
    from matchers.owners import _started

    return _started(pid) is not None
