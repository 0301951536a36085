"""Imageboards with a JSON API in the style of 4chan: the catalog, then every thread, one request a second at most."""

from typing import ClassVar

from crawler.errors import BadTarget
from crawler.places import imageboard
from crawler.spiders.answers import AnswersSpider
from crawler.targets import CrawlTarget
from egress.addresses import host_of


class ImageboardSpider(AnswersSpider):
    """Reads a board's catalog and its threads through the board's JSON API (4chan, vichan, LynxChan)."""

    name = "imageboard"
    handles: ClassVar[tuple[str, ...]] = ("://a.4cdn.org/", "://boards.4chan.org/", "/catalog.json")
    # 4chan's rules for its API: no more than one request a second, and If-Modified-Since on what was seen before.
    least_delay_s = 1.0
    options: ClassVar = {
        "style": "4chan or vichan: where threads and files lie (4chan on its own hosts, else vichan)",
        "pages": "for style 4chan: the host that people open (https://boards.4chan.org)",
        "pictures": "for style 4chan: the host of the files (https://i.4cdn.org)",
        "since": "a day; threads that have been quiet since before it are left alone",
    }

    @classmethod
    def check(cls, target: CrawlTarget) -> None:
        """Refuse what is no board's address, and pages of 4chan whose API lies on another host."""
        super().check(target)
        if target.options.get("style", "vichan") not in ("4chan", "vichan"):
            raise BadTarget(f"Target {target.name}: style is 4chan or vichan, not {target.options['style']!r}.")
        for url in target.urls:
            if host_of(url) in ("boards.4chan.org", "boards.4channel.org"):
                raise BadTarget(
                    f"Target {target.name}: 4chan's API lies on a host of its own; start at "
                    f"https://{imageboard.API_HOST}/BOARD/catalog.json instead."
                )
