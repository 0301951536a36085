"""The little web serves what the list of planted pictures says, and remembers who asked."""

import json
from collections.abc import Mapping
from urllib.parse import urljoin

import httpx
import pytest

from portal.demo.pictures import File, address_of
from portal.demo.planted import PLANTED, Expected, Planted, by_address
from portal.demo.site import NAMES, Web

COPIES = {"resized", "mirrored", "trimmed", "captioned", "messenger"}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: f"{plant.site}-{plant.name}")
def test_every_planted_picture_is_served_where_the_list_says(
    web: Web, album: Mapping[str, File], plant: Planted
) -> None:
    picture = httpx.get(web.base(plant.picture_host) + plant.picture)
    page = httpx.get(web.base(plant.site) + plant.page)

    assert picture.content == album[plant.name].data
    assert picture.headers["content-type"] == "image/jpeg"
    assert page.status_code == 200
    assert (plant.picture in page.text) != plant.needs_browser


def test_every_enrolled_photo_has_all_five_copies_planted() -> None:
    found = [plant for plant in PLANTED if plant.expected is Expected.FOUND]

    for person in ("kim", "park", "sample"):
        assert {plant.change for plant in found if plant.person == person} >= COPIES
    assert {plant.change for plant in found} == {*COPIES, "half", "composite"}


def test_every_picture_of_the_album_is_shown_somewhere(web: Web, album: Mapping[str, File]) -> None:
    paths = [path for site in web.sites.values() for path in site.resources]

    assert 55 <= len(album) <= 70
    for name in album:
        assert any(address_of(name) in path for path in paths), name


def test_addresses_do_not_tell_what_a_picture_shows(web: Web, album: Mapping[str, File]) -> None:
    for site in web.sites.values():
        for path in site.resources:
            assert not any(name in path for name in album)
            plant = by_address(PLANTED, site.base + path)
            assert plant is None or site.name == plant.picture_host


def test_the_forum_thread_leads_from_page_to_page(web: Web) -> None:
    first, second = (httpx.get(web.base("forum") + path).text for path in ("/thread/12", "/thread/12?page=2"))

    assert 'href="/thread/12?page=2" rel="next"' in first
    assert "data-src=" in second


def test_the_channel_pages_back_to_its_first_message(web: Web) -> None:
    path, pages, posts = "/s/maeul_sajin", 0, 0
    while path:
        page = httpx.get(web.base("channel") + path).text
        pages, posts = pages + 1, posts + page.count("data-post=")
        path = page.split('data-before="')[0].rsplit('href="', 1)[-1].split('"')[0] if "data-before" in page else ""

    assert (pages, posts) == (4, 16)


def test_feed_and_sitemap_each_know_a_post_that_nobody_links(web: Web) -> None:
    front, feed, sitemap = (httpx.get(web.base("blog") + path).text for path in ("/", "/feed.xml", "/sitemap.xml"))

    assert "/posts/night-market" in feed
    assert "/posts/night-market" not in front + sitemap
    assert "/posts/first-frost" in sitemap
    assert "/posts/first-frost" not in front + feed


def test_the_script_page_names_no_picture_in_its_html_or_json(web: Web) -> None:
    page, cards = (httpx.get(urljoin(web.base("app"), path)).text for path in ("/", "/api/cards"))

    assert "<img" not in page.split("<script>")[0]
    assert ".jpg" not in page + cards
    assert len(json.loads(cards)) == 5


def test_closed_sites_say_so_and_remember_every_request(web: Web) -> None:
    assert "Disallow: /" in httpx.get(web.base("closed") + "/robots.txt").text
    assert httpx.get(web.base("doubtful") + "/robots.txt").status_code == 503
    before = len(web.sites["doubtful"].visits)

    httpx.get(web.base("doubtful") + "/anything", headers={"User-Agent": "curious"})

    assert [(visit.path, visit.agent) for visit in web.sites["doubtful"].visits[before:]] == [("/anything", "curious")]


def test_an_unchanged_picture_is_answered_with_304(web: Web) -> None:
    address = web.base("pictures") + PLANTED[4].picture
    etag = httpx.get(address).headers["etag"]

    again = httpx.get(address, headers={"If-None-Match": etag})

    assert (again.status_code, again.content) == (304, b"")


def test_a_page_that_is_not_there_is_a_404_on_every_site(web: Web) -> None:
    assert {name: httpx.get(web.base(name) + "/nowhere").status_code for name in NAMES} == dict.fromkeys(NAMES, 404)
