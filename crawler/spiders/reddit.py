"""Reddit's public listings. Its robots.txt says no to everybody without an agreement, and we keep to it."""

from typing import ClassVar

from crawler.spiders.answers import AnswersSpider


class RedditSpider(AnswersSpider):
    """Reads a community's listing and its threads, where robots.txt allows it (reddit.com's own does not)."""

    name = "reddit"
    handles: ClassVar[tuple[str, ...]] = ("://www.reddit.com/", "://reddit.com/", "://old.reddit.com/")
    options: ClassVar = {"since": "a day; posts and comments before it are left alone"}
    caution = (
        "Reddit's robots.txt forbids all crawlers that have no agreement with it, and it is kept: the crawl will say "
        "`robots` and look at nothing until that changes. Ask Reddit for access, or look there by hand."
    )
