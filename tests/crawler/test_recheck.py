"""Re-checks: what somebody asked for is looked at through the same guards and written down once."""

from crawler.recheck import RecheckRequests
from matchers import fingerprint


def test_a_page_a_picture_and_what_is_gone_are_each_observed(site, drawn, store, crawl):
    file = drawn(3, (320, 240))
    site.pages["/page"] = "<p>still here</p>"
    site.picture("/a.jpg", file)
    urls = [site.url("/page"), site.url("/a.jpg"), site.url("/gone"), "http://10.0.0.1/a.jpg", "not an address"]
    ids = RecheckRequests(store.engine).ask(urls)
    ended = crawl("--recheck")
    assert ended.returncode == 0, ended.stderr
    seen = {one.url: one for one in store.rechecks.observations(ids)}
    assert (seen[urls[0]].status, seen[urls[0]].content_type) == (200, "text/html")
    assert seen[urls[1]].fingerprint == fingerprint(file)
    assert (seen[urls[2]].status, seen[urls[2]].refusal) == (404, None)
    assert (seen[urls[3]].status, seen[urls[3]].refusal) == (None, "address-private")
    assert seen[urls[4]].refusal == "bad-address"
    assert store.rechecks.open() == []


def test_a_redirect_is_followed_and_the_final_address_is_written_down(site, drawn, store, crawl):
    from types import SimpleNamespace

    site.pages["/old"] = lambda _: SimpleNamespace(status=302, body=b"", kind="", headers={"Location": "/new"})
    site.pages["/new"] = "<p>moved</p>"
    ids = store.rechecks.ask([site.url("/old")])
    assert crawl("--recheck").returncode == 0
    (seen,) = store.rechecks.observations(ids)
    assert (seen.status, seen.final_url) == (200, site.url("/new"))


def test_robots_bind_a_re_check_too(site, store, crawl):
    from types import SimpleNamespace

    site.pages["/robots.txt"] = lambda _: SimpleNamespace(
        status=200, body="User-agent: *\nDisallow: /", kind="text/plain", headers={}
    )
    ids = store.rechecks.ask([site.url("/page")])
    assert crawl("--recheck").returncode == 0
    assert [one.refusal for one in store.rechecks.observations(ids)] == ["robots"]
    assert site.asked == ["/robots.txt"]
