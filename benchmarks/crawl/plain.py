"""`python -m benchmarks.crawl.plain ADDRESS [whole|parts]`: a bare aiohttp crawl; with a word, the same fingerprints.

No robots.txt, no guard, no budget, nothing durable: the limit of what Python fetches on this machine. Fingerprints are
made by our own function in as many processes as our crawler has workers. Prints its counts as JSON.
"""

import asyncio
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from urllib.parse import urljoin

import aiohttp
import lxml.html

AT_ONCE, AT_A_SITE = 24, 4
"""As many connections as ours (crawler.downloads), said again so that nothing of ours is imported to fetch alone."""


class Crawl:
    """A queue of addresses and AT_ONCE tasks that empty it."""

    def __init__(self, start: str, hashing: ProcessPoolExecutor | None, *, whole_only: bool) -> None:
        self.queue: asyncio.Queue[str] = asyncio.Queue()
        self.known = {start}
        self.queue.put_nowait(start)
        self.hashing, self.whole_only = hashing, whole_only
        self.pages = self.pictures = self.fingerprints = 0

    async def run(self) -> None:
        """Fetch until there is nothing left."""
        connector = aiohttp.TCPConnector(limit=AT_ONCE, limit_per_host=AT_A_SITE)
        async with aiohttp.ClientSession(connector=connector) as session:
            tasks = [asyncio.create_task(self._work(session)) for _ in range(2 * AT_ONCE)]
            await self.queue.join()
            for task in tasks:
                task.cancel()

    async def _work(self, session: aiohttp.ClientSession) -> None:
        while True:
            address = await self.queue.get()
            async with session.get(address) as response:
                body = await response.read()
            if response.content_type == "text/html":
                self._links(address, body)
            else:
                await self._picture(body)
            self.queue.task_done()

    def _links(self, address: str, body: bytes) -> None:
        self.pages += 1
        tree = lxml.html.fromstring(body)
        for found in (*tree.xpath("//a/@href"), *tree.xpath("//img/@src")):
            link = urljoin(address, found)
            if link not in self.known:
                self.known.add(link)
                self.queue.put_nowait(link)

    async def _picture(self, body: bytes) -> None:
        self.pictures += 1
        if self.hashing is not None:
            loop = asyncio.get_running_loop()
            made = await loop.run_in_executor(self.hashing, frames_of_picture_of, body, self.whole_only)
            self.fingerprints += len(made)


def frames_of_picture_of(body: bytes, whole_only: bool) -> object:
    """Call the job by position, as executors do."""
    from crawler.jobs import frames_of_picture

    return frames_of_picture(body, whole_only=whole_only)


def start_up() -> None:
    """Prepare a process as our workers are."""
    from crawler.jobs import warm_up

    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    warm_up()


def main() -> None:
    """Crawl one site."""
    start, *how = sys.argv[1:]
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    hashing = ProcessPoolExecutor(os.cpu_count(), initializer=start_up) if how else None
    if hashing is not None:
        hashing.submit(start_up).result()
    crawl = Crawl(start, hashing, whole_only=how == ["whole"])
    asyncio.run(crawl.run())
    if hashing is not None:
        hashing.shutdown()
    counts = {"pages": crawl.pages, "pictures": crawl.pictures, "fingerprints": crawl.fingerprints}
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
