"""Whether a picture's file was met before, wherever it lay: asked for many pictures at once.

Every fetched picture asks, and a question to the store costs more than its answer. So those that come within a moment,
or while another question is on its way, are asked together.
"""

import asyncio

from crawler.outcomes import KnownPicture
from crawler.writer import Writer

MOST = 200
"""Files in one question."""
TOGETHER_S = 0.03
"""How long the first waits for company; a worker takes as long for one picture."""


class KnownFiles:
    """Asks the store of one crawl."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, asyncio.Future[KnownPicture | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def find(self, writer: Writer, digest: bytes) -> KnownPicture | None:
        """Return what is remembered of a file by its SHA-256, None where it is new. Raises as Writer.run does."""
        waiting = self._waiting.get(digest)
        if waiting is None:
            waiting = self._waiting[digest] = asyncio.get_running_loop().create_future()
            if self._asking is None or self._asking.done():
                self._asking = asyncio.ensure_future(self._ask(writer))
        return await asyncio.shield(waiting)

    async def _ask(self, writer: Writer) -> None:
        while self._waiting:
            await asyncio.sleep(TOGETHER_S)
            some = dict(list(self._waiting.items())[:MOST])
            for digest in some:
                del self._waiting[digest]
            try:
                known = await writer.run(writer.store.pages.known_files, list(some))
            except Exception as error:  # noqa: BLE001 - it goes to everybody who asked
                for future in some.values():
                    future.set_exception(error)
                    future.exception()
            else:
                for digest, future in some.items():
                    future.set_result(known.get(digest))
