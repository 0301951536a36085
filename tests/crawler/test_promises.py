"""What we promise site owners and operators: opt-outs, quiet hours, daily budgets, few connections at once."""

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crawler.days import SiteDays, Spent
from crawler.downloads import SiteTurns
from crawler.errors import BadTarget, CrawlerError
from crawler.hours import QuietHours, operator_zone
from crawler.optouts import covers
from crawler.outcomes import Outcome
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget

SEOUL = ZoneInfo("Asia/Seoul")


def at(clock: str, zone: ZoneInfo = SEOUL, day: str = "2026-11-28") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone)


# -- opt-outs ----------------------------------------------------------------------------------------------------


def test_an_opt_out_covers_the_host_and_everything_below_it():
    asked = frozenset({"board.example", "10.1.2.3"})
    assert covers(asked, "board.example")
    assert covers(asked, "i.img.board.example.")
    assert covers(asked, "10.1.2.3")
    assert not covers(asked, "myboard.example")
    assert not covers(asked, "example")


def test_the_list_is_kept_under_the_name_a_browser_would_use(store_url):
    store = CrawlStore.open(store_url)
    store.optouts.add("https://Board.Example/some/page", "asked by mail")
    store.optouts.add("BOARD.example.")
    assert [(one.host, one.reason) for one in store.optouts.all()] == [("board.example", "asked by mail")]
    assert store.optouts.remove("board.example")
    assert not store.optouts.remove("board.example")
    with pytest.raises(BadTarget, match="not a host name"):
        store.optouts.add("no host")
    store.close()


def test_no_crawl_passes_the_list_neither_for_pages_nor_for_pictures(sites, drawn, store, target_of, crawl):
    page, other = sites(), sites()
    page.pages["/"] = f'<img src="/a.jpg"><img src="http://localhost:{other.port}/b.jpg">'
    page.picture("/a.jpg", drawn(1))
    other.picture("/b.jpg", drawn(2))
    target_of(page)
    store.optouts.add("localhost")
    assert crawl("site").returncode == 0
    assert other.asked == []
    assert store.pages.last_runs()["site"].refusals == {"picture-opted-out": 1}
    asked = len(page.asked)
    store.optouts.add("127.0.0.1")
    assert crawl("site").returncode == 0
    assert len(page.asked) == asked
    assert store.pages.last_runs()["site"].refusals == {"opted-out": 1}


# -- quiet hours -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        ("", "03:00", None),
        ("23:00-07:00", "22:59", None),
        ("23:00-07:00", "23:00", "07:00"),
        ("23:00-07:00", "06:59", "07:00"),
        ("23:00-07:00", "07:00", None),
        ("12:00-13:00,13:00-14:30", "12:30", "14:30"),
        ("20:00-24:00", "21:00", "00:00"),
    ],
)
def test_quiet_hours_cover_their_span_also_over_midnight(hours, now, until):
    end = QuietHours.parse(hours).until(at(now))
    assert (end.strftime("%H:%M") if end else None) == until


def test_quiet_hours_are_those_of_the_clock_on_the_wall_when_it_is_set_back():
    berlin = ZoneInfo("Europe/Berlin")
    end = QuietHours.parse("23:00-07:00").until(at("23:30", berlin, "2026-10-24"))
    assert end is not None
    assert (end.hour, end.utcoffset()) == (7, at("07:00", berlin, "2026-10-25").utcoffset())


@pytest.mark.parametrize("wrong", ["night", "25:00-07:00", "23:00-07:61", "07:00-07:00", "00:00-24:00", "23-7"])
def test_quiet_hours_that_are_none_are_refused_with_a_sentence(wrong):
    with pytest.raises(BadTarget, match="Target board: "):
        CrawlTarget("board", ("https://board.example/",), quiet_hours=wrong)


def test_a_time_zone_that_is_none_says_what_to_write():
    assert operator_zone({"WATCHLIGHT_TIMEZONE": "Asia/Seoul"}) == SEOUL
    with pytest.raises(CrawlerError, match="Asia/Seoul"):
        operator_zone({"WATCHLIGHT_TIMEZONE": "Mars/North"})


def test_in_quiet_hours_nothing_is_asked_and_the_pages_wait(site, store, target_of, crawl):
    site.pages["/"] = "<p>page</p>"
    now = datetime.now(UTC)
    hours = f"{(now.hour - 1) % 24:02}:00-{(now.hour + 2) % 24:02}:00"
    target = target_of(site, quiet_hours=hours)
    assert crawl("site", WATCHLIGHT_TIMEZONE="UTC").returncode == 0
    assert site.asked == []
    run = store.pages.last_runs()["site"]
    left = store.frontier.left(run.id, now)
    assert (run.finished_at, left.later, left.next_at) == (None, 1, target.quiet.until(now))
    assert store.targets.due(now) == []


# -- daily budgets -----------------------------------------------------------------------------------------------


def test_a_day_is_counted_across_processes_and_forgotten_later(store_url):
    here, there = CrawlStore.open(store_url), CrawlStore.open(store_url)
    key = ("board.example", "2026-11-28")
    assert here.days.add({key: Spent(3, 1000)}) == {key: Spent(3, 1000)}
    assert there.days.add({key: Spent(2, 500)}) == {key: Spent(5, 1500)}
    assert here.days.spent(*key) == Spent(5, 1500)
    assert isinstance(here.days, SiteDays)
    assert here.days.forget_before("2026-11-29") == 1
    assert here.days.spent(*key) == Spent()
    here.close()
    there.close()


def test_what_a_sites_day_has_no_room_for_waits_until_the_next_one_also_in_a_new_run(site, store, target_of, crawl):
    site.pages["/"] = "".join(f'<a href="/{number}">x</a>' for number in range(20))
    site.pages |= {f"/{number}": "<p>page</p>" for number in range(20)}
    target_of(site)
    for _ in range(2):
        assert crawl("site", WATCHLIGHT_SITE_REQUESTS_A_DAY="8").returncode == 0
    # robots.txt is asked by each run; it is counted, and never refused.
    assert len([path for path in site.asked if path != "/robots.txt"]) <= 8
    run = store.pages.last_runs()["site"]
    left = store.frontier.left(run.id, datetime.now(UTC))
    assert run.finished_at is None
    assert left.later + run.pages == 21
    assert store.targets.due(datetime.now(UTC)) == []
    assert left.next_at is not None
    assert store.targets.due(left.next_at) != []


def test_a_place_with_something_left_to_do_stays_due(store):
    now = datetime.now(UTC)
    target = CrawlTarget("forum", ("https://forum.example/", "https://forum.example/new"))
    store.targets.add(target)
    run = store.frontier.begin(target, now)
    first, second = store.frontier.lease(run, "elsewhere//x/1/1", 2, now)
    midnight = datetime(2099, 1, 1, tzinfo=UTC)
    store.frontier.settle([Outcome(first, "later", "budget-day", midnight)], now)
    assert store.targets.due(now) == [target]  # the other page is leased: its holder may be gone
    store.frontier.settle([Outcome(second, "later", "budget-day", midnight)], now)
    assert store.targets.due(now) == []


# -- connections -------------------------------------------------------------------------------------------------


async def test_at_most_so_many_are_at_a_site_and_other_sites_do_not_wait():
    turns, here, most = SiteTurns(2), 0, 0

    async def visit(site: str) -> None:
        nonlocal here, most
        async with turns.of(site):
            here += site == "a"
            most = max(most, here)
            await asyncio.sleep(0.01)
            here -= site == "a"

    await asyncio.gather(*(visit("a") for _ in range(9)), *(visit(f"b{number}") for number in range(9)))
    assert most == 2
    assert turns._sites == {}
