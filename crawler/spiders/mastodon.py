"""Mastodon and what speaks its API: public timelines, tags and profiles, read back from the newest status."""

from typing import ClassVar

from crawler.spiders.answers import AnswersSpider


class MastodonSpider(AnswersSpider):
    """Reads an instance's public timeline, a tag (/tags/NAME) or a profile (/@NAME) through the public API."""

    name = "mastodon"
    options: ClassVar = {"since": "a day; statuses before it are left alone"}
