"""Revisits ask only for what has changed, keep every sighting alive, and say honestly what was looked at."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from crawler import schema
from crawler.rhythm import Rhythm, learnt, shape
from crawler.targets import CrawlTarget
from matchers.sightings import sightings
from tests.crawler.conftest import Answer

LATER = timedelta(days=3)


def looked(store, name="site"):
    last = store.coverage.of(name)[-1]
    return last.pages, last.pictures


def revisitable(body: str):
    """Return an answer function with an ETag that answers 304 to who knows it."""
    tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:12]}"'

    def answer(handler):
        if handler.headers.get("If-None-Match") == tag:
            return Answer(status=304, headers={"Content-Length": "0"})
        return Answer(body, headers={"ETag": tag})

    return answer


@pytest.fixture
def board(site, drawn, target_of):
    """A start page with two threads, each with one picture, all with validators."""
    site.pages["/"] = revisitable('<a href="/t/1">1</a><a href="/t/2">2</a>')
    for number in (1, 2):
        site.pages[f"/t/{number}"] = revisitable(f'<img src="/{number}.jpg">')
        site.picture(f"/{number}.jpg", drawn(number))
    target_of(site)
    return site


def age(store, by=LATER):
    """Let time pass: everything that was written is older now."""
    with store.engine.begin() as connection:
        for table, columns in (
            (schema.pages, ("seen_at", "due_at")),
            (schema.pictures, ("checked_at", "since")),
            (schema.runs, ("started_at", "finished_at")),
            (sightings, ("seen_at", "last_seen_at")),
        ):
            for column in columns:
                for (value,) in connection.execute(select(table.c[column]).distinct()).all():
                    if value is not None:
                        same = table.c[column] == value
                        connection.execute(update(table).where(same).values({column: value - by}))


def test_an_unchanged_place_is_asked_with_validators_and_every_sighting_is_seen_again(board, store, crawl):
    assert crawl("site").returncode == 0
    pages, pictures = looked(store)
    assert (pages.new, pictures.new) == (3, 2)
    age(store)
    board.asked.clear()
    before = datetime.now(UTC)
    done = crawl("site")
    assert done.returncode == 0, done.stderr
    pages, pictures = looked(store)
    assert (pages.unchanged, pages.seen, pictures.unchanged, pictures.seen) == (3, 3, 2, 2)
    with store.engine.connect() as connection:
        assert all(at >= before for (at,) in connection.execute(select(sightings.c.last_seen_at)))
    assert sum(path.startswith("/t/") for path in board.asked) == 2  # asked for, and answered with 304


def test_a_page_that_shows_something_new_is_changed_and_only_the_new_picture_is_decoded(board, store, crawl, drawn):
    crawl("site")
    board.pages["/t/1"] = revisitable('<img src="/1.jpg"><img src="/3.jpg">')
    board.picture("/3.jpg", drawn(3))
    crawl("site")
    pages, pictures = looked(store)
    assert (pages.changed, pages.unchanged, pictures.new, pictures.unchanged) == (1, 2, 1, 2)


def test_other_words_around_the_same_pictures_are_no_change(site, store, crawl, target_of, drawn):
    counter = iter(range(100))
    site.pages["/"] = lambda _: Answer(f'<p>{next(counter)} visitors</p><img src="/a.jpg">')
    site.picture("/a.jpg", drawn(1))
    target_of(site)
    crawl("site")
    crawl("site")
    assert looked(store)[0].unchanged == 1


def test_the_same_file_at_another_address_is_not_decoded_again(site, store, crawl, target_of, drawn):
    site.pages["/"] = '<img src="/a.jpg">'
    for path in ("/a.jpg", "/b.jpg"):
        site.picture(path, drawn(1))
    target_of(site)
    crawl("site")
    site.pages["/"] = '<img src="/b.jpg">'
    crawl("site")
    assert looked(store)[1].unchanged == 1
    with store.engine.connect() as connection:
        assert len(connection.execute(select(schema.pictures.c.address_key)).all()) == 2


def test_pictures_carried_by_an_unchanged_page_are_seen_again(site, store, crawl, target_of, drawn):
    import base64

    site.pages["/"] = revisitable(f'<img src="data:image/jpeg;base64,{base64.b64encode(drawn(4)).decode()}">')
    target_of(site)
    crawl("site")
    age(store)
    before = datetime.now(UTC)
    crawl("site")
    with store.engine.connect() as connection:
        (seen,) = connection.scalars(select(sightings.c.last_seen_at)).all()
    assert seen >= before
    assert looked(store)[1].unchanged == 1


def test_a_crawl_of_what_is_due_asks_for_nothing_else_and_still_finds_what_lies_behind(board, store, crawl, drawn):
    crawl("site")
    with store.engine.begin() as connection:
        now = datetime.now(UTC)
        due = schema.pages.c.address == board.url("/t/2")
        connection.execute(update(schema.pages).where(due).values(due_at=now - timedelta(hours=1)))
    board.asked.clear()
    crawl("site", "--due")
    assert [path for path in board.asked if path.startswith(("/t", "/?"))] == ["/t/2"]
    assert "/" not in board.asked
    pages, _ = looked(store)
    assert (pages.not_due, pages.unchanged) == (2, 1)
    assert store.pages.last_runs()["site"].ended_because == "complete"


def test_a_wider_scope_makes_every_page_be_read_anew(board, store, crawl):
    crawl("site")
    store.targets.add(store.targets.get("site").changed(hosts=("127.0.0.1", "other.example")), replace=True)
    crawl("site")
    assert all("If-None-Match" not in headers for headers in board.headers)


def test_a_place_is_due_when_its_first_page_is_and_never_sooner_than_allowed(board, store, crawl):
    crawl("site")
    now = datetime.now(UTC)
    assert store.targets.due(now + timedelta(hours=23)) == []
    assert [one.name for one in store.targets.due(now + timedelta(hours=25))] == ["site"]
    age(store)
    crawl("site")  # all unchanged: half as soon again
    now = datetime.now(UTC)
    assert store.targets.due(now + timedelta(hours=25)) == []
    assert [one.name for one in store.targets.due(now + timedelta(hours=37))] == ["site"]


def test_the_rhythm_keeps_the_bounds_of_the_operator():
    rhythm = Rhythm.of(CrawlTarget("a", ("https://a.example/",), interval_min_s=3600 * 12, interval_max_s=3600 * 48))
    assert rhythm.after(None, "new") == 86_400
    assert rhythm.after(86_400, "changed") == rhythm.after(50_000, "changed") == 43_200
    assert rhythm.after(172_000, "unchanged") == 172_800
    assert 43_200 < learnt(86_400, 43_200) < 86_400


def test_pages_of_one_shape_are_one_class():
    threads = {shape(f"https://b.example/free/thread/{number}?page={number}") for number in (1, 20, 300)}
    assert threads == {"b.example/free/thread/*?page"}
    assert shape("https://b.example/free/") != shape("https://b.example/best/")


def test_coverage_says_what_was_not_looked_at_and_why(site, store, crawl, target_of, drawn):
    site.pages["/robots.txt"] = Answer("User-agent: *\nDisallow: /private\n", "text/plain")
    site.pages["/"] = (
        '<a href="/private">1</a><a href="/gone">2</a><img src="/a.jpg"><img src="/no.jpg"><img src="/private/b.jpg">'
    )
    site.picture("/a.jpg", drawn(1))
    target_of(site)
    began = datetime.now(UTC) - timedelta(seconds=1)
    crawl("site")
    (coverage,) = store.coverage.since(began)
    assert (coverage.pages.new, coverage.pages.robots, coverage.pages.failed) == (1, 1, 1)
    assert (coverage.pictures.new, coverage.pictures.robots, coverage.pictures.failed) == (1, 1, 1)
    assert (coverage.distinct_pages, coverage.distinct_pictures, coverage.complete) == (1, 1, True)
    assert coverage.last_look is not None
    assert coverage.refusals["robots"] == 1
    (nothing,) = store.coverage.since(datetime.now(UTC) + timedelta(seconds=5))
    assert (nothing.target, nothing.crawls, nothing.last_look) == ("site", 0, None)


def test_a_spent_budget_is_part_of_the_coverage_and_the_crawl_is_not_complete(board, store, crawl):
    store.targets.add(store.targets.get("site").changed(max_pages=1), replace=True)
    crawl("site")
    (coverage,) = store.coverage.since(datetime.now(UTC) - timedelta(minutes=5))
    assert (coverage.pages.seen, coverage.pages.budget, coverage.complete) == (1, 2, False)
