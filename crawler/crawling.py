"""One crawling process: several targets at once, each by the spider of its kind, until nothing is left to do."""

import asyncio
import contextlib
import gc
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from scrapy import Spider, signals
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings
from scrapy.utils.project import get_project_settings
from sqlalchemy.exc import SQLAlchemyError

from crawler import metrics
from crawler.alone import place
from crawler.errors import CrawlerError, Unguarded
from crawler.kinds import kinds, spider_for
from crawler.run import progress
from crawler.selftest import SelfTest
from crawler.spiders.recheck import RecheckSpider
from crawler.store import CrawlStore, shared_store
from crawler.targets import CrawlTarget
from crawler.workers import shared_pool
from crawler.writer import shared_writer
from egress.addresses import host_of

AT_ONCE = 8
"""Targets crawled side by side; each costs a few tasks and sockets, sites are paced for all of them together."""
PROGRESS_S = 1.0
MEASURE_S = 10.0
START_S = 30.0
"""How long a crawler of a fleet may take to start, on a busy machine."""
STOPPED = frozenset({"shutdown", "unguarded", "store-unavailable"})
"""Ends of one crawl after which no other is begun."""

logger = logging.getLogger(__name__)

Job = tuple[type[Spider], dict[str, object]]


def settings() -> Settings:
    """Return crawler.settings, wherever the process was started."""
    chosen = get_project_settings()
    chosen.setmodule("crawler.settings", priority="project")
    return chosen


def crawl(
    names: Sequence[str],
    urls: Sequence[str] = (),
    *,
    recheck: bool = False,
    due_only: bool = False,
    json_progress: bool = False,
) -> int:
    """Crawl these targets and addresses until done; return the exit code.

    Raises AlreadyAtWork where another process crawls this store and does not share it.
    """
    chosen = settings()
    store = shared_store(str(chosen["CRAWL_DATABASE_URL"]))
    # A re-check asks for a few pages, spends no budget, and may run beside a crawl.
    alone = contextlib.nullcontext() if recheck else place(store.engine, "crawl", shared=bool(chosen["VALKEY_URL"]))
    with alone:
        # Before the reactor and its threads: the fork server starts by exec and imports while we do.
        shared_pool()
        jobs = _jobs(store, names, urls, recheck=recheck, due_only=due_only)
        return _work_off(chosen, store, jobs, json_progress=json_progress)


def _work_off(chosen: Settings, store: CrawlStore, jobs: Sequence[Job], *, json_progress: bool) -> int:
    process = AsyncCrawlerProcess(chosen)
    # What is imported stays: collecting garbage must not look through all of it while sites wait for the loop.
    gc.freeze()
    outcome: list[BaseException] = []
    # A reference to the task is kept: the loop itself would let it be collected.
    task = asyncio.get_event_loop().create_task(_all(process, store, jobs, outcome, json_progress=json_progress))
    process.start(stop_after_crawl=False)
    task.cancel()
    writer = shared_writer(str(chosen["CRAWL_DATABASE_URL"]))
    writer.close()
    shared_pool().close()
    for error in (*outcome, writer.failed, _guard_failure()):
        if isinstance(error, CrawlerError):
            raise error
        if error is not None:
            raise CrawlerError(f"The crawl could not go on: {type(error).__name__}.") from error
    return 0


def _guard_failure() -> BaseException | None:
    passed = SelfTest.passed
    return passed.exception() if passed is not None and passed.done() and not passed.cancelled() else None


def _jobs(store: CrawlStore, names: Sequence[str], urls: Sequence[str], *, recheck: bool, due_only: bool) -> list[Job]:
    """Return which spiders to run; every target must be known, and its kind, before the first is crawled."""
    if recheck:
        return [(RecheckSpider, {})]
    targets = [store.targets.get(name) for name in names]
    targets += [_ad_hoc(store, url) for url in urls]
    if not names and not urls:
        targets = [target for target in store.targets.all() if not target.paused]
    there = kinds()
    return [(spider_for(target.kind, there), {"target": target, "due_only": due_only}) for target in targets]


def _ad_hoc(store: CrawlStore, url: str) -> CrawlTarget:
    """Return the target for a single address, kept so that its crawl can be resumed and looked up."""
    probe = CrawlTarget(name="url", urls=(url,))
    target = CrawlTarget(
        name=f"url-{host_of(probe.urls[0]).replace(':', '-')}"[:64],
        urls=probe.urls,
        depth=1,
        reason="asked for by hand",
        paused=True,  # looked at when it is asked for, not again and again
    )
    store.targets.add(target, replace=True)
    return target


async def _all(
    process: AsyncCrawlerProcess,
    store: CrawlStore,
    jobs: Sequence[Job],
    outcome: list[BaseException],
    *,
    json_progress: bool,
) -> None:
    """Run the jobs, AT_ONCE side by side, then stop the reactor."""
    turns = asyncio.Semaphore(AT_ONCE)
    ended: set[str] = set()
    since = datetime.now(UTC)
    # What was due when somebody decided to start us may have been finished by another crawler before we were there.
    chosen = since - timedelta(seconds=START_S) if process.settings.get("VALKEY_URL") else since
    measuring = asyncio.ensure_future(_measure(store))
    telling = asyncio.ensure_future(_tell(store, since)) if json_progress else None

    async def one(job: Job) -> None:
        async with turns:
            if not ended.isdisjoint(STOPPED) or await asyncio.to_thread(_was_finished, store, job, chosen):
                return
            crawler = process.create_crawler(job[0])
            crawler.signals.connect(lambda reason: ended.add(reason), signals.spider_closed, weak=False)
            await process.crawl(crawler, **job[1])

    try:
        results = await asyncio.gather(*(one(job) for job in jobs), return_exceptions=True)
        outcome.extend(result for result in results if isinstance(result, Exception))
    finally:
        measuring.cancel()
        if telling is not None:
            telling.cancel()
            _say(store, since)
        stop_reactor()


def _was_finished(store: CrawlStore, job: Job, since: datetime) -> bool:
    """Return whether another crawler of the fleet finished this place while we were busy with others."""
    target = job[1].get("target")
    if not isinstance(target, CrawlTarget) or not job[1].get("due_only"):
        return False
    try:
        last = store.pages.last_runs().get(target.name)
    except SQLAlchemyError:
        return False  # a store that is away is waited for where it is needed
    return last is not None and last.finished_at is not None and last.finished_at >= since


def stop_reactor() -> None:
    """Stop the reactor of this process, unless something else did."""
    # Not at the top: importing it installs a reactor, and Scrapy chooses which.
    from twisted.internet import reactor as installed

    reactor: Any = installed
    if reactor.running:
        reactor.stop()


async def _measure(store: CrawlStore) -> None:
    """Keep the depth of the frontier in the metrics, for as long as the crawl goes on."""
    while True:
        with contextlib.suppress(SQLAlchemyError):  # a store that is away is told of by those who need it
            await asyncio.to_thread(_count_waiting, store)
        await asyncio.sleep(MEASURE_S)


def _count_waiting(store: CrawlStore) -> None:
    now = datetime.now(UTC)
    for run in store.pages.last_runs().values():
        left = store.frontier.left(run.id, now)
        metrics.waiting.labels(target=run.target).set(left.waiting + left.later)


async def _tell(store: CrawlStore, since: datetime) -> None:
    while True:
        await asyncio.sleep(PROGRESS_S)
        await asyncio.to_thread(_say, store, since)


def _say(store: CrawlStore, since: datetime) -> None:
    sys.stdout.write(json.dumps(asdict(progress(store, since))) + "\n")
    sys.stdout.flush()


__all__ = ["Unguarded", "crawl", "settings"]
