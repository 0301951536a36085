"""Every kind of spider against a little site of its kind, through the real crawling process."""

import gzip
import json
from collections import Counter

import pytest

from crawler.browser import find_chromium
from crawler.run import progress
from crawler.targets import CrawlTarget
from tests.crawler.conftest import Answer


def seen(store) -> Counter:
    """(page path, picture path) of every sighting."""
    paths = ((one.page_url.split("/", 3)[3], one.picture_url.split("/", 3)[-1]) for one in store.log.after(0, 1000))
    return Counter(paths)


def keep(store, site, kind: str, *paths: str, **fields) -> None:
    """Keep a target called "site" that starts at these paths."""
    urls = tuple(site.url(path) for path in paths)
    store.targets.add(CrawlTarget("site", urls, kind=kind, **{"delay_s": 0, "depth": 5, **fields}))


def post(number: int, picture: str) -> str:
    return (
        f'<div class="tgme_widget_message" data-post="boats/{number}"><a class="tgme_widget_message_photo_wrap" '
        f"style=\"background-image:url('{picture}')\"></a></div>"
    )


def test_pages_follows_links_and_sees_lazy_and_linked_pictures(site, store, crawl, drawn):
    site.picture("/lazy.jpg", drawn(1))
    site.picture("/full.jpg", drawn(2))
    site.picture("/deep.jpg", drawn(3))
    site.pages["/"] = '<img src="x.gif" data-src="lazy.jpg"><a href="full.jpg">big</a><a href="/next">next</a>'
    site.pages["/next"] = '<div style="background:url(deep.jpg)"></div>'
    keep(store, site, "pages", "/")

    assert crawl("site").returncode == 0
    assert set(seen(store)) == {("", "lazy.jpg"), ("", "full.jpg"), ("next", "deep.jpg")}


def test_pages_counts_what_is_no_page_and_takes_a_picture_standing_alone(site, store, crawl, drawn):
    site.picture("/alone", drawn(4))
    site.pages["/manual"] = Answer(b"%PDF-1.7", "application/pdf")
    keep(store, site, "pages", "/alone", "/manual")

    assert crawl("site").returncode == 0
    assert set(seen(store)) == {("alone", "alone")}
    assert progress(store).refusals["not-a-page"] == 1


def test_a_page_built_to_hang_the_parser_is_refused_by_name(site, store, crawl, drawn):
    site.picture("/a.jpg", drawn(5))
    site.pages["/"] = '<a href="/bad">x</a><a href="/good">x</a>'
    site.pages["/bad"] = "<p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">"
    site.pages["/good"] = '<img src="a.jpg">'
    keep(store, site, "pages", "/")

    assert crawl("site").returncode == 0
    assert progress(store).refusals["endless-tag"] == 1
    assert ("good", "a.jpg") in seen(store)


def test_a_channel_is_read_back_post_by_post(site, store, crawl, drawn):
    for number in range(1, 7):
        site.picture(f"/file/{number}.jpg", drawn(number))
    more = '<a class="tme_messages_more js-messages_more" data-before="{0}" href="/s/boats?before={0}"></a>'
    site.pages["/s/boats"] = more.format(5) + post(5, "/file/5.jpg") + post(6, "/file/6.jpg")
    site.pages["/s/boats?before=5"] = more.format(3) + post(3, "/file/3.jpg") + post(4, "/file/4.jpg")
    site.pages["/s/boats?before=3"] = post(1, "/file/1.jpg") + post(2, "/file/2.jpg")
    site.pages["/boats"] = '<div class="tgme_page"><a href="/s/boats">Preview</a></div>'
    keep(store, site, "telegram", "/boats", depth=0)

    assert crawl("site").returncode == 0
    assert set(seen(store)) == {(f"boats/{number}", f"file/{number}.jpg") for number in range(1, 7)}


def test_a_channel_is_read_back_to_the_chosen_day_and_no_other_channel_is_entered(site, store, crawl, drawn):
    def dated(number: int, day: str) -> str:
        date = f'<a class="tgme_widget_message_date"><time datetime="{day}T10:00:00+00:00"></time></a>'
        words = '<div class="tgme_widget_message_text"><a href="/s/other">other</a> <a href="https://t.me/two_rooms">two</a></div>'
        return post(number, f"/file/{number}.jpg").replace("</a></div>", f"</a>{date}{words}</div>")

    for number in (1, 2, 3):
        site.picture(f"/file/{number}.jpg", drawn(number))
    more = '<a class="tme_messages_more js-messages_more" data-before="{0}" href="/s/boats?before={0}"></a>'
    site.pages["/s/boats"] = more.format(3) + dated(3, "2026-01-03")
    site.pages["/s/boats?before=3"] = more.format(1) + dated(1, "2025-12-31") + dated(2, "2026-01-02")
    keep(store, site, "telegram", "/s/boats", options={"since": "2026-01-01"})

    assert crawl("site").returncode == 0
    assert set(seen(store)) == {("boats/3", "file/3.jpg"), ("boats/2", "file/2.jpg")}
    assert progress(store).refusals == {"before-since": 1}
    assert [path for path in site.asked if path.startswith("/s/")] == ["/s/boats", "/s/boats?before=3"]


def test_a_room_without_a_preview_is_counted(site, store, crawl):
    site.pages["/s/closed"] = '<div class="tgme_page">Join</div>'
    keep(store, site, "telegram", "/s/closed")

    assert crawl("site").returncode == 0
    assert progress(store).refusals["no-preview"] == 1


def test_feeds_gives_pictures_of_entries_and_reads_their_pages(site, store, crawl, drawn):
    for name in ("enclosed", "inside", "page"):
        site.picture(f"/{name}.jpg", drawn(len(name)))
    site.pages["/"] = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    site.pages["/feed.xml"] = Answer(
        f"""<?xml version="1.0"?><rss version="2.0"><channel><item><link>{site.url("/one")}</link>
        <enclosure type="image/jpeg" url="{site.url("/enclosed.jpg")}"/>
        <description>&lt;img src="/inside.jpg"&gt;</description></item></channel></rss>""",
        "application/rss+xml",
    )
    site.pages["/one"] = '<img src="page.jpg">'
    keep(store, site, "feeds", "/")

    assert crawl("site").returncode == 0
    assert set(seen(store)) == {("one", "enclosed.jpg"), ("one", "inside.jpg"), ("one", "page.jpg")}


def test_feeds_reads_json_and_goes_back_through_older_pages_and_archives(site, store, crawl, drawn):
    for name in ("json", "older", "archived"):
        site.picture(f"/{name}.jpg", drawn(len(name)))
    item = {"id": "1", "url": site.url("/one"), "image": "/json.jpg", "content_html": "<p>x"}
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [item], "next_url": "/2.json"}
    site.pages["/feed.json"] = Answer(json.dumps(feed), "application/feed+json")
    item = {"id": "0", "attachments": [{"url": "/older.jpg", "mime_type": "image/jpeg"}]}
    site.pages["/2.json"] = Answer(json.dumps({**feed, "items": [item], "next_url": None}), "application/json")
    atom = '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{0}</feed>'
    site.pages["/atom.xml"] = Answer(atom.format('<link rel="prev-archive" href="/2025.xml"/>'), "application/atom+xml")
    entry = '<entry><content type="html">&lt;img src="/archived.jpg"></content></entry>'
    site.pages["/2025.xml"] = Answer(atom.format(entry), "application/atom+xml")
    site.pages["/one"] = "<p>nothing"
    keep(store, site, "feeds", "/feed.json", "/atom.xml")

    assert crawl("site").returncode == 0
    assert {picture for _, picture in seen(store)} == {"json.jpg", "older.jpg", "archived.jpg"}
    assert progress(store).refusals == {}


MALFORMED = {
    "feeds": {
        "/open": ("<?xml version='1.0'?><rss><channel><item></channel></rss>", "malformed-xml"),
        "/drawing": ("<?xml version='1.0'?><svg/>", "not-a-feed"),
        "/cut.json": ('{"version": "https://jsonfeed.org/version/1", "items": [{', "malformed-json"),
        "/other.json": ('{"items": []}', "not-a-json-feed"),
        "/laughs": ("<!DOCTYPE r [<!ENTITY a '" + "x" * 99 + "'>]><rss>" + "&a;" * 9 + "<item></rss>", "malformed-xml"),
    },
    "sitemaps": {
        "/open": ("<urlset><url>", "malformed-xml"),
        "/feed": ("<?xml version='1.0'?><rss/>", "not-a-sitemap"),
        "/broken.gz": (b"\x1f\x8bnot gzip at all", "bad-gzip"),
        "/bomb.gz": (gzip.compress(b"<" * 60_000_000), "too-large"),
    },
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_feeds_and_sitemaps_are_refused_by_name(site, store, crawl, kind):
    for path, (body, _) in MALFORMED[kind].items():
        site.pages[path] = Answer(body, "application/xml")
    keep(store, site, kind, *MALFORMED[kind])

    assert crawl("site").returncode == 0
    assert progress(store).refusals == Counter(reason for _, reason in MALFORMED[kind].values())
    assert {(page.address, page.reason) for page in store.pages.missed("site")} == {
        (site.url(path), reason) for path, (_, reason) in MALFORMED[kind].items()
    }


def test_sitemaps_reads_an_index_its_gzip_and_its_pictures(site, store, crawl, drawn):
    site.picture("/named.jpg", drawn(1))
    site.picture("/shown.jpg", drawn(2))
    site.pages["/"] = "<p>A site that lists itself."
    site.pages["/sitemap.xml"] = Answer(
        f"<sitemapindex><sitemap><loc>{site.url('/pages.xml.gz')}</loc></sitemap></sitemapindex>", "text/xml"
    )
    picture = "<i:image><i:loc>/named.jpg</i:loc></i:image>"
    listed = f"<urlset xmlns:i='x'><url><loc>{site.url('/a')}</loc>{picture}</url></urlset>"
    site.pages["/pages.xml.gz"] = Answer(gzip.compress(listed.encode()), "application/x-gzip")
    site.pages["/a"] = '<img src="shown.jpg">'
    keep(store, site, "sitemaps", "/")

    assert crawl("site").returncode == 0
    assert set(seen(store)) == {("a", "named.jpg"), ("a", "shown.jpg")}


SCRIPTED = "<script>document.body.innerHTML = '<img src=' + ['/la', 'te.jpg'].join('') + '>'</script>"


@pytest.mark.browser
def test_rendered_sees_what_scripts_add(site, store, crawl, drawn):
    if find_chromium() is None:
        pytest.skip("no Chromium on this machine: `watchlight doctor --get-browser` tries to get one")
    site.picture("/late.jpg", drawn(9))
    site.pages["/"] = f"<body>{SCRIPTED}"
    keep(store, site, "rendered", "/")

    assert crawl("site").returncode == 0
    assert set(seen(store)) == {("", "late.jpg")}


def test_rendered_without_a_browser_says_so_once_and_goes_on(site, store, crawl, drawn):
    site.picture("/late.jpg", drawn(9))
    site.picture("/plain.jpg", drawn(10))
    site.pages["/"] = f"<body><img src=plain.jpg><a href=/two>2</a>{SCRIPTED}"
    site.pages["/two"] = "<p>two"
    keep(store, site, "rendered", "/")

    done = crawl("site", WATCHLIGHT_CHROMIUM="off")

    assert done.returncode == 0
    assert done.stderr.count("No Chromium") == 1
    assert progress(store).refusals["no-browser"] == 2
    assert set(seen(store)) == {("", "plain.jpg")}


@pytest.mark.browser
def test_rendered_asks_robots_before_it_opens_the_browser(site, store, crawl):
    site.pages["/robots.txt"] = Answer("User-agent: *\nDisallow: /", "text/plain")
    site.pages["/"] = "<p>closed"
    keep(store, site, "rendered", "/")

    crawl("site")
    assert [path for path in site.asked if path != "/robots.txt"] == []


def test_every_kind_has_words_for_people_and_a_name_of_its_own():
    from crawler.kinds import kinds

    found = kinds()
    assert {"pages", "rendered", "telegram", "feeds", "sitemaps"} <= set(found)
    for name, spider in found.items():
        assert spider.name == name
        assert (spider.__doc__ or "").strip()
    assert json.dumps(sorted(found))
