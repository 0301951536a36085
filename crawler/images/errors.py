"""What makes a page, feed or sitemap impossible to read: a short reason for counting, a sentence for people."""

from crawler.errors import CrawlerError


class Unreadable(CrawlerError):
    """`reason` is a short slug ("endless-tag", "malformed-xml", ...); the message is a sentence."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(reason, sentence)
        self.reason = reason

    def __str__(self) -> str:
        return str(self.args[1])
