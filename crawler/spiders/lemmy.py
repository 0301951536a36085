"""Lemmy: the posts of an instance or a community, newest first, and the comments under them."""

from typing import ClassVar

from crawler.spiders.answers import AnswersSpider


class LemmySpider(AnswersSpider):
    """Reads an instance, a community (/c/NAME) or a post (/post/NUMBER) through the public API."""

    name = "lemmy"
    options: ClassVar = {"since": "a day; posts and comments before it are left alone"}
