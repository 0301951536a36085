"""Lists are read back to the last seen post, gaps included; places are paused and drained while they are crawled."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from crawler.outcomes import Entry, NewEntry, Outcome, Read
from crawler.places.answers import Stretch
from crawler.reading import remember
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from tests.crawler.conftest import Answer

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WEEK = 7 * 86_400.0


@pytest.fixture
def both(store_url):
    opened = CrawlStore.open(store_url)
    yield opened
    opened.close()


def read(store, low, high, *, at_start=False, now=NOW):
    """Read one page of a list and return below which number to go on."""
    page = Read("room", low, high, at_start, WEEK)
    going = store.reading.below("target", page, now)
    outcome = Outcome(Entry(1, "target", 1, "https://t.example/", 0, 0, "parse", {}, 0), read=page)
    with store.engine.begin() as connection:
        remember(connection, outcome, now)
    return going.below


def test_a_list_is_read_back_to_the_last_seen_post_and_gaps_are_closed(both):
    assert read(both, 80, 100) == 80
    assert read(both, 60, 79) == 60  # cut short here
    assert read(both, 110, 130) == 110  # a day later: 101 to 109 were never read
    assert read(both, 95, 109) == 60  # the gap is closed; 60 to 94 are known
    assert read(both, 1, 59, at_start=True) is None
    assert read(both, 125, 140) is None  # everything before is known


def test_what_was_read_long_ago_is_read_again(both):
    assert read(both, 1, 100, at_start=True) is None
    later = NOW + timedelta(days=8)
    assert read(both, 95, 110, now=later) == 95
    assert read(both, 75, 94, now=later) == 75


def channel(newest: int, oldest: int, before: int | None = None, page: int = 5) -> str:
    """A page of a channel preview in the structure of t.me/s."""
    top = newest if before is None else before - 1
    posts = list(range(max(oldest, top - page + 1), top + 1))
    words = "".join(
        f'<div class="tgme_widget_message" data-post="room_one/{post}">'
        f'<div class="tgme_widget_message_text">post {post}</div></div>'
        for post in posts
    )
    older = f'<a class="js-messages_more" href="/s/room_one?before={posts[0]}" data-before="{posts[0]}"></a>'
    return f"<html><body>{older if posts[0] > oldest else ''}{words}</body></html>"


def test_a_channel_is_paged_back_to_the_last_seen_post_only(site, crawl, store):
    def serve(newest):
        site.pages["/s/room_one"] = channel(newest, 1)
        for before in range(2, newest + 1):
            site.pages[f"/s/room_one?before={before}"] = channel(newest, 1, before)

    serve(20)
    store.targets.add(CrawlTarget("room", (site.url("/s/room_one"),), kind="telegram", delay_s=0, max_pages=3))
    assert crawl("room").returncode == 0
    assert [path for path in site.asked if "room_one" in path] == [
        "/s/room_one",
        "/s/room_one?before=16",
        "/s/room_one?before=11",
    ]
    serve(27)
    site.asked.clear()
    assert crawl("room").returncode == 0
    # Down to 18 with two pages; 6 to 20 are known, and where the first crawl was cut short the third goes on.
    assert [path for path in site.asked if "room_one" in path] == [
        "/s/room_one",
        "/s/room_one?before=23",
        "/s/room_one?before=6",
    ]
    site.asked.clear()
    assert crawl("room").returncode == 0
    assert [path for path in site.asked if "room_one" in path] == ["/s/room_one"]
    assert store.pages.last_runs()["room"].ended_because == "complete"


def slow(site, count=60):
    """A place whose pages come slowly enough for an operator to act."""
    site.pages["/"] = "".join(f'<a href="/p/{number}">x</a>' for number in range(count))
    for number in range(count):

        def answer(_, number=number):
            time.sleep(0.2)
            return f"<a href='/new/{number}'>x</a>"

        site.pages[f"/p/{number}"] = answer


def until(condition, timeout=90):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_place_paused_while_it_is_crawled_stops_soon_and_resumes_where_it_was(site, store, start_crawler, target_of):
    slow(site)
    target_of(site, delay_s=0.1)
    process = start_crawler("site")
    until(lambda: any(path.startswith("/p/") for path in site.asked))
    store.targets.pause("site")
    assert process.wait(timeout=30) == 0
    run = store.pages.last_runs()["site"]
    left = store.frontier.left(run.id, datetime.now(UTC))
    assert run.finished_at is None
    assert left.leased == 0
    assert left.waiting > 10
    assert store.targets.due(datetime.now(UTC)) == []
    store.targets.pause("site", False)
    assert [target.name for target in store.targets.due(datetime.now(UTC))] == ["site"]


def test_a_drained_place_finishes_what_waits_takes_up_nothing_new_and_is_paused(site, store, start_crawler, target_of):
    slow(site, count=25)
    target_of(site, delay_s=0.1)
    process = start_crawler("site")
    until(lambda: any(path.startswith("/p/") for path in site.asked))
    assert store.targets.drain("site")
    before = {path for path in site.asked if path.startswith("/new/")}
    assert process.wait(timeout=60) == 0
    run = store.pages.last_runs()["site"]
    assert run.ended_because == "complete"
    assert run.refusals["drained"] + len({path for path in site.asked if path.startswith("/new/")}) == 25
    assert len(before) < 25
    assert store.targets.get("site").paused
    assert store.targets.draining() == set()


def test_draining_a_place_with_nothing_under_way_pauses_it(store, target_of, site):
    target_of(site)
    assert not store.targets.drain("site")
    assert store.targets.get("site").paused


def test_a_link_found_while_draining_is_counted_once(both):
    target = CrawlTarget("forum", ("https://forum.example/",))
    both.targets.add(target)
    run = both.frontier.begin(target, NOW)
    (entry,) = both.frontier.lease(run, "me/1/1", 10, NOW)
    both.targets.drain("forum")
    outcome = Outcome(entry, found=[NewEntry("https://forum.example/a", 1), NewEntry("https://forum.example/", 1)])
    both.frontier.settle([outcome], NOW)
    assert both.pages.run(run).refusals == {"drained": 1}
    both.frontier.finish(run, "complete", NOW)
    assert both.targets.get("forum").paused


def timeline(newest: int, below: int, *, page: int = 4) -> list[dict]:
    """Give one page of a Mastodon timeline whose statuses are numbered from 1."""
    top = min(newest, below - 1)
    return [{"id": str(number), "account": {"acct": "a"}, "content": ""} for number in range(top, 0, -1)[:page]]


def test_a_timeline_is_paged_back_to_the_last_seen_status_and_its_gaps_are_closed(site, store, target_of, crawl):
    """Mastodon can be asked for what lies below a number."""
    path = "/api/v1/timelines/public?limit=40&local=true"

    def filled(newest: int) -> None:
        for below in range(1, newest + 2):
            page = json.dumps(timeline(newest, below))
            site.pages[f"{path}&max_id={below}"] = Answer(page, "application/json")
        site.pages[path] = Answer(json.dumps(timeline(newest, newest + 1)), "application/json")

    target_of(site, kind="mastodon")
    filled(10)
    assert crawl("site").returncode == 0
    assert asked_below(site) == [None, 7, 3, 1]

    site.asked.clear()
    filled(16)
    assert crawl("site").returncode == 0
    assert asked_below(site) == [None, 13]  # 16 to 13, then 12 to 9: everything from 10 down is known


def asked_below(site) -> list[int | None]:
    """Return which pages of the timeline were asked for, by the number below which they lie."""
    asked = [path for path in site.asked if "/timelines/" in path]
    return [int(path.partition("max_id=")[2]) if "max_id" in path else None for path in asked]


def test_a_list_that_can_only_be_turned_page_by_page_is_turned_to_the_last_seen_post(site, store, crawl):
    """WordPress knows no "before number N": the pages of a list move down as posts are added."""
    a_page = 100

    def filled(newest: int) -> None:
        entries = [
            {"link": f"/?p={number}", "date_gmt": f"2026-01-01T{number // 60:02}:{number % 60:02}:00"}
            for number in range(newest, 0, -1)
        ]
        for page in range(1, 6):
            body = json.dumps(entries[(page - 1) * a_page : page * a_page])
            site.pages[f"/wp-json/wp/v2/posts?page={page}"] = Answer(body, "application/json")

    start = site.url("/wp-json/wp/v2/posts?page=1")
    store.targets.add(CrawlTarget("site", (start,), "wordpress", depth=2, delay_s=0))
    filled(250)
    assert crawl("site").returncode == 0
    assert [path[-1] for path in site.asked if "page=" in path] == ["1", "2", "3"]

    site.asked.clear()
    filled(360)
    assert crawl("site").returncode == 0
    assert [path[-1] for path in site.asked if "page=" in path] == ["1", "2"]
    assert store.pages.last_runs()["site"].refusals == {}


@pytest.mark.parametrize(
    ("numbers", "known"), [([5, 4, 4, 1], True), ([9, 12, 3], False), ([], False), ([3, 0], False)]
)
def test_only_a_list_with_the_newest_first_says_how_far_it_was_read(numbers, known):
    assert (Stretch.of("list", numbers) is not None) == known
