"""Videos of a place are looked into where the operator asked for it; elsewhere they are counted and never fetched."""

from datetime import UTC, datetime, timedelta

import pytest

from crawler.coverage import NOT_LOOKED_INTO
from portal.coverage import looked_since
from tests.matchers.conftest import photo
from tests.matchers.video_files import encoded

PAGE = """<meta property="og:video" content="/head.mp4"><img src="/a.jpg"><video src="/one.mp4" poster="/a.jpg"></video>
<video><source src="/two.webm" type="video/webm"><source src="/two.m3u8" type="application/x-mpegURL"></video>
<a href="/linked.mp4">a video</a>"""


@pytest.fixture
def cinema(site, drawn):
    """A place with a picture and videos in all the ways a page can name one."""
    pytest.importorskip("av")
    scenes = [photo(seed, 320, 240) for seed in (1, 2)]
    site.pages["/"] = PAGE
    site.picture("/a.jpg", drawn(1))
    site.picture("/one.mp4", encoded(scenes, each=20), "video/mp4")
    site.picture("/two.webm", encoded(scenes[:1], "webm", "libvpx"), "video/webm")
    site.picture("/head.mp4", encoded(scenes[1:]), "application/octet-stream")
    site.picture("/linked.mp4", b"\0\0\0\x18ftypisom\0\0\0\0isomiso2 not a film", "video/mp4")
    return site


def test_a_place_with_videos_gives_sightings_of_their_moments(cinema, store, crawl, target_of):
    target_of(cinema, videos=True)
    assert crawl("site").returncode == 0

    found = {
        each.picture_url.rpartition("/")[2]: [frame.at_ms for frame in each.frames] for each in store.log.after(0, 9)
    }
    assert found == {"a.jpg": [None], "one.mp4": [0, 2000], "two.webm": [0], "head.mp4": [0]}
    (coverage,) = store.coverage.since(datetime.now(UTC) - timedelta(minutes=5))
    assert coverage.refusals == {"picture-broken": 1}
    assert looked_since(store, datetime.now(UTC) - timedelta(minutes=5)).videos == 0


def test_videos_nobody_asked_for_are_counted_and_not_fetched(cinema, store, crawl, target_of):
    target_of(cinema)
    crawl("site")

    assert {path for path in cinema.asked if "mp4" in path or "webm" in path} == set()
    (coverage,) = store.coverage.since(datetime.now(UTC) - timedelta(minutes=5))
    assert coverage.refusals == {NOT_LOOKED_INTO: 4}
    assert looked_since(store, datetime.now(UTC) - timedelta(minutes=5)).videos == 4


def test_a_page_is_read_anew_when_its_videos_are_asked_for(cinema, store, crawl, target_of):
    target = target_of(cinema)
    crawl("site")
    store.targets.add(target.changed(videos=True), replace=True)
    crawl("site")

    assert len(store.log.after(0, 9)) == 4


def test_a_place_may_ask_for_whole_pictures_only_and_the_all_clear_says_so(site, store, crawl, target_of):
    from tests.matchers.conftest import saved

    site.pages["/"] = '<img src="/a.jpg">'
    site.picture("/a.jpg", saved(photo(1, 640, 480)))
    target = target_of(site, whole_image_only=True)
    crawl("site")
    (seen,) = store.log.after(0, 9)
    assert seen.fingerprint.lacks_parts
    assert looked_since(store, datetime.now(UTC) - timedelta(minutes=5)).whole_only == 1

    store.targets.add(target.changed(whole_image_only=False), replace=True)
    site.pages["/"] = '<img src="/a.jpg"> and <a href="/second">more</a>'
    site.pages["/second"] = '<img src="/a.jpg">'
    crawl("site")
    later = store.log.after(seen.id, 9)
    assert [each.fingerprint.lacks_parts for each in later] == [False]
    assert looked_since(store, datetime.now(UTC) - timedelta(minutes=5)).whole_only == 0
