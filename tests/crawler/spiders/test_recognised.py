"""Which kind of place fits an address: asked of every reader, without a list of them."""

import json

import pytest

from crawler.kinds import kinds
from crawler.places import recognised
from crawler.workers import Pool
from tests.pages.reading import folders

SAVED = {
    "channel-preview": "telegram",
    "feed-atom": "feeds",
    "feed-rdf": "feeds",
    "feed-rss": "feeds",
    "sitemap": "sitemaps",
    "sitemap-index": "sitemaps",
    "wordpress-front": "wordpress",
    "forum-phpbb-topic": "forums",
    "forum-vbulletin-three": "forums",
    "forum-xenforo-topic": "forums",
    "forum-mybb-topic": "forums",
    "listing-nginx": "listings",
    "listing-apache": "listings",
    "listing-iis": "listings",
    "gallery-piwigo-page": "galleries",
    "gallery-coppermine-album": "galleries",
}


def best(folder) -> str | None:
    expected = json.loads((folder / "expected.json").read_text())
    data = (folder / expected["file"]).read_bytes()
    found = recognised.job(data, address=expected["address"], content_type=expected["content_type"])
    return found[0]["kind"] if found else None


@pytest.mark.parametrize("folder", [one for one in folders() if one.name in SAVED], ids=lambda one: one.name)
def test_a_place_is_recognised_by_its_own_reader(folder):
    assert best(folder) == SAVED[folder.name]


FIRST_LINES = {
    "imageboard": [
        ("https://boards.4chan.org/po/", "<html><body>"),
        ("https://board.example/b/", '<script>var active_page = "index", board_name = "b", var board_name</script>'),
        ("https://board.example/b/", '<p class="unimportant">Tinyboard + vichan 5.2 - Powered by</p>'),
        ("https://board.example/b/", '<div id="postingForm" data-boarduri="b">'),
        ("https://board.example/b/", '<div class="thread" id="t1"><div class="fileText">File: a.jpg (200 KB)</div>'),
    ],
    "mastodon": [
        ("https://social.example/public", '<noscript>x</noscript><div class="app-holder" id="mastodon" data-props>'),
        ("https://social.example/@a", '<script id="initial-state" type="application/json">{"meta":{}}</script>'),
    ],
    "lemmy": [
        ("https://lemmy.example/c/a", '<script>window.isoData = {"path":"/c/a"}</script><title>Lemmy</title>'),
    ],
    "reddit": [
        ("https://www.reddit.com/r/a/", "<html>"),
        ("https://old.reddit.com/r/a/", "<html>"),
        ("https://mirror.example/r/a/", "<shreddit-app devicetype=desktop>"),
    ],
    "discourse": [
        ("https://talk.example/", '<meta name="generator" content="Discourse 3.4.0 - https://github.com/discourse">'),
        ("https://talk.example/", '<div class="hidden" id="data-discourse-setup" data-base-url="x"></div>'),
    ],
}


@pytest.mark.parametrize(
    ("kind", "address", "page"), [(kind, *one) for kind, there in FIRST_LINES.items() for one in there]
)
def test_what_a_software_says_of_itself_names_its_kind(kind, address, page):
    found = recognised.fits(address, f"<!doctype html><html><body>{page}")
    assert [fit.kind for fit in found][:1] == [kind]
    assert found[0].certainty >= recognised.LIKELY
    assert found[0].because


@pytest.mark.parametrize(
    "page",
    [
        "<p>We moved from reddit.com/r/a to Lemmy, and from there to Mastodon and Discourse.</p>",
        '<a href="https://boards.4chan.org/po/">papercraft</a><div class="thread">a thread of wool</div>',
        "<script>window.isoData = {}</script>",
    ],
)
def test_a_page_that_only_speaks_of_other_places_is_an_ordinary_one(page):
    assert recognised.fits("https://blog.example/", f"<!doctype html><html><body>{page}") == []


def test_an_ordinary_page_is_of_no_special_kind():
    assert [folder.name for folder in folders() if folder.name.startswith("img-") and best(folder)] == []


def test_every_kind_that_recognises_places_has_a_spider():
    named = {reader.KIND for reader in recognised.readers() if hasattr(reader, "recognise")}
    assert named <= set(kinds())


async def test_a_worker_answers_with_the_reason_for_people():
    pool = Pool(1)
    try:
        found = await pool.call("crawler.places.recognised:job", b"<rss><channel/></rss>", address="https://a.example/")
    finally:
        pool.close()
    assert found == [{"kind": "feeds", "certainty": recognised.SURE, "because": "it is a feed"}]
