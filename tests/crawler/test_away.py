"""A store that is locked, full or gone for a while stops nothing for good and loses nothing that was accepted."""

import asyncio
import resource
import sqlite3
import threading
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import OperationalError

from crawler.errors import StoreUnavailable
from crawler.outcomes import Outcome
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from crawler.writer import Writer, is_away, is_full
from matchers import owners

TARGET = CrawlTarget("forum", ("https://forum.example/",))


def leased(store):
    now = datetime.now(UTC)
    run = store.frontier.begin(TARGET, now)
    return run, store.frontier.lease(run, owners.this_process(), 1, now)[0]


async def test_a_locked_database_is_waited_for_and_the_page_is_settled(store, private_home):
    run, entry = leased(store)
    # Another program holds the write lock; our own patience is cut so that the test sees the waiting.
    with store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    blocker = sqlite3.connect(private_home / "crawl.sqlite3", isolation_level=None, check_same_thread=False)
    blocker.execute("BEGIN IMMEDIATE")
    threading.Timer(1.5, blocker.execute, ("ROLLBACK",)).start()
    writer = Writer(store)
    started = time.monotonic()
    writer.put(Outcome(entry))
    await writer.drain()
    assert time.monotonic() - started > 1
    assert writer.failed is None
    assert store.pages.run(run).pages == 1
    writer.close()


def fill(store):
    """Leave no room: SQLite's own words come from a database that may not grow by one page more."""
    with store.engine.begin() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        connection.exec_driver_sql("CREATE TABLE filler AS SELECT zeroblob(10000000) AS room")


async def test_a_full_disk_is_waited_for_and_what_was_accepted_is_written_once_there_is_room(store, caplog):
    writer, tries = Writer(store), []

    def until_room():
        tries.append(1)
        if len(tries) < 3:
            fill(store)
        return "written"

    assert await writer.run(until_room) == "written"
    assert "has no room left (make some on its disk)" in caplog.text
    writer.close()


async def test_a_disk_that_stays_full_stops_the_crawl_and_leaves_the_page_to_the_next_one(store, monkeypatch):
    monkeypatch.setattr("crawler.writer.PATIENCE_S", 0.3)
    run, entry = leased(store)
    writer = Writer(store)
    with pytest.raises(StoreUnavailable, match="no room left"):
        await writer.run(fill, store)
    writer.put(Outcome(entry))
    await writer.drain()
    assert writer.behind
    writer.close()
    store.close()
    again = CrawlStore.open()
    assert again.pages.run(run).pages == 0
    assert again.frontier.release(run, owners.this_process()) == 1
    assert again.frontier.lease(run, "next/1/1", 5, datetime.now(UTC))[0].address == entry.address
    again.close()


def test_a_disk_that_takes_nothing_for_seconds_is_waited_for_and_nothing_is_lost(site, drawn, store, start_crawler):
    fill_site(site, drawn)
    store.targets.add(CrawlTarget("site", (site.url("/"),), delay_s=0.05))
    process = start_crawler("site")
    until_seen(store, 5)
    # The kernel refuses every byte this process would write to a file, as a disk does that is gone.
    hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, hard))
    time.sleep(4)
    before = store.pages.last_runs()["site"].pages
    time.sleep(1)
    assert store.pages.last_runs()["site"].pages == before < 61
    assert process.poll() is None
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    _, errors = process.communicate(timeout=90)
    assert process.returncode == 0, errors
    assert "cannot be written (look at its disk)" in errors
    run = store.pages.last_runs()["site"]
    assert (run.pages, run.refusals, run.ended_because) == (61, {}, "complete")
    assert len(store.log.after(0, 1000)) == 60


def fill_site(site, drawn):
    """A start page that links to 60 pages with a picture each."""
    site.pages["/"] = "".join(f'<a href="/{number}">x</a>' for number in range(60))
    for number in range(60):
        site.pages[f"/{number}"] = f'<img src="/{number}.jpg">'
        site.picture(f"/{number}.jpg", drawn(number))


def until_seen(store, pages):
    deadline = time.monotonic() + 60
    while store.pages.last_runs().get("site") is None or store.pages.last_runs()["site"].pages < pages:
        assert time.monotonic() < deadline
        time.sleep(0.2)


async def test_a_mistake_of_ours_stops_the_crawl_loudly_instead_of_waiting_for_ever(store):
    def mistaken() -> None:
        with store.engine.begin() as connection:
            connection.exec_driver_sql("SELECT * FROM no_such_table")

    writer = Writer(store)
    with pytest.raises(OperationalError):
        await asyncio.wait_for(writer.run(mistaken), 5)
    writer.close()


def test_what_is_away_and_what_is_full_is_told_apart():
    def error(words: str, sqlstate: str | None = None) -> OperationalError:
        cause = Exception(words)
        if sqlstate:
            cause.sqlstate = sqlstate
        return OperationalError("statement", {}, cause)

    assert is_full(error("database or disk is full"))
    assert is_full(error("could not extend file: No space left on device", "53100"))
    assert is_away(error("database is locked"))
    assert is_away(error("server closed the connection unexpectedly"))
    assert is_away(error("the database system is shutting down", "57P03"))
    # A server that is stopped takes its socket's file away with it.
    assert is_away(error('connection to server on socket "/x/.s.PGSQL.5432" failed: No such file or directory'))
    assert is_away(error("attempt to write a readonly database"))
    assert is_away(error("could not write to file: Input/output error", "58030"))
    assert is_away(error("cannot execute INSERT in a read-only transaction", "25006"))
    assert not is_away(error("current transaction is aborted", "25P02"))
    assert not is_away(error("no such table: pages"))
    assert not is_full(error("database is locked"))


def test_a_store_that_cannot_be_opened_says_what_to_check(private_home):
    with pytest.raises(StoreUnavailable, match="WATCHLIGHT_CRAWL_DATABASE_URL"):
        CrawlStore.open("sqlite:////nowhere/at/all/crawl.sqlite3")
    with pytest.raises(StoreUnavailable, match="WATCHLIGHT_CRAWL_DATABASE_URL"):
        CrawlStore.open("not a database")


def test_postgres_taken_away_for_seconds_is_waited_for(site, drawn, postgres_database, start_crawler, crawl):
    import psycopg
    from sqlalchemy import make_url

    store = CrawlStore.open(postgres_database)
    fill_site(site, drawn)
    store.targets.add(CrawlTarget("site", (site.url("/"),), delay_s=0.05))
    process = start_crawler("site", WATCHLIGHT_CRAWL_DATABASE_URL=postgres_database)
    url = make_url(postgres_database)
    maintenance = url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    until_seen(store, 5)
    store.close()
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS false')
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (url.database,))
        time.sleep(3)
        connection.execute(f'ALTER DATABASE "{url.database}" ALLOW_CONNECTIONS true')
    _, errors = process.communicate(timeout=90)
    assert process.returncode == 0, errors
    run = store.pages.last_runs()["site"]
    assert (run.pages, run.refusals, run.ended_because) == (61, {}, "complete")
    assert len(store.log.after(0, 1000)) == 60
    store.close()
