"""WordPress sites: the media library and the posts through the public REST API."""

from typing import ClassVar

from crawler.spiders.answers import AnswersSpider


class WordPressSpider(AnswersSpider):
    """Reads a WordPress site's media, posts and pages through its REST API, which its pages announce."""

    name = "wordpress"
    handles: ClassVar[tuple[str, ...]] = ("/wp-json",)
    accept = "text/html,application/json;q=0.9"
    options: ClassVar = {"since": "a day; media and posts before it are left alone"}
