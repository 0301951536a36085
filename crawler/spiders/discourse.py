"""Discourse forums: lists of topics and the posts of each topic, read as JSON."""

from typing import ClassVar

from crawler.spiders.answers import AnswersSpider


class DiscourseSpider(AnswersSpider):
    """Reads a forum, a category, a tag or a topic of Discourse, page by page."""

    name = "discourse"
    options: ClassVar = {"since": "a day; topics that have been quiet since before it are left alone"}
