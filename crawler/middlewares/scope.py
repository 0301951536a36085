"""Scope: pages stay inside their target; pictures and robots.txt may lie on any public host."""

from typing import Self

from scrapy.crawler import Crawler
from scrapy.http import Request

from crawler.refusals import NotFetched
from crawler.spiders.base import ROLE
from crawler.targets import CrawlTarget


class Scope:
    """Refuses pages outside the target's scope, whoever asked for them: a link, a spider or a redirect."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Refuse with "off-scope"."""
        target = getattr(self.crawler.spider, "target", None)
        if request.meta.get(ROLE, "page") != "page" or not isinstance(target, CrawlTarget):
            return
        if not target.in_scope(request.url):
            raise NotFetched("off-scope")
