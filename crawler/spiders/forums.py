"""Forums in the style of phpBB, vBulletin, XenForo and MyBB: lists of forums, topics, their pages and attachments."""

from typing import ClassVar

from crawler.errors import BadTarget
from crawler.places.forums import STYLES
from crawler.spiders.answers import AnswersSpider
from crawler.targets import CrawlTarget


class ForumsSpider(AnswersSpider):
    """Reads a forum topic by topic, each post at its own address (phpBB, vBulletin, XenForo, MyBB)."""

    name = "forums"
    handles: ClassVar[tuple[str, ...]] = ("/viewforum.php", "/viewtopic.php", "/showthread.php", "/forumdisplay.php")
    accept = "text/html,application/xhtml+xml"
    reads_other_pages: ClassVar[bool] = True
    options: ClassVar = {"style": f"{', '.join(STYLES)}: where the pages do not say it themselves"}

    @classmethod
    def check(cls, target: CrawlTarget) -> None:
        """Refuse a style nobody knows."""
        super().check(target)
        if target.options.get("style", "phpbb") not in STYLES:
            raise BadTarget(
                f"Target {target.name}: style is one of {', '.join(STYLES)}, not {target.options['style']!r}."
            )
