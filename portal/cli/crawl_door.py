"""How commands get at the crawl store."""

from typing import TYPE_CHECKING

from portal.cli import say

if TYPE_CHECKING:
    from crawler.store import CrawlStore


def open_store() -> "CrawlStore":
    """Open the crawl store, or say why not."""
    from crawler.errors import StoreUnavailable
    from crawler.store import CrawlStore

    try:
        return CrawlStore.open()
    except StoreUnavailable as error:
        say.fail(str(error), code=say.FAILURE)
