"""Photo galleries: Piwigo and Coppermine."""

from typing import ClassVar

from crawler.errors import BadTarget
from crawler.spiders.answers import AnswersSpider
from crawler.targets import CrawlTarget


class GalleriesSpider(AnswersSpider):
    """Reads a gallery of Piwigo (through its web service) or Coppermine (through its pages)."""

    name = "galleries"
    handles: ClassVar[tuple[str, ...]] = ("/displayimage.php", "/thumbnails.php")
    accept = "text/html,application/json;q=0.9"
    options: ClassVar = {"by": "api or pages: how Piwigo is read (api)"}

    @classmethod
    def check(cls, target: CrawlTarget) -> None:
        """Refuse a way nobody knows."""
        super().check(target)
        if target.options.get("by", "api") not in ("api", "pages"):
            raise BadTarget(f"Target {target.name}: by is api or pages, not {target.options['by']!r}.")
