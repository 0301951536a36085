"""robots.txt in a fleet: a site is asked once for all, and nobody's word replaces the answer of the site."""

import json
import time

import pytest
import valkey

from crawler.fleet.robots import ANSWERS_LIMIT, Answer, SharedAnswers, _name
from crawler.middlewares.robots import _read
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from tests.crawler.conftest import Answer as LittleAnswer

ORIGIN = "https://forum.example"
RULES = Answer(200, "text/plain; charset=utf-8", b"User-agent: *\nDisallow: /private\nCrawl-delay: 7\n")


@pytest.fixture
def url(valkey_server):
    valkey.Valkey.from_url(valkey_server).flushall()
    return valkey_server


async def test_one_crawler_reads_what_another_was_answered(url):
    await SharedAnswers(url, "test").put(ORIGIN, RULES, 60)
    rules = await _read(await SharedAnswers(url, "test").get(ORIGIN))
    assert await rules.refusal(f"{ORIGIN}/private/1") == "robots"
    assert await rules.refusal(f"{ORIGIN}/open") is None
    assert rules.crawl_delay_s == 7
    assert await SharedAnswers(url, "test").get("https://other.example") is None
    assert await SharedAnswers(url, "another store").get(ORIGIN) is None


async def test_an_answer_ages_while_it_is_shared_and_ends_in_valkey_by_itself(url):
    shared = SharedAnswers(url, "test")
    await shared.put(ORIGIN, RULES, 24 * 3600)
    client = valkey.Valkey.from_url(url)
    [key] = client.scan_iter("test:robots:*")
    assert 14_000 < client.ttl(key) <= 14_400
    of, at, *rest = json.loads(client.get(key))
    client.set(key, json.dumps([of, at - 23 * 3600, *rest]))
    rules = await _read(await shared.get(ORIGIN))
    assert rules.until - time.monotonic() == pytest.approx(3600, abs=60)
    closed = await _read(Answer(503, "text/plain", b"", age_s=590))
    assert closed.closed == "robots-unreadable"
    assert closed.until - time.monotonic() == pytest.approx(10, abs=5)


@pytest.mark.parametrize(
    "lies",
    [
        "no json",
        json.dumps([ORIGIN, 0, 200]),
        json.dumps(["https://other.example", time.time(), 200, "text/plain", "eJwDAAAAAAE="]),
        json.dumps([ORIGIN, time.time() + 3600, 200, "text/plain", "eJwDAAAAAAE="]),
        json.dumps([ORIGIN, time.time(), 200, "text/plain", "not base64"]),
        json.dumps([ORIGIN, time.time(), 99, "text/plain", "eJwDAAAAAAE="]),
        json.dumps([ORIGIN, time.time(), 200, "text/plain", "x" * 20_000]),
    ],
    ids=["no json", "too short", "another site", "from the future", "no base64", "no status", "no zlib"],
)
async def test_what_is_no_answer_of_this_site_is_not_believed(url, lies):
    valkey.Valkey.from_url(url).set(f"test:robots:{_name(ORIGIN)}", lies)
    assert await SharedAnswers(url, "test").get(ORIGIN) is None


async def test_a_file_that_is_large_is_not_shared_and_answers_are_bounded(url, monkeypatch):
    shared = SharedAnswers(url, "test")
    await shared.put(ORIGIN, Answer(200, "text/plain", b"#" * 70_000), 60)
    assert await shared.get(ORIGIN) is None
    assert ANSWERS_LIMIT >= 1000
    monkeypatch.setattr("crawler.fleet.robots.ANSWERS_LIMIT", 3)
    for number in range(6):
        await shared.put(f"https://{number}.example", RULES, 60)
    assert [bool(await shared.get(f"https://{number}.example")) for number in range(6)] == [False] * 3 + [True] * 3


async def test_without_valkey_every_crawler_asks_for_itself():
    shared = SharedAnswers("valkey://127.0.0.1:1/0", "test")
    await shared.put(ORIGIN, RULES, 60)
    assert await shared.get(ORIGIN) is None


def test_a_second_crawl_of_a_fleet_does_not_ask_a_site_for_its_rules_again(
    site, store_url, url, start_crawler, private_home
):
    environ = {"WATCHLIGHT_CRAWL_DATABASE_URL": store_url, "WATCHLIGHT_VALKEY_URL": url}
    site.pages["/robots.txt"] = LittleAnswer("User-agent: *\nDisallow: /private\n", "text/plain")
    site.pages["/"] = '<a href="/private">x</a><a href="/a">x</a>'
    site.pages["/a"] = site.pages["/private"] = "<p>page"
    store = CrawlStore.open(store_url)
    store.targets.add(CrawlTarget("site", (site.url("/"),), delay_s=0, depth=5))
    for _ in range(2):
        process = start_crawler("site", **environ)
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert site.asked.count("/robots.txt") == 1
    assert site.asked.count("/a") == 2
    assert "/private" not in site.asked
    store.close()
