"""Mark in the crawl store which pages have a match, so that rooms linked there can be proposed. Of whom is not said.

The registry knows the pages, sealed for each person; the crawler knows the links. What passes from one to the other
is the digest of a page's address and nothing else (ADR 0008). A match that was set aside as wrong marks nothing.
"""

from datetime import UTC, datetime, timedelta

from crawler.store import CrawlStore
from registry import cases
from registry.database import Registry

KEPT = timedelta(days=30)
MEANT = tuple(state for state in cases.STATES if state != "dismissed")


def mark_matches(registry: Registry, store: CrawlStore, now: datetime | None = None) -> int:
    """Set the marks to what the registry knows now; return how many pages that are."""
    since = (now or datetime.now(UTC)) - KEPT
    with registry.reading() as tx:
        pages = {each.page_url for each in cases.exposures(tx, states=MEANT) if each.last_seen >= since}
    store.log.mark(pages)
    return len(pages)
