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
