"""Budget: count what a crawl takes in, and stop fetching when a target's share is used up."""

from typing import Self

from scrapy.crawler import Crawler
from scrapy.http import Request, Response

from crawler import metrics
from crawler.budget import Budget
from crawler.refusals import NotFetched
from crawler.spiders.base import ROLE


class KeepBudget:
    """Counts bytes and pictures of the crawl against its target's budget."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the middleware."""
        return cls(crawler)

    @property
    def _budget(self) -> Budget | None:
        scheduler = self.crawler.engine.scheduler if self.crawler.engine else None
        return getattr(scheduler, "budget", None)

    def process_request(self, request: Request) -> None:
        """Refuse what the budget does not allow, by the part that is used up."""
        budget = self._budget
        if budget is None or request.meta.get(ROLE) == "robots":
            return
        reason = budget.picture() if request.meta.get(ROLE) == "picture" else budget.spent()
        if reason == "budget-pages" and request.meta.get(ROLE) == "sheet":
            return  # it belongs to the last page
        if reason is not None:
            raise NotFetched(reason)

    def process_response(self, request: Request, response: Response) -> Response:  # noqa: ARG002 - Scrapy's
        """Count the bytes that came."""
        budget = self._budget
        if budget is not None:
            budget.bytes += len(response.body)
            metrics.bytes_received.labels(target=budget.target.name).inc(len(response.body))
        return response
