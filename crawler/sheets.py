"""Style sheets in files of their own: fetched once a crawl through every guard, read in a worker for their pictures."""

from collections import Counter
from typing import Any

from scrapy.http import Request
from scrapy.http.request import NO_CALLBACK

from crawler.fetching import fetch
from crawler.images import Seen
from crawler.items import PictureCandidate
from crawler.refusals import Stopping, reason_of
from crawler.spiders.base import ROLE
from crawler.workers import shared_pool

SHEET_BYTES = 1024 * 1024
SHEETS_A_PAGE = 12
SHEETS_A_CRAWL = 2_000
DEEPEST_IMPORT = 1


class Sheets:
    """The sheets of one crawl. Their pictures are a site's, not a page's: they belong to the first page with them."""

    def __init__(self, crawler: Any) -> None:
        self.crawler = crawler
        self._met: set[str] = set()

    async def add_to(self, seen: Seen) -> Seen:
        """Return what a page shows with the pictures of the sheets it links and nobody linked before."""
        waiting = [(address, 0) for address in seen.sheets[:SHEETS_A_PAGE]]
        pictures: dict[str, PictureCandidate] = {}
        refusals = Counter(seen.refusals)
        while waiting:
            address, depth = waiting.pop(0)
            if address in self._met or len(self._met) >= SHEETS_A_CRAWL:
                continue
            self._met.add(address)
            try:
                sheet = await self._read(address)
            except Stopping:
                self._met.discard(address)
                raise
            except Exception as error:  # noqa: BLE001 - every way a download can fail is a named, counted refusal
                refusals[f"sheet-{reason_of(error)}"] += 1
                continue
            refusals.update({f"sheet-{reason}": count for reason, count in sheet.refusals.items()})
            pictures |= {str(one.url): one for one in sheet.pictures if one.url}
            if depth < DEEPEST_IMPORT:
                waiting += [(further, depth + 1) for further in sheet.sheets[:SHEETS_A_PAGE]]
        known = {one.url for one in seen.pictures}
        fresh = tuple(one for url, one in pictures.items() if url not in known)
        return Seen(seen.pictures + fresh, seen.links, dict(refusals))

    async def _read(self, address: str) -> Seen:
        meta = {ROLE: "sheet", "download_maxsize": SHEET_BYTES}
        request = Request(address, callback=NO_CALLBACK, headers={"Accept": "text/css"}, meta=meta)
        response = await fetch(self.crawler, request)
        if response.status != 200:
            return Seen(refusals={f"http-{response.status}": 1})
        value = await shared_pool().call("crawler.images.jobs:sheet", response.body, address=response.url)
        return Seen.from_json(value)
