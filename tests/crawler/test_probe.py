"""A probe shows in seconds what a crawl would meet, asks politely, and stores nothing."""

import json
import os

import pytest
from sqlalchemy import func, select

from crawler import schema
from crawler.browser import find_chromium
from crawler.probe import Estimate
from crawler.targets import CrawlTarget
from tests.crawler.conftest import Answer
from tests.crawler.test_cli import command

BOARD = """<html><body><img src="/a.jpg"><script>
for (const letter of ["b", "c"]) { const name = "/" + letter + ".j" + "pg";
  const shown = document.createElement("img"); shown.src = name; document.body.append(shown); }
</script>%s<a href="https://elsewhere.example/">x</a></body></html>"""


def stored(store) -> set[str]:
    """Return the tables with rows in them; what we asked of a site today counts against its daily budget."""
    with store.engine.connect() as connection:
        return {
            table.name
            for table in schema.OURS
            if table.name != "site_days" and connection.scalar(select(func.count()).select_from(table))
        }


@pytest.fixture
def board(site, drawn):
    site.pages["/robots.txt"] = Answer("User-agent: *\nCrawl-delay: 1\nSitemap: /sitemap.xml\n", "text/plain")
    site.pages["/"] = BOARD % "".join(f'<a href="/t/{number}">x</a>' for number in range(6))
    for number in range(6):
        site.pages[f"/t/{number}"] = f'<img src="/{number}.jpg"><a href="/t/{number}/more">x</a>'
    for name in ("/a.jpg", "/b.jpg", "/c.jpg"):
        site.picture(name, drawn(1))
    return site


@pytest.mark.skipif(find_chromium(os.environ) is None, reason="there is no Chromium on this machine")
def test_a_probe_compares_plain_with_rendered_and_estimates_pages_and_hours(board, store):
    done = command("target", "probe", board.url("/"), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["crawl_delay_s"], found["sitemaps"], found["kind"]) == (1.0, 1, "pages")
    assert (found["pictures"], found["pictures_rendered"], found["rendering"]) == (1, 3, "done")
    assert (found["links"], found["links_in_scope"], len(found["would_fetch"])) == (7, 6, 5)
    estimate = found["estimate"]
    assert (estimate["pages"], estimate["sampled"], estimate["capped"]) == (13, 2, False)
    assert estimate["hours"] == round((13 + 13) / 3600, 2)
    assert sum(path.startswith("/t/") for path in board.asked) == 2
    assert stored(store) == set()


def test_a_place_that_forbids_us_is_asked_for_its_rules_and_nothing_else(site, store):
    site.pages["/robots.txt"] = Answer("User-agent: watchlight\nDisallow: /\n", "text/plain")
    done = command("target", "probe", site.url("/"))
    assert done.returncode == 0, done.stderr
    assert "forbids it" in done.stdout
    assert site.asked == ["/robots.txt"]
    assert stored(store) == set()


def test_an_estimate_is_capped_by_the_budget_and_says_on_what_it_rests():
    target = CrawlTarget("a", ("https://a.example/",), depth=2, max_pages=500)
    big = Estimate.of(target, links=100, fresh=20.0, pictures=[10, 30], page_s=1.0, picture_s=0.25)
    assert (big.pages, big.pictures, big.capped, big.sampled) == (500, 10_000, True, 1)
    assert big.hours == round((500 + 2_500) / 3600, 2)
    small = Estimate.of(target, links=0, fresh=None, pictures=[3], page_s=1.0, picture_s=0.25)
    assert (small.pages, small.pictures, small.sampled) == (1, 3, 0)
