"""Lists are read back to the last seen post, gaps included; places are paused and drained while they are crawled."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from crawler.outcomes import Entry, NewEntry, Outcome, Read
from crawler.reading import remember
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget

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
