"""Sites take turns: no slot of a crawl waits for one site while another could be asked."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from crawler.hand import Hand
from crawler.outcomes import Entry, NewEntry, Outcome
from crawler.pacing import FORGOTTEN_S, RULED_S, SWEEP, OwnPace
from crawler.rings import CHUNK, Ahead
from crawler.sites import number_of, site_of
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from matchers import owners

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TARGET = CrawlTarget("places", ("https://start.example/",))
ME = owners.this_process()


@pytest.fixture
def store(store_url):
    opened = CrawlStore.open(store_url)
    opened.targets.add(TARGET)
    yield opened
    opened.close()


@pytest.fixture
def run(store):
    run = store.frontier.begin(TARGET, NOW)
    store.frontier.settle([Outcome(one) for one in store.frontier.lease(run, ME, 1, NOW)], NOW)
    return run


def found(store, run, site: str, pages, priority: int = 0) -> None:
    """Find pages one after the other."""
    for page in pages:
        store.frontier.add("places", run, [NewEntry(f"https://{site}.example/{page}", 1, priority=priority)])


def leased(store, run, limit: int, *ahead) -> list[str]:
    return [one.address.removeprefix("https://") for one in store.frontier.lease(run, ME, limit, NOW, *ahead)]


def sites_of(addresses) -> list[str]:
    return [one.partition(".")[0] for one in addresses]


def waits(**seconds: float) -> dict[int, float]:
    return {number_of(f"https://{site}.example/"): wait for site, wait in seconds.items()}


def test_of_equally_urgent_entries_each_site_gives_one_before_any_gives_a_second(store, run):
    sites = [f"s{number}" for number in range(2 * CHUNK + 7)]
    addresses = [NewEntry(f"https://{site}.example/{page}") for site in sites for page in range(3)]
    store.frontier.add("places", run, addresses)
    taken: list[str] = []
    while batch := leased(store, run, 10):
        taken += sites_of(batch)
    assert len(taken) == 3 * len(sites)
    for lap in range(3):
        part = taken[lap * len(sites) : (lap + 1) * len(sites)]
        assert Counter(part) == dict.fromkeys(sites, 1)


def test_a_few_sites_share_what_is_leased_and_none_is_left_out(store, run):
    for site in ("a", "b", "c"):
        found(store, run, site, range(40))
    first, second = leased(store, run, 16), leased(store, run, 16)
    assert sorted(Counter(sites_of(first)).values()) == [5, 5, 6]
    assert min(Counter(sites_of(first + second)).values()) >= 10


def test_a_site_whose_turn_lies_ahead_is_passed_over_and_others_are_handed_out(store, run):
    found(store, run, "busy", range(50))
    found(store, run, "free", range(2))
    assert set(sites_of(leased(store, run, 16, Ahead(waits(busy=9.0), idle=False)))) == {"free"}
    assert leased(store, run, 16, Ahead(waits(busy=9.0), idle=False)) == []


def test_who_has_nothing_else_gets_the_site_whose_turn_is_next(store, run):
    for site in ("late", "soon", "last"):
        found(store, run, site, range(3))
    ahead = Ahead(waits(late=30.0, soon=2.0, last=600.0), idle=True)
    assert sites_of(leased(store, run, 2, ahead)) == ["soon", "late"]


def test_urgent_entries_come_first_but_not_before_a_site_that_is_free(store, run):
    found(store, run, "busy", "ab", priority=10)
    found(store, run, "free", "a", priority=-10)
    found(store, run, "other", "a")
    assert leased(store, run, 1) == ["busy.example/a"]
    ahead = Ahead(waits(busy=5.0), idle=False)
    assert leased(store, run, 2, ahead) == ["other.example/a", "free.example/a"]


def test_a_site_gives_nothing_less_urgent_before_all_that_is_more_urgent(store, run):
    found(store, run, "a", "xyz", priority=5)
    found(store, run, "a", "uvw")
    found(store, run, "b", "uvw")
    taken = [one for _ in range(4) for one in leased(store, run, 9, Ahead(each=1))]
    assert [one[-1] for one in taken if one.startswith("a")] == ["x", "y", "z", "u"]
    assert [one[-1] for one in taken if one.startswith("b")] == ["u", "v", "w"]


def test_sites_with_nothing_due_are_no_turn_lost(store, run):
    for site in ("later", "now"):
        found(store, run, site, "a")
    entries = {one.address: one for one in store.frontier.lease(run, ME, 9, NOW)}
    store.frontier.settle([Outcome(entries["https://later.example/a"], "later", "x", NOW + timedelta(hours=1))], NOW)
    store.frontier.release(run, ME)
    assert leased(store, run, 1) == ["now.example/a"]
    assert leased(store, run, 9) == []


def entry(number: int, address: str) -> Entry:
    return Entry(number, "places", 1, address, 0, 0, "parse", {}, 0)


def test_the_hand_gives_out_the_site_whose_turn_is_next_and_keeps_the_rest():
    pace = OwnPace()
    hand = Hand(pace, 30.0)
    hand.add(entry(number, f"https://{site}.example/{number}") for number, site in enumerate("aaabbc"))
    out = []
    while (one := hand.take()) is not None:
        out.append(one.id)
    assert out == [0, 3, 5]
    assert len(hand) == 3
    assert 28 < hand.near_in_s() <= 29
    assert set(hand.ahead().waits) == set(waits(a=0, b=0, c=0))


def test_a_page_that_never_asked_its_site_gives_its_turn_back():
    hand = Hand(OwnPace(), 30.0)
    first, second = (entry(number, f"https://a.example/{number}") for number in range(2))
    hand.add([first, second])
    assert hand.take() == first
    assert hand.take() is None
    hand.settled(first)  # refused by robots.txt, say
    assert hand.take() == second


async def test_entries_of_a_site_that_wants_to_be_left_alone_for_long_go_out_to_be_put_off():
    pace = OwnPace()
    hand = Hand(pace, 0.0)
    hand.add([entry(1, "https://a.example/1")])
    await pace.asked_to_wait(site_of("https://a.example/"), 40)
    assert hand.take() is None
    await pace.asked_to_wait(site_of("https://a.example/"), 7200)
    assert hand.take() is not None


def test_the_pace_forgets_sites_that_were_not_asked_for_long(monkeypatch):
    pace, begun = OwnPace(), time.monotonic()
    moment = [begun]
    monkeypatch.setattr("crawler.pacing.time.monotonic", lambda: moment[0])
    pace.crawl_delay("slow.example", 7.0)
    for one in range(20 * SWEEP):
        moment[0] += 2 * FORGOTTEN_S / SWEEP
        pace.site(f"{one}.example").next_at = moment[0]
    assert len(pace.sites) <= 2 * SWEEP
    assert pace.pause_s("slow.example", 1.0) == 7.0
    moment[0] += RULED_S
    for one in range(3 * SWEEP):
        pace.site(f"again-{one}.example").next_at = moment[0]
    assert "slow.example" not in pace.sites


def test_an_address_without_a_site_has_a_number_all_the_same():
    assert number_of("https://") == 0
    assert number_of("https://www.example.co.kr/a") == number_of("http://cdn.example.co.kr/b") != 0
