"""`python -m benchmarks.crawl.ours ADDRESS fetch|whole|parts`: our crawl, as `python -m crawler`, every guard on.

The place is an ordinary target: its pace is set to 0 for these hosts and its page budget raised, as an operator would.
"fetch" leaves the fingerprints out, and nothing else: pictures go through every guard and are logged as sightings, with
a fingerprint that was made beforehand. Prints its counts as JSON.
"""

import json
import os
import sys
import tempfile
from typing import Any

from benchmarks.crawl.hosts import HOSTS


def main() -> None:
    """Crawl one site with a store of its own, which is taken away afterwards."""
    start, how = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="watchlight-bench-store-") as home:
        os.environ["WATCHLIGHT_HOME"] = home
        os.environ["WATCHLIGHT_CRAWL_DATABASE_URL"] = f"sqlite:///{home}/crawl.sqlite3"
        os.environ["WATCHLIGHT_ALLOW_LOOPBACK"] = "1"
        os.environ["WATCHLIGHT_LOG_LEVEL"] = "ERROR"
        print(json.dumps(_crawl(start, how)))


def _crawl(start: str, how: str) -> dict[str, int]:
    from crawler import crawling
    from crawler.store import shared_store
    from crawler.targets import CrawlTarget

    place = CrawlTarget(
        "bench", (start,), hosts=HOSTS, depth=100, delay_s=0, max_pages=100_000, whole_image_only=how != "parts"
    )
    chosen = crawling.settings()
    store = shared_store(str(chosen["CRAWL_DATABASE_URL"]))
    store.targets.add(place)
    if how == "fetch":
        _leave_fingerprints_out(crawling)
    crawling.crawl(["bench"])
    run = store.pages.last_runs()["bench"]
    missed: dict[str, Any] = run.refusals
    counts = {"pages": run.pages, "pictures": run.pictures, "fingerprints": run.new_sightings}
    return counts | {"refused": sum(missed.values())}


def _leave_fingerprints_out(crawling: Any) -> None:
    usual = crawling.settings

    def changed() -> Any:
        chosen = usual()
        chosen.set("ITEM_PIPELINES", {"benchmarks.crawl.fetching.OnlyFetched": 100}, priority="cmdline")
        return chosen

    crawling.settings = changed


if __name__ == "__main__":
    main()
