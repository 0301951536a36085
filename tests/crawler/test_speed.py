"""The crawl benchmark runs, its site is what it says, and what makes a crawl fast loses nothing."""

import asyncio
import io
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from PIL import Image
from scrapy.http import Request, Response

from benchmarks.crawl import plain
from benchmarks.crawl.__main__ import BARE, is_complete, ratios, table
from benchmarks.crawl.drawing import LARGEST, SMALLEST, drawn
from benchmarks.crawl.hosts import HOSTS
from benchmarks.crawl.site import page, serving
from benchmarks.crawl.taking_turns import Crawler, race
from crawler import downloads, entries
from crawler.asking import by_address, by_file
from crawler.discovery import trails
from crawler.fetching import fetch
from crawler.images import jobs
from crawler.jobs import read_page
from crawler.opening import HELD_BYTES, Opening
from crawler.outcomes import KnownPicture, NewEntry, Outcome
from crawler.refusals import NotFetched, Stopping
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
    assert "goal >= 0.85" in ratios({"same": scores[0], "ours": scores[1]})
    assert (plain.AT_ONCE, plain.AT_A_SITE) == (downloads.AT_ONCE, downloads.AT_A_SITE)


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
    files = by_file()
    found = await asyncio.gather(*(files.find(writer, digest) for digest in [*digests, digests[7]]))
    writer.close()
    assert [one.refusal if one else None for one in found] == ["flat" if n == 7 else None for n in [*range(40), 7]]
    assert len(asked) <= 2
    assert sum(asked) == 40


async def test_pages_that_ask_for_their_pictures_at_one_moment_are_answered_by_one_question(store):
    writer, asked = Writer(store), []
    run = store.frontier.begin(PLACE, NOW)
    (start,) = store.frontier.lease(run, "me/1/1", 1, NOW)
    places = [[f"https://p.example/{number}/{each}.jpg" for each in range(5)] for number in range(8)]
    known = KnownPicture(places[3][2], b"d" * 32, None, "flat", None, None, NOW)
    store.frontier.settle([Outcome(start, known=[known])], NOW)
    usual = store.pages.known
    store.pages.known = lambda some: asked.append(len(some)) or usual(some)
    addresses = by_address()
    found = await asyncio.gather(*(addresses.find_all(writer, some) for some in places))
    writer.close()
    assert [list(one) for one in found] == [[places[3][2]] if number == 3 else [] for number in range(8)]
    assert found[3][places[3][2]].refusal == "flat"
    assert len(asked) <= 2


@pytest.mark.parametrize("second", ["seen", "http-404"])
def test_a_page_settled_twice_in_one_batch_is_compared_with_its_own_first_look(store, second):
    run = store.frontier.begin(PLACE, NOW)
    (start,) = store.frontier.lease(run, "me/1/1", 1, NOW)
    first = Outcome(start, gave_digest=b"one", gave=b"{}")
    store.frontier.settle([first, Outcome(start, reason=second, gave_digest=b"two", gave=b"{}")], NOW)
    coverage = store.coverage.of(PLACE.name)[-1].pages
    assert coverage.new == 1
    assert coverage.changed == (second == "seen")
    assert store.pages.of(PLACE.name)[0].outcome == second


# -- pictures, past the engine's queues ----------------------------------------------------------------------------


def engine_of(guards: list[object], served: dict[str, object], *, running: bool = True) -> SimpleNamespace:
    """Return what `fetch` asks of an engine: its middlewares' methods, in Scrapy's order, and its download handlers."""

    async def download_request_async(request: Request) -> Response:
        answer = served[request.url]
        if isinstance(answer, Exception):
            raise answer
        return answer

    methods = {
        "process_request": [one.process_request for one in guards],
        "process_response": [one.process_response for one in reversed(guards)],
        "process_exception": [one.process_exception for one in reversed(guards)],
    }
    downloader = SimpleNamespace(
        middleware=SimpleNamespace(methods=methods),
        handlers=SimpleNamespace(download_request_async=download_request_async),
    )
    return SimpleNamespace(engine=SimpleNamespace(running=running, downloader=downloader))


class Guard:
    """A guard that notes what it saw, refuses one address and names failures."""

    def __init__(self, saw: list[str], refuses: str = "") -> None:
        self.saw, self.refuses = saw, refuses

    async def process_request(self, request: Request) -> None:
        self.saw.append(request.url)
        if request.url == self.refuses:
            raise NotFetched("robots")

    def process_response(self, request: Request, response: Response) -> Response | Request:
        return Request("http://a.example/moved") if response.status == 302 else response

    def process_exception(self, request: Request, exception: Exception) -> None:
        if isinstance(exception, TimeoutError):
            raise NotFetched("timeout") from exception


async def test_a_redirected_picture_passes_every_guard_again():
    saw: list[str] = []
    served = {
        "http://a.example/1": Response("http://a.example/1", status=302),
        "http://a.example/moved": Response("http://a.example/moved", body=b"picture"),
    }
    crawler = engine_of([Guard(saw), Guard(saw)], served)
    assert (await fetch(crawler, Request("http://a.example/1"))).body == b"picture"
    assert saw == ["http://a.example/1"] * 2 + ["http://a.example/moved"] * 2
    refused = engine_of([Guard(saw, refuses="http://a.example/moved")], served)
    with pytest.raises(NotFetched, match="robots"):
        await fetch(refused, Request("http://a.example/1"))


async def test_a_failed_download_is_named_by_the_guards_and_nothing_is_asked_of_a_crawl_that_ends():
    served = {"http://a.example/1": TimeoutError(), "http://a.example/2": OSError("gone")}
    crawler = engine_of([Guard([])], served)
    with pytest.raises(NotFetched, match="timeout"):
        await fetch(crawler, Request("http://a.example/1"))
    with pytest.raises(OSError, match="gone"):
        await fetch(crawler, Request("http://a.example/2"))
    with pytest.raises(Stopping):
        await fetch(engine_of([Guard([])], served, running=False), Request("http://a.example/1"))


async def test_no_transfer_begins_while_too_much_waits_for_a_worker():
    opening = Opening(None)
    with opening._holding(HELD_BYTES):
        assert opening._room.is_set()
        with opening._holding(1):
            assert not opening._room.is_set()
        assert opening._room.is_set()


def test_one_journey_to_a_worker_reads_what_three_read():
    text = page(0, 1, 9, 20, 80).encode() + b'<p>We moved to <a href="https://t.me/elsewhere">our new channel</a>'
    where = {"address": f"http://{HOSTS[1]}/0/1.html", "content_type": "text/html"}
    read = read_page(text, **where)
    assert read["seen"] == jobs.page(text, **where)
    assert read["trails"] == trails.job(text, **where)
    assert read["trails"]["trails"][0]["announced"]
    assert read["scripted"] == 0
