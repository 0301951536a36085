"""`python -m benchmarks.fleet.bare ADDRESS ...`: a bare aiohttp crawl of sites, one after the other."""

import asyncio
import json
import sys

from benchmarks.crawl.plain import Crawl


def main() -> None:
    """Crawl every site from its start, and print how many pages and pictures that were."""
    pages = pictures = 0
    for start in sys.argv[1:]:
        crawl = Crawl(start, None, whole_only=True)
        asyncio.run(crawl.run())
        pages, pictures = pages + crawl.pages, pictures + crawl.pictures
    print(json.dumps({"pages": pages, "pictures": pictures}))


if __name__ == "__main__":
    main()
