"""Directory listings of web servers: the picture files of a folder, and the folders below it."""

from typing import ClassVar

from crawler.spiders.answers import AnswersSpider


class ListingsSpider(AnswersSpider):
    """Reads a web server's listing of a folder and the folders below it (nginx, Apache, lighttpd, Caddy, IIS)."""

    name = "listings"
    accept = "text/html,application/json;q=0.9"
    reads_other_pages: ClassVar[bool] = True
