"""Every kind of board, forum, API and gallery against a little place of its kind: one real crawl of them all.

The little places answer in the structure of the real programs and on loopback. Each test reads what the crawl left
behind: which pictures were seen on which page, what was asked for, and why something was refused.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from crawler.records import Run
from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from tests.crawler.conftest import CLONE, Answer, LittleSite, crawler_environment, drawn

JSON = "application/json; charset=utf-8"
BUILT: dict[str, Callable[[LittleSite], dict]] = {}


def place(build: Callable[[LittleSite], dict]) -> Callable[[LittleSite], dict]:
    """Register a builder: it fills a little site and returns the fields of its target."""
    BUILT[build.__name__] = build
    return build


def pictures(site: LittleSite, *paths: str) -> None:
    for path in paths:
        site.picture(path, drawn(hash_of(path)))


def hash_of(path: str) -> int:
    return sum(ord(letter) * (place + 1) for place, letter in enumerate(path))


def answers(site: LittleSite, path: str, value: object) -> None:
    site.pages[path] = Answer(json.dumps(value), JSON)


@place
def imageboard(site):
    pictures(site, "/b/src/1.png", "/b/src/2.jpg", "/b/src/3.jpg", "/b/thumb/4.jpg")
    first = {"no": 10, "tim": "1", "ext": ".png", "last_modified": 1767398400, "com": ""}
    old = {"no": 5, "last_modified": 1577836800, "tim": "9", "ext": ".png"}
    answers(site, "/b/catalog.json", [{"page": 0, "threads": [first, old]}])
    answers(
        site,
        "/b/res/10.json",
        {
            "posts": [
                {**first, "extra_files": [{"tim": "2", "ext": ".jpg"}]},
                {"no": 11, "resto": 10, "tim": "3", "ext": ".jpg", "com": f'<a href="{site.url("/other/")}">other</a>'},
                {"no": 12, "resto": 10, "tim": "4", "ext": ".webm", "com": "clip"},
            ]
        },
    )
    return {"urls": (site.url("/b/"),), "options": {"since": "2026-01-01"}}


@place
def mastodon(site):
    pictures(site, "/media/a.jpg", "/media/b.jpg", "/media/ann.png")
    account = {"id": "7", "acct": "ann", "url": site.url("/@ann"), "avatar": site.url("/media/ann.png"), "header": ""}

    def status(number: str, picture: str) -> dict:
        media = [{"type": "image", "url": site.url(picture)}]
        return {"id": number, "url": site.url(f"/@ann/{number}"), "account": account, "media_attachments": media}

    answers(site, "/api/v1/accounts/lookup?acct=ann", account)
    answers(site, "/api/v1/accounts/7/statuses?limit=40", [status("30", "/media/a.jpg")])
    answers(site, "/api/v1/accounts/7/statuses?limit=40&max_id=30", [status("20", "/media/b.jpg")])
    answers(site, "/api/v1/accounts/7/statuses?limit=40&max_id=20", [])
    return {"urls": (site.url("/@ann"),)}


@place
def lemmy(site):
    pictures(site, "/pictrs/a.jpg", "/pictrs/b.jpg", "/pictrs/c.jpg")
    listed = "/api/v3/post/list?community_name=boats&sort=New&limit=50"

    def view(number: int, picture: str, comments: int) -> dict:
        return {"post": {"id": number, "url": site.url(picture)}, "counts": {"comments": comments}}

    answers(site, listed, {"posts": [view(1, "/pictrs/a.jpg", 2)], "next_page": "Pa"})
    answers(site, f"{listed}&page_cursor=Pa", {"posts": [view(2, "/pictrs/b.jpg", 0)]})
    answers(
        site,
        "/api/v3/comment/list?post_id=1&type_=All&sort=New&limit=50&page=1",
        {"comments": [{"comment": {"id": 9, "content": f"![x]({site.url('/pictrs/c.jpg')})"}}]},
    )
    answers(site, "/api/v3/comment/list?post_id=1&type_=All&sort=New&limit=50&page=2", {"comments": []})
    return {"urls": (site.url("/c/boats"),)}


@place
def reddit(site):
    pictures(site, "/a.jpg", "/b.jpg")
    thing = {"permalink": "/r/boats/comments/1a/boat/", "url_overridden_by_dest": site.url("/a.jpg"), "num_comments": 1}
    listing = {"kind": "Listing", "data": {"after": None, "children": [{"kind": "t3", "data": thing}]}}
    words = f'<p><a href="{site.url("/b.jpg")}">b</a></p>'
    comment = {"kind": "t1", "data": {"permalink": "/r/boats/comments/1a/boat/c1/", "body_html": words}}
    answers(site, "/r/boats/new.json?limit=100&raw_json=1", listing)
    answers(
        site,
        "/r/boats/comments/1a/boat.json?limit=100&raw_json=1",
        [listing, {"kind": "Listing", "data": {"children": [comment]}}],
    )
    return {"urls": (site.url("/r/boats/"),)}


@place
def discourse(site):
    pictures(site, "/up/a.jpg", "/up/b.jpg", "/up/c.jpg")
    topic = {"id": 81, "slug": "boats", "posts_count": 21, "image_url": site.url("/up/a.jpg")}
    answers(
        site,
        "/latest.json",
        {"topic_list": {"topics": [topic], "more_topics_url": "/latest?no_definitions=true&page=1"}},
    )
    answers(site, "/latest.json?no_definitions=true&page=1", {"topic_list": {"topics": []}})
    post = {"post_number": 1, "cooked": '<a class="lightbox" href="/up/b.jpg"><img src="/up/b_690.jpg"></a>'}
    last = {"post_number": 21, "cooked": '<img src="/up/c.jpg">'}
    answers(site, "/t/boats/81.json", {**topic, "post_stream": {"posts": [post]}})
    answers(site, "/t/boats/81.json?page=2", {**topic, "post_stream": {"posts": [last]}})
    return {"urls": (site.url("/"),)}


@place
def wordpress(site):
    names = [f"/wp-content/{number}.jpg" for number in range(101)]
    site.picture(names[0], drawn(500))
    site.picture(names[100], drawn(501))
    site.picture("/wp-content/post.jpg", drawn(502))
    site.pages["/"] = f'<link rel="https://api.w.org/" href="{site.url("/wp-json/")}"><p>words'
    media = [{"link": site.url("/boat/"), "mime_type": "application/pdf", "source_url": site.url(one)} for one in names]
    for number in (0, 100):
        media[number]["mime_type"] = "image/jpeg"
    listed = "/wp-json/wp/v2/{}?per_page=100&page={}&orderby=date"
    answers(site, listed.format("media", 1), media[:100])
    answers(site, listed.format("media", 2), media[100:])
    content = {"rendered": '<img src="/wp-content/post.jpg">'}
    answers(site, listed.format("posts", 1), [{"link": site.url("/hello/"), "content": content}])
    answers(site, listed.format("pages", 1), [])
    return {"urls": (site.url("/"),)}


@place
def forums(site):
    pictures(site, "/download/file.php?id=5", "/posted.jpg", "/second.jpg")
    foot = '<a href="https://www.phpbb.com/">phpBB</a><body id="phpbb">'
    site.pages["/index.php"] = f'<a href="./viewforum.php?f=3&amp;sid=aa">Boats</a>{foot}'
    site.pages["/viewforum.php?f=3"] = f'<a href="./viewtopic.php?f=3&amp;t=12&amp;sid=aa">A boat</a>{foot}'
    site.pages["/viewtopic.php?t=12"] = (
        f'<div id="p71" class="post"><img src="posted.jpg"><a href="./download/file.php?id=5&amp;sid=aa">'
        f'<img src="./download/file.php?id=5&amp;t=1"></a></div>'
        f'<a href="./viewtopic.php?t=12&amp;start=10">2</a><a href="./posting.php?t=12">reply</a>'
        f'<a href="./viewtopic.php?p=71&amp;sid=bb#p71">post</a>{foot}'
    )
    site.pages["/viewtopic.php?start=10&t=12"] = f'<div id="p72" class="post"><img src="second.jpg"></div>{foot}'
    return {"urls": (site.url("/index.php"),)}


@place
def listings(site):
    pictures(site, "/pub/a.jpg", "/pub/more/b.jpg", "/pub/page/c.jpg")
    head = "<html><head><title>Index of /pub/</title></head><body><h1>Index of /pub/</h1><pre><a href='../'>../</a>"
    site.pages["/pub/"] = (
        f"{head}<a href='?C=N;O=D'>Name</a><a href='a.jpg'>a.jpg</a><a href='more/'>more/</a><a href='page/'>page/</a>"
    )
    site.pages["/pub/more/"] = f"{head}<a href='b.jpg'>b.jpg</a>"
    site.pages["/pub/page/"] = "<title>A page of its own</title><img src=c.jpg>"
    return {"urls": (site.url("/pub/"),)}


@place
def galleries(site):
    pictures(site, "/i/a-xx.jpg", "/i/b.jpg")
    site.pages["/index.php"] = '<meta name="generator" content="Piwigo (aka PWG), see piwigo.org">'
    ask = "/ws.php?format=json&method=pwg.categories.getImages&recursive=true&order=date_available%20desc&per_page=100"
    sizes = {"xxlarge": {"url": site.url("/i/a-xx.jpg"), "width": 1656}, "thumb": {"url": "/i/a-th.jpg", "width": 144}}
    first = {"page_url": site.url("/picture.php?/1"), "element_url": site.url("/o.jpg"), "derivatives": sizes}
    second = {"page_url": site.url("/picture.php?/2"), "element_url": site.url("/i/b.jpg"), "derivatives": {}}
    for page, image in enumerate((first, second)):
        found = {"paging": {"page": page, "per_page": 100, "total_count": "101"}, "images": [image]}
        answers(site, f"{ask}&page={page}", {"stat": "ok", "result": found})
    return {"urls": (site.url("/index.php"),)}


SEEN = {
    "imageboard": {
        ("b/res/10.html#10", "b/src/1.png"),
        ("b/res/10.html#10", "b/src/2.jpg"),
        ("b/res/10.html#11", "b/src/3.jpg"),
        ("b/res/10.html#12", "b/thumb/4.jpg"),
    },
    "mastodon": {("@ann/30", "media/a.jpg"), ("@ann/20", "media/b.jpg"), ("@ann", "media/ann.png")},
    "lemmy": {("post/1", "pictrs/a.jpg"), ("post/2", "pictrs/b.jpg"), ("comment/9", "pictrs/c.jpg")},
    "reddit": {("r/boats/comments/1a/boat/", "a.jpg"), ("r/boats/comments/1a/boat/c1/", "b.jpg")},
    "discourse": {("t/boats/81", "up/a.jpg"), ("t/boats/81", "up/b.jpg"), ("t/boats/81/21", "up/c.jpg")},
    "wordpress": {
        ("boat/", "wp-content/0.jpg"),
        ("boat/", "wp-content/100.jpg"),
        ("hello/", "wp-content/post.jpg"),
    },
    "forums": {
        ("viewtopic.php?t=12#p71", "posted.jpg"),
        ("viewtopic.php?t=12#p71", "download/file.php?id=5"),
        ("viewtopic.php?start=10&t=12#p72", "second.jpg"),
    },
    "listings": {("pub/", "pub/a.jpg"), ("pub/more/", "pub/more/b.jpg"), ("pub/page/", "pub/page/c.jpg")},
    "galleries": {("picture.php?/1", "i/a-xx.jpg"), ("picture.php?/2", "i/b.jpg")},
}
"""(page a person would open, picture), of each little place."""

WRONG = {
    "imageboard": ("/b/", "/b/catalog.json", '{"error": "no"}', "not-a-board"),
    "mastodon": ("/", "/api/v1/timelines/public?limit=40&local=true", "[1, 2", "malformed-json"),
    "lemmy": ("/", "/api/v3/post/list?type_=Local&sort=New&limit=50", "[]", "not-a-post-list"),
    "reddit": ("/r/a/", "/r/a/new.json?limit=100&raw_json=1", "<html>who are you</html>", "not-json"),
    "discourse": ("/", "/latest.json", '{"errors": ["private"]}', "not-a-topic-list"),
    "wordpress": ("/", "/", "<p>no API here", "no-rest-api"),
    "forums": ("/", "/", "<p>a page like any other", "not-a-forum"),
    "listings": ("/", "/", "<p>a page like any other", "not-a-listing"),
    "galleries": ("/", "/", "<p>a page like any other", "not-a-gallery"),
}
"""kind: where to start, what is asked for, a wrong answer, and the name of its refusal."""


@dataclass
class Crawled:
    """What one crawl of all places left behind."""

    sites: dict[str, LittleSite]
    runs: dict[str, Run]
    seen: dict[str, set[tuple[str, str]]]
    waited_s: float


@pytest.fixture(scope="module")
def crawled(tmp_path_factory) -> Iterator[Crawled]:
    """Crawl every little place, and every wrong one, in one crawling process."""
    environ = {"WATCHLIGHT_HOME": str(tmp_path_factory.mktemp("places")), "PATH": os.environ["PATH"]}
    store, sites = CrawlStore.open(environ=environ), {}
    for name in (*BUILT, *(f"wrong-{kind}" for kind in WRONG)):
        site, kind = sites.setdefault(name, LittleSite()), name.removeprefix("wrong-")
        fields = BUILT[name](site) if name in BUILT else wrong(site, kind)
        store.targets.add(CrawlTarget(name, kind=kind, delay_s=0, **fields))
    closed = sites.setdefault("closed-reddit", LittleSite())
    closed.pages["/robots.txt"] = Answer("User-agent: *\nDisallow: /\n", "text/plain")
    store.targets.add(CrawlTarget("closed-reddit", (closed.url("/r/boats/"),), kind="reddit", delay_s=0))
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "crawler"],
        env={**crawler_environment(), **environ},
        cwd=CLONE,
        timeout=400,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, set[tuple[str, str]]] = {name: set() for name in sites}
    for one in store.log.after(0, 1000):
        seen[one.target].add((one.page_url.split("/", 3)[3], one.picture_url.split("/", 3)[-1]))
    yield Crawled(sites, store.pages.last_runs(), seen, time.monotonic() - began)
    store.close()
    for site in sites.values():
        site.server.shutdown()
        site.server.server_close()


def wrong(site: LittleSite, kind: str) -> dict:
    start, asked, body, _ = WRONG[kind]
    site.pages[asked] = Answer(body, "text/html" if body.startswith("<") else JSON)
    return {"urls": (site.url(start),)}


LEFT = ("before-since", "video")
"""What is left out because it was asked for so: older posts, and videos, of which the still picture is looked at."""


@pytest.mark.parametrize("kind", BUILT)
def test_a_place_is_read_to_its_end_and_every_picture_has_the_page_a_person_would_open(crawled, kind):
    assert crawled.seen[kind] == SEEN[kind]
    assert {reason: n for reason, n in crawled.runs[kind].refusals.items() if reason not in LEFT} == {}


@pytest.mark.parametrize("kind", BUILT)
def test_nothing_is_asked_for_twice_and_nothing_but_what_the_place_says(crawled, kind):
    asked = crawled.sites[kind].asked
    assert len(asked) == len(set(asked))
    assert set(asked) - {"/robots.txt"} <= set(crawled.sites[kind].pages)


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_answer_is_refused_by_name(crawled, kind):
    assert crawled.runs[f"wrong-{kind}"].refusals == {WRONG[kind][3]: 1}


def test_reddit_is_left_alone_where_robots_txt_says_no(crawled):
    assert crawled.sites["closed-reddit"].asked == ["/robots.txt"]
    assert crawled.runs["closed-reddit"].refusals == {"robots": 1}


def test_threads_quiet_since_before_the_chosen_day_are_counted_and_left_alone(crawled):
    assert crawled.runs["imageboard"].refusals == {"before-since": 1, "video": 1}
    assert "/b/res/5.json" not in crawled.sites["imageboard"].asked


def test_an_imageboard_is_asked_once_a_second_at_most(crawled):
    requests = len(crawled.sites["imageboard"].asked)
    assert requests >= 7
    assert crawled.waited_s >= requests - 1


def test_apis_are_asked_for_json(crawled):
    accepted = {headers.get("Accept") for headers in crawled.sites["lemmy"].headers}
    assert "application/json" in accepted
