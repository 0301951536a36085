"""The crawl benchmark runs, its site is what it says, and what makes a crawl fast loses nothing."""

import asyncio
import io
from datetime import UTC, datetime

import pytest
from PIL import Image

from benchmarks.crawl.__main__ import BARE, is_complete, ratios, table
from benchmarks.crawl.drawing import LARGEST, SMALLEST, drawn
from benchmarks.crawl.hosts import HOSTS
from benchmarks.crawl.site import page, serving
from benchmarks.crawl.taking_turns import Crawler, race
from crawler import entries
from crawler.known_files import KnownFiles
from crawler.outcomes import KnownPicture, NewEntry, Outcome
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from crawler.writer import Writer
from egress.addresses import refusal

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
PLACE = CrawlTarget("place", ("https://place.example/",), depth=9)


def test_the_pictures_are_distinct_jpegs_of_the_promised_size():
    files = [drawn(1, number) for number in range(12)]
    assert len(set(files)) == 12
    assert files[3] == drawn(1, 3)
    assert all(SMALLEST <= len(file) <= LARGEST for file in files)
    assert {Image.open(io.BytesIO(file)).format for file in files} == {"JPEG"}


def test_every_page_and_picture_is_reached_and_all_hosts_are_loopback():
    pages, pictures = 30, 100
    texts = [page(0, number, pages, pictures, 80) for number in range(pages)]
    linked = {0} | {each for text in texts for each in range(pages) if f"/0/{each}.html" in text}
    assert linked == set(range(pages))
    assert all(any(f"/0/{each}.jpg" in text for text in texts) for each in range(pictures))
    assert {refusal(host) for host in HOSTS} == {"loopback"}
    assert all(host in "".join(texts) for host in HOSTS)


@pytest.mark.timeout(300)
def test_a_tiny_race_meets_every_page_and_picture():
    ours = Crawler("ours, every guard on", "ours", ("whole",))
    with serving(pages=8, pictures=16, parts=1, seed=1) as site:
        scores = race(site, [BARE, ours])
        assert is_complete(scores, site)
    told = scores[1].laps[0]
    assert told.counts["fingerprints"] == 16
    assert told.counts["refused"] == 0
    # Its own robots.txt for every host, and each page and picture once.
    assert scores[0].requests == scores[1].requests == 24
    assert told.book.odd == 0
    assert "ours, every guard on" in table(scores)
    assert "goal >= 8" in ratios([*scores, scores[0], scores[0], scores[1]])


# -- the memory of known links -------------------------------------------------------------------------------------


def test_a_link_is_known_only_once_its_page_is_durable(store_url):
    store = CrawlStore.open(store_url)
    store.targets.add(PLACE)
    run = store.frontier.begin(PLACE, NOW)
    (start,) = store.frontier.lease(run, "me/1/1", 1, NOW)
    outcome = Outcome(start, found=[NewEntry("https://place.example/a"), NewEntry("https://place.example/b")])
    with store.engine.begin() as connection:
        entries.add(connection, "place", run, store.frontier._known.fresh(run, outcome.found))
        connection.rollback()
    assert len(store.frontier.settle([outcome], NOW)) == 2
    assert store.frontier.settle([outcome], NOW) == []
    assert {one.address[-1] for one in store.frontier.lease(run, "me/1/1", 9, NOW)} == {"a", "b"}
    store.close()


def test_a_new_run_knows_nothing_of_the_last_one(store_url):
    store = CrawlStore.open(store_url)
    store.targets.add(PLACE)
    link = [NewEntry("https://place.example/a")]
    for _ in range(2):
        run = store.frontier.begin(PLACE, NOW)
        assert store.frontier.add("place", run, link) == 1
        assert store.frontier.add("place", run, link) == 0
        store.frontier.finish(run, "complete", NOW)
    store.close()


def test_the_memory_of_links_is_bounded():
    known = entries.KnownEntries()
    for start in range(0, 3 * entries.MOST_KNOWN, 1000):
        known.learn(1, (number.to_bytes(32) for number in range(start, start + 1000)))
        assert len(known._runs[1]) <= entries.MOST_KNOWN
    for run in range(100):
        known.learn(run, [b"k"])
    assert len(known._runs) <= entries.MOST_RUNS


async def test_files_are_asked_for_together_and_each_gets_its_own_answer(store):
    writer, asked = Writer(store), []
    digests = [number.to_bytes(32) for number in range(40)]
    run = store.frontier.begin(PLACE, NOW)
    (start,) = store.frontier.lease(run, "me/1/1", 1, NOW)
    known = KnownPicture("https://p.example/7.jpg", digests[7], None, "flat", None, None, NOW)
    store.frontier.settle([Outcome(start, known=[known])], NOW)
    usual = store.pages.known_files
    store.pages.known_files = lambda some: asked.append(len(some)) or usual(some)
    files = KnownFiles()
    found = await asyncio.gather(*(files.find(writer, digest) for digest in [*digests, digests[7]]))
    writer.close()
    assert [one.refusal if one else None for one in found] == ["flat" if n == 7 else None for n in [*range(40), 7]]
    assert len(asked) <= 2
    assert sum(asked) == 40
