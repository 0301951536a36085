"""Quiet hours: no page of a target is begun while its operator wants it left alone; it waits in the frontier."""

from datetime import datetime
from typing import Self

from scrapy.crawler import Crawler
from scrapy.http import Request

from crawler.hours import operator_zone
from crawler.refusals import QUIET_HOURS, Later
from crawler.spiders.base import ROLE
from crawler.targets import CrawlTarget


class KeepQuietHours:
    """Sends pages back until the quiet hours end; pictures of a page already begun are still looked at."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.zone = operator_zone()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Refuse a page with "quiet-hours" and the time when they end."""
        target = getattr(self.crawler.spider, "target", None)
        if request.meta.get(ROLE, "page") != "page" or not isinstance(target, CrawlTarget):
            return
        until = target.quiet.until(datetime.now(self.zone))
        if until is not None:
            raise Later(QUIET_HOURS, until)
