"""The crawler's manners for what a page loads in the browser: opt-outs and robots.txt of every host, counted as ours.

What a redirect leads to is not seen here (the egress proxy sees it, and lets it out to public addresses only).
"""

from collections.abc import Awaitable, Callable

from scrapy.crawler import Crawler

from crawler.middlewares.days import KeepDailyBudget
from crawler.middlewares.optouts import KeepOptOuts
from crawler.middlewares.robots import StrictRobots
from crawler.refusals import NotFetched


def browser_manners(crawler: Crawler) -> Callable[[str], Awaitable[str | None]]:
    """Return the question "why must this address not be loaded?" for the browser of one crawl."""
    optouts = KeepOptOuts.from_crawler(crawler)
    robots = StrictRobots.from_crawler(crawler)
    days = KeepDailyBudget.from_crawler(crawler)

    async def refusal(address: str) -> str | None:
        try:
            await optouts.refuse(address)
            reason = await robots.refusal(address)
            if reason is None:
                await days.take(address)
        except NotFetched as refused:
            return refused.reason
        return reason

    return refusal
