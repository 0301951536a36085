"""The self-test refuses to crawl when the guard against internal addresses is not in place."""

import os
import subprocess
import sys
from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]

PROGRAM = """
import sys
from crawler import crawling
from crawler.errors import CrawlerError
chosen = crawling.settings
def without():
    made = chosen()
    scrapy_s_own = "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"
    made.set("DOWNLOAD_HANDLERS", {"http": scrapy_s_own, "https": scrapy_s_own}, priority="cmdline")
    made.set("TWISTED_DNS_RESOLVER", "scrapy.resolver.CachingThreadedResolver", priority="cmdline")
    return made
crawling.settings = without
try:
    crawling.crawl(["site"])
except CrawlerError as error:
    print(type(error).__name__, error)
    sys.exit(1)
"""


def test_a_process_without_the_guard_crawls_nothing(site, store, target_of):
    site.pages["/"] = "<p>page</p>"
    target_of(site)
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1, ended.stderr
    assert ended.stdout.startswith("Unguarded")
    assert site.asked == []


def scrapy(*arguments: str, **environ: str) -> subprocess.CompletedProcess:
    """Run a `scrapy` command in the clone, as a Scrapy user would."""
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments],
        cwd=CLONE,
        env={**os.environ, "WATCHLIGHT_LOG_LEVEL": "WARNING", **environ},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_scrapy_list_and_check_work_from_a_clone(private_home):
    listed = scrapy("list")
    assert listed.returncode == 0, listed.stderr
    assert "pages" in listed.stdout.split()
    checked = scrapy("check")
    assert checked.returncode == 0, checked.stderr


def test_scrapy_crawl_looks_at_a_target_by_name(site, drawn, store, target_of):
    site.pages["/"] = '<img src="/a.jpg"><a href="/two">x</a>'
    site.pages["/two"] = '<img src="/b.jpg">'
    site.picture("/a.jpg", drawn(1))
    site.picture("/b.jpg", drawn(2))
    target_of(site)
    ended = scrapy("crawl", "pages", "-a", "target=site", WATCHLIGHT_ALLOW_LOOPBACK="1")
    assert ended.returncode == 0, ended.stderr
    run = store.pages.last_runs()["site"]
    assert (run.pages, run.new_sightings, run.ended_because) == (2, 2, "complete")


def test_scrapy_crawl_is_guarded_as_well(site, store, target_of):
    site.pages["/"] = "<p>inside</p>"
    target_of(site)
    scrapy("crawl", "pages", "-a", "target=site")
    assert site.asked == []
    assert store.pages.last_runs()["site"].refusals == {"address-loopback": 1}
