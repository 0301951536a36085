"""Pictures in style sheets that lie in files of their own are looked at like all others."""

from tests.crawler.conftest import Answer


def test_pictures_of_linked_and_imported_style_sheets_are_sighted_once(site, drawn, store, target_of, crawl):
    site.pages["/"] = (
        '<link rel=stylesheet href="/css/a.css"><link rel=stylesheet href="/gone.css"><a href="/two">x</a>'
    )
    site.pages["/two"] = '<link rel=stylesheet href="/css/a.css">'
    site.pages["/css/a.css"] = Answer("@import 'b.css'; p { background: url(../i/1.jpg) }", "text/css")
    site.pages["/css/b.css"] = Answer("p { background: url(2.jpg) }", "text/css")
    site.picture("/i/1.jpg", drawn(1))
    site.picture("/css/2.jpg", drawn(2))
    target_of(site)

    ended = crawl("site")

    assert ended.returncode == 0, ended.stderr
    assert store.pages.last_runs()["site"].refusals == {"sheet-http-404": 1}
    assert {one.picture_url for one in store.log.after(0, 10)} == {site.url("/i/1.jpg"), site.url("/css/2.jpg")}
    assert site.asked.count("/css/a.css") == site.asked.count("/css/b.css") == 1


def test_a_style_sheet_is_asked_for_only_where_robots_txt_allows_it(site, store, target_of, crawl):
    site.pages["/robots.txt"] = Answer("User-agent: *\nDisallow: /css/", "text/plain")
    site.pages["/"] = '<link rel=stylesheet href="/css/a.css">'
    target_of(site)

    crawl("site")

    assert "/css/a.css" not in site.asked
    assert store.pages.last_runs()["site"].refusals == {"sheet-robots": 1}
