"""Pages are rendered where their scripts suggest more pictures: within a share, and with a memory of what it gave."""

import pytest

from crawler.browser import find_chromium
from crawler.browser.render import TRIES
from crawler.errors import BadTarget
from crawler.kinds import kinds
from crawler.places import scripted
from crawler.rendering import TRIALS, RenderShare
from crawler.run import progress
from crawler.targets import CrawlTarget

SHELLS = [
    '<body><div id="root"></div><script src="/app.js"></script>',
    '<div class="page" id="__next"> <!-- x --> </div>',
    "<app-root></app-root>",
    "<noscript><p>You need to enable JavaScript to run this app.</p></noscript>",
    "<script>fetch('/api').then(r => r.json()).then(l => l.map(p => `<img src=${p}>`))</script>",
]
PLAIN = [
    "<p>words",
    '<div id="root"><img src="a.jpg"></div>',
    "<script>fetch('/statistics')</script><p>words",
    '<script type="application/json">{"html": "<img src=a.jpg>"}</script>',
    "<noscript><img src='pixel.gif'></noscript>",
]


@pytest.mark.parametrize("page", SHELLS)
def test_an_empty_shell_suggests_many_pictures(page):
    assert scripted.suggested(page) == scripted.MANY


@pytest.mark.parametrize("page", PLAIN)
def test_an_ordinary_page_suggests_none(page):
    assert scripted.suggested(page) == 0


def test_no_more_than_the_share_is_rendered():
    share = RenderShare(0.05)
    taken = 0
    for _ in range(200):
        share.looked += 1
        if share.take():
            share.paid()
            taken += 1
    assert taken == 10


def test_a_place_where_rendering_never_gave_anything_is_left_in_peace():
    share = RenderShare(1.0, looked=100)
    assert sum(share.take() for _ in range(50)) == TRIALS
    share.looked = 200
    assert share.take()


def test_a_rendering_that_could_not_be_tried_is_not_held_against_the_target():
    share = RenderShare(1.0, looked=100)
    for _ in range(TRIALS + 1):
        assert share.take()
        share.give_back()
    assert (share.gained, share.in_vain) == (0, 0)


def test_a_share_of_nothing_renders_nothing():
    assert not RenderShare(0.0, looked=100).take()


@pytest.mark.parametrize("share", ["2", "-1", "a lot", "nan"])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(BadTarget, match="a number from 0 to 1"):
        kinds()["pages"].check(CrawlTarget("a", ("https://a.example/",), options={"render-share": share}))


SCRIPTED = (
    "<body><div id='app'></div><a href=/1>1</a><a href=/2>2</a><script>document.getElementById('app')"
    ".innerHTML = '<img src=' + ['/la', 'te.j', 'pg'].join('') + '>'</script>"
)


@pytest.mark.browser
def test_a_shell_is_rendered_within_the_share_and_the_rest_is_said_and_remembered(site, store, crawl, drawn):
    if find_chromium() is None:
        pytest.skip("no Chromium on this machine: `watchlight doctor --get-browser` tries to get one")
    site.picture("/late.jpg", drawn(9))
    for path in ("/", "/1", "/2"):
        site.pages[path] = SCRIPTED
    store.targets.add(CrawlTarget("site", (site.url("/"),), delay_s=0))

    assert crawl("site").returncode == 0

    assert [one.picture_url for one in store.log.after(0, 100)] == [site.url("/late.jpg")]
    assert progress(store).refusals == {"render-share": 2}
    kept = RenderShare.remembered(store.engine, "site", 0.05)
    assert (kept.looked, kept.gained, kept.in_vain) == (3, 1, 0)


FAILING = """#!/bin/sh
# A Chromium that is ended at its first {failures} starts.
echo x >> {count}
[ "$(wc -l < {count})" -gt {failures} ] || exit 1
exec {chromium} "$@"
"""


@pytest.mark.browser
@pytest.mark.parametrize(("visits", "seen"), [(1, 1), (2, 0)], ids=["once", "again and again"])
def test_a_page_whose_browser_is_ended_is_shown_once_more_in_the_same_crawl_and_no_oftener(
    site, store, crawl, drawn, tmp_path, visits, seen
):
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no Chromium on this machine: `watchlight doctor --get-browser` tries to get one")
    count, failing = tmp_path / "starts", tmp_path / "chromium"
    failing.write_text(FAILING.format(failures=visits * TRIES, count=count, chromium=chromium))
    failing.chmod(0o755)
    site.picture("/late.jpg", drawn(9))
    site.pages["/"] = SCRIPTED.replace("href", "name")
    store.targets.add(CrawlTarget("site", (site.url("/"),), delay_s=0))

    assert crawl("site", WATCHLIGHT_CHROMIUM=str(failing)).returncode == 0

    assert site.asked.count("/") == 2 + seen  # the browser asks, too
    run = store.pages.last_runs()["site"]
    assert (run.pages, run.new_sightings, run.ended_because) == (1, seen, "complete")
    assert run.refusals.get("browser-does-not-start", 0) == 1 - seen
