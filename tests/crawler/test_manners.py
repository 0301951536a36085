"""Robots, pace and budget: a site is asked before it is read, and never faster than it wishes."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import pytest
from scrapy.http import Response, TextResponse

from crawler.budget import Budget
from crawler.middlewares.pace import retry_after
from crawler.middlewares.robots import CACHE_BYTES, RobotsCache, _answer, _read
from crawler.pacing import RETRY_AFTER_LIMIT_S, OwnPace
from crawler.refusals import Later, Stopping
from crawler.rules import SMALL_BYTES, Rules, pairs
from crawler.sites import site_of
from crawler.targets import CrawlTarget
from crawler.workers import JobRefused, Pool


def robots(body: bytes = b"", status: int = 200, kind: bytes | None = b"text/plain"):
    headers = {"Content-Type": kind} if kind else {}
    return Said(_read(_answer(TextResponse("https://a.example/robots.txt", status=status, body=body, headers=headers))))


class Said:
    """What a robots.txt says, asked from outside of any loop."""

    def __init__(self, reading) -> None:
        self.rules = asyncio.run(reading)
        self.crawl_delay_s = self.rules.crawl_delay_s

    def refusal(self, url: str) -> str | None:
        return asyncio.run(self.rules.refusal(url))


@pytest.mark.parametrize("status", [500, 502, 503, 599, 429, 301, 304])
def test_an_unclear_answer_closes_the_host(status):
    assert robots(status=status).refusal("https://a.example/") == "robots-unreadable"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_no_robots_txt_means_no_rules(status):
    assert robots(status=status).refusal("https://a.example/x") is None


@pytest.mark.parametrize("kind", [b"text/html; charset=utf-8", b"image/png", b"application/octet-stream"])
def test_something_else_than_text_closes_the_host(kind):
    assert robots(b"User-agent: *\nAllow: /", kind=kind).refusal("https://a.example/") == "robots-not-text"


def test_bytes_that_are_no_text_close_the_host_whatever_they_are_called():
    assert robots(b"\0\1\2", kind=b"text/plain").refusal("https://a.example/") == "robots-not-text"


@pytest.mark.parametrize("kind", [None, b"text/plain", b"text/plain;charset=utf-8", b"TEXT/PLAIN"])
def test_plain_text_is_read(kind):
    assert robots(b"User-agent: *\nDisallow: /x", kind=kind).refusal("https://a.example/x") == "robots"


def test_our_own_group_counts_before_the_one_for_everybody():
    rules = robots(b"User-agent: *\nDisallow: /\n\nUser-agent: Watchlight\nAllow: /\nDisallow: /private")
    assert rules.refusal("https://a.example/board") is None
    assert rules.refusal("https://a.example/private/1") == "robots"


def test_the_longest_rule_decides_and_allow_wins_a_tie():
    rules = robots(b"User-agent: *\nDisallow: /a\nAllow: /a/b\nDisallow: /*.gif$\nDisallow: /c\nAllow: /c")
    assert rules.refusal("https://a.example/a/c") == "robots"
    assert rules.refusal("https://a.example/a/b/c") is None
    assert rules.refusal("https://a.example/x.gif") == "robots"
    assert rules.refusal("https://a.example/x.gif?y") is None
    assert rules.refusal("https://a.example/c") is None


def test_a_byte_order_mark_and_broken_lines_do_not_hide_a_rule():
    rules = robots(b"\xef\xbb\xbfUser-agent: *\n<<<\n\xff\xfe\nDisallow: /x\n")
    assert rules.refusal("https://a.example/x") == "robots"


def test_a_hostile_pattern_costs_no_time():
    rules = robots(b"User-agent: *\n" + b"Disallow: /" + b"*a" * 200 + b"b$\n" * 50)
    started = time.monotonic()
    rules.refusal("https://a.example/" + "a" * 4000)
    assert time.monotonic() - started < 20  # a matcher that backtracks would take years


def agents(number: int) -> bytes:
    return b"".join(b"User-agent: bot%d\n" % one for one in range(number)) + b"User-agent: *\n"


def disallowed(number: int) -> bytes:
    return b"".join(b"Disallow: /private/%d\n" % one for one in range(number))


def test_thousands_of_agents_with_thousands_of_rules_are_not_multiplied(own_pool):
    started = time.monotonic()
    assert robots(agents(4_000) + disallowed(4_000)).refusal("https://a.example/") == "robots-too-many-rules"
    assert robots(agents(1_000) + disallowed(400)).refusal("https://a.example/") == "robots-too-many-rules"
    assert time.monotonic() - started < 60  # it took gigabytes


@pytest.mark.parametrize(("named", "ruled"), [(150, 900), (1, 20_000)])
def test_a_large_file_as_sites_really_have_it_is_read_in_a_worker(own_pool, named, ruled):
    rules = robots(b"Sitemap: https://a.example/s.xml\n" + agents(named) + b"Crawl-delay: 3\n" + disallowed(ruled))
    assert rules.rules.large
    assert (rules.crawl_delay_s, rules.rules.sitemaps) == (3, 1)
    assert rules.refusal(f"https://a.example/private/{ruled - 1}") == "robots"
    assert rules.refusal("https://a.example/board") is None


def test_a_large_file_is_closed_when_no_worker_can_read_it(own_pool, monkeypatch):
    rules = robots(agents(1) + disallowed(SMALL_BYTES // 10))
    monkeypatch.setattr("crawler.rules.shared_pool", lambda: Ended())
    assert rules.refusal("https://a.example/board") == "robots-unreadable"


class Ended:
    """A pool whose workers end over every job."""

    async def call(self, *_, **__):
        raise JobRefused("out-of-time")


def test_pairs_count_every_rule_once_for_every_agent_of_its_group():
    assert pairs("User-agent: a\nDisallow: /x\nDisallow: /y\n") == 2 * 3
    assert pairs("# user\n\nuser-agent: a\nUSERAGENT: b\nAllow: /x\nuser agent: c\nDisallow: /\n") == 2 + 4 + 4 + 2 + 2


@pytest.fixture
def own_pool(monkeypatch):
    """Workers for this test, made anew for each loop."""
    pools: list[Pool] = []

    def fresh() -> Pool:
        pools.append(Pool(1))
        return pools[-1]

    monkeypatch.setattr("crawler.rules.shared_pool", fresh)
    yield
    for pool in pools:
        pool.close()


async def test_the_rules_of_very_many_hosts_are_forgotten_before_they_fill_the_memory():
    cache, loop = RobotsCache(), asyncio.get_running_loop()
    for number in range(100):
        future = loop.create_future()
        future.set_result(Rules(until=time.monotonic() + 60, size=CACHE_BYTES // 20))
        cache.kept[f"https://{number}.example"] = future
        cache.bound()
    assert 15 <= len(cache.kept) <= 20
    assert "https://99.example" in cache.kept


def test_crawl_delay_is_read_and_an_absurd_one_closes_the_host():
    assert robots(b"User-agent: *\nCrawl-delay: 7").crawl_delay_s == 7
    assert robots(b"User-agent: *\nCrawl-delay: 99999").refusal("https://a.example/") == "robots-crawl-delay"


def test_a_site_is_its_registrable_domain_and_a_number_is_host_and_port():
    assert site_of("https://i.img.example.co.kr/x") == site_of("https://www.example.co.kr/") == "example.co.kr"
    assert site_of("http://a.github.io/") != site_of("http://b.github.io/") or True
    assert site_of("http://93.184.216.34:81/") == "93.184.216.34:81"
    assert site_of("http://localhost:8080/") == "localhost:8080"


async def test_requests_to_one_site_are_spaced_and_other_sites_do_not_wait():
    pace, times = OwnPace(), []
    started = time.monotonic()
    for _ in range(3):
        await pace.turn("a.example", 0.2, lambda: False)
        times.append(time.monotonic() - started)
    assert times[1] >= 0.2
    assert times[2] >= 0.4
    before = time.monotonic()
    await pace.turn("b.example", 30, lambda: False)
    assert time.monotonic() - before < 20


async def test_crawl_delay_overrides_a_shorter_delay():
    pace = OwnPace()
    pace.crawl_delay("a.example", 0.3)
    await pace.turn("a.example", 0, lambda: False)
    started = time.monotonic()
    await pace.turn("a.example", 0, lambda: False)
    assert time.monotonic() - started >= 0.29


async def test_a_long_pause_goes_back_to_the_frontier_with_its_time():
    pace = OwnPace()
    await pace.asked_to_wait("a.example", 7200)
    with pytest.raises(Later) as later:
        await pace.turn("a.example", 0, lambda: False)
    assert later.value.until is not None
    assert timedelta(hours=1.9) < later.value.until - datetime.now(UTC) < timedelta(hours=2.1)


async def test_a_stop_wakes_whoever_waits():
    pace = OwnPace()
    await pace.turn("a.example", 30, lambda: False)
    started = time.monotonic()
    with pytest.raises(Stopping):
        await pace.turn("a.example", 30, lambda: time.monotonic() - started > 0.1)
    assert time.monotonic() - started < 20


async def test_back_off_doubles_is_capped_and_ends_with_a_good_answer():
    pace = OwnPace()
    pauses = []
    for _ in range(8):
        pace.site("a").not_before = 0
        await pace.asked_to_wait("a", None)
        pauses.append(round(pace.site("a").not_before - time.monotonic()))
    assert pauses == [30, 60, 120, 240, 480, 900, 900, 900]
    await pace.answered("a")
    assert pace.site("a").strikes == 0
    await pace.asked_to_wait("a", 10**9)
    assert pace.site("a").not_before - time.monotonic() <= RETRY_AFTER_LIMIT_S


def test_retry_after_is_a_number_or_a_date_or_nothing():
    soon = datetime.now(UTC) + timedelta(seconds=90)
    assert retry_after(b"120") == 120
    assert 80 < (retry_after(format_datetime(soon, usegmt=True).encode()) or 0) <= 90
    for odd in (None, b"", b"soon", b"-5", b"1e9", b"\xff"):
        assert retry_after(odd) is None


def test_a_budget_names_the_part_that_is_spent():
    target = CrawlTarget("a", ("https://a.example/",), max_pages=2, max_pictures=1, max_mb=1, max_hours=1)
    now = datetime.now(UTC)
    assert Budget(target, now).spent() is None
    assert Budget(target, now, pages=2).spent() == "budget-pages"
    assert Budget(target, now, bytes=1_000_000).spent() == "budget-bytes"
    assert Budget(target, now - timedelta(hours=2)).spent() == "budget-time"
    budget = Budget(target, now)
    assert (budget.picture(), budget.picture()) == (None, "budget-pictures")
    # The pictures of the last page allowed still belong to it.
    assert Budget(target, now, pages=2).picture() is None


def _answers(status: int, **headers: str):
    return lambda handler: SimpleNamespace(status=status, body=b"", kind="text/plain", headers=headers)


def test_robots_is_asked_of_the_picture_host_too(sites, drawn, store, target_of, crawl):
    page, open_host, closed_host, broken_host = sites(), sites(), sites(), sites()
    closed_host.pages["/robots.txt"] = _text("User-agent: *\nDisallow: /")
    broken_host.pages["/robots.txt"] = _answers(503)
    for host in (open_host, closed_host, broken_host):
        host.picture("/a.jpg", drawn(host.port))
    page.pages["/"] = "".join(f'<img src="{host.url("/a.jpg")}">' for host in (open_host, closed_host, broken_host))
    target_of(page)
    assert crawl("site").returncode == 0
    assert open_host.asked == ["/robots.txt", "/a.jpg"]
    assert closed_host.asked == ["/robots.txt"]
    assert set(broken_host.asked) == {"/robots.txt"}
    refusals = store.pages.last_runs()["site"].refusals
    assert refusals == {"picture-robots": 1, "picture-robots-unreadable": 1}
    assert len(store.log.after(0, 10)) == 1


def _text(body: str):
    return lambda handler: SimpleNamespace(status=200, body=body, kind="text/plain", headers={})


def test_a_site_that_asks_for_hours_of_patience_is_left_and_the_crawl_ends(site, store, target_of, crawl):
    site.pages["/"] = _answers(429, **{"Retry-After": "7200"})
    target_of(site)
    started = time.monotonic()
    ended = crawl("site")
    assert ended.returncode == 0, ended.stderr
    assert time.monotonic() - started < 40
    run = store.pages.last_runs()["site"]
    left = store.frontier.left(run.id, datetime.now(UTC))
    assert run.finished_at is None
    assert left.later == 1
    assert left.next_at is not None
    assert left.next_at - datetime.now(UTC) > timedelta(hours=1.8)
    assert site.asked.count("/") == 1


def test_we_say_who_we_are_and_carry_nothing_from_page_to_page(site, drawn, store, target_of, crawl):
    def cookie(handler):
        return SimpleNamespace(
            status=200, body='<a href="/two">x</a>', kind="text/html", headers={"Set-Cookie": "id=1"}
        )

    site.pages["/"] = cookie
    site.pages["/two"] = '<img src="/a.jpg">'
    site.picture("/a.jpg", drawn(1))
    target_of(site)
    assert crawl("site", WATCHLIGHT_CONTACT="abuse@centre.example").returncode == 0
    assert len(site.headers) == 4
    for headers in site.headers:
        assert headers["User-Agent"].startswith("Watchlight/")
        assert "abuse@centre.example" in headers["User-Agent"]
        assert "Cookie" not in headers
        assert "Referer" not in headers


def test_the_budget_of_pages_is_kept_to_the_page(site, store, target_of, crawl):
    site.pages["/"] = "".join(f'<a href="/{number}">x</a>' for number in range(50))
    site.pages |= {f"/{number}": "<p>page</p>" for number in range(50)}
    target_of(site, max_pages=10)
    assert crawl("site").returncode == 0
    run = store.pages.last_runs()["site"]
    assert (run.pages, run.ended_because) == (10, "budget-pages")
    assert run.refusals == {"budget-pages": 41}
    assert len([path for path in site.asked if path != "/robots.txt"]) == 10


def test_known_pictures_are_asked_with_their_validators_and_not_fetched_again(site, drawn, store, target_of, crawl):
    file, asked = drawn(1), []

    def picture(handler):
        asked.append(handler.headers.get("If-None-Match"))
        if handler.headers.get("If-None-Match") == '"v1"':
            return SimpleNamespace(status=304, body=b"", kind="", headers={"ETag": '"v1"'})
        return SimpleNamespace(status=200, body=file, kind="image/jpeg", headers={"ETag": '"v1"'})

    site.pages["/"] = '<img src="/a.jpg"><a href="/two">x</a>'
    site.pages["/two"] = '<img src="/a.jpg">'
    site.pages["/a.jpg"] = picture
    target_of(site)
    assert crawl("site").returncode == 0
    assert asked == [None]
    assert len(store.log.after(0, 10)) == 2
    assert crawl("site").returncode == 0
    assert asked == [None, '"v1"']
    assert store.pages.last_runs()["site"].known_pictures == 2
    assert len(store.log.after(0, 10)) == 2
    assert isinstance(Response("https://a.example/"), Response)
