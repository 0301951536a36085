"""`python -m benchmarks.crawl.stock ADDRESS`: stock Scrapy, its ImagesPipeline, and imagehash.phash.

As its documentation shows it: a spider with a LinkExtractor, an item with `image_urls`, the settings of a new project.
Two things differ: pictures are kept in a dictionary and not on disk, and each is hashed as the pipeline hands it over.
Prints its counts as JSON.
"""

import json
import logging
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any, ClassVar
from urllib.parse import urlsplit

import imagehash
import scrapy
from PIL import Image
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.linkextractors import LinkExtractor
from scrapy.pipelines.images import ImagesPipeline

COUNTS = {"pages": 0, "pictures": 0, "fingerprints": 0}


class InMemory:
    """A store for ImagesPipeline that keeps nothing but what it has to answer."""

    def __init__(self, *_: Any) -> None:
        self.kept: set[str] = set()

    def persist_file(self, path: str, buf: BytesIO, info: Any, meta: Any = None, headers: Any = None) -> None:
        """Take a picture, and forget it."""
        self.kept.add(path)

    def stat_file(self, path: str, info: Any) -> dict[str, Any]:
        """Know nothing of any picture."""
        return {}


class Hashed(ImagesPipeline):
    """ImagesPipeline that hashes each picture once."""

    STORE_SCHEMES: ClassVar[dict[str, type]] = {**ImagesPipeline.STORE_SCHEMES, "memory": InMemory}

    def get_images(self, response: Response, request: Any, info: Any, *, item: Any = None) -> Iterator[Any]:
        """Hash the picture as it came, at its full size, as imagehash does when asked."""
        COUNTS["pictures"] += 1
        with Image.open(BytesIO(response.body)) as image:
            COUNTS["fingerprints"] += bool(str(imagehash.phash(image)))
        yield from super().get_images(response, request, info, item=item)


class StockSpider(scrapy.Spider):
    """Follows every link and names every picture."""

    name = "stock"
    start_urls: ClassVar[list[str]] = []

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.links = LinkExtractor()

    def parse(self, response: Response, **_: Any) -> Iterator[Any]:
        """Read one page."""
        COUNTS["pages"] += 1
        yield {"image_urls": [response.urljoin(each) for each in response.css("img::attr(src)").getall()]}
        for link in self.links.extract_links(response):
            yield scrapy.Request(link.url)


def main() -> None:
    """Crawl one site."""
    logging.disable(logging.WARNING)
    StockSpider.start_urls = sys.argv[1:]
    settings = {
        "ROBOTSTXT_OBEY": True,
        "TELNETCONSOLE_ENABLED": False,
        "ITEM_PIPELINES": {Hashed: 1},
        "IMAGES_STORE": f"memory://{urlsplit(sys.argv[1]).hostname}",
    }
    process = AsyncCrawlerProcess(settings)
    process.crawl(StockSpider)
    process.start()
    print(json.dumps(COUNTS))


if __name__ == "__main__":
    main()
