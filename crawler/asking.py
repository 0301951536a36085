"""Questions to the store that every page or picture asks, put together: a question costs more than its answer.

Those that come within a moment, or while another is on its way, are asked as one.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Generic, TypeVar

from crawler.outcomes import KnownPicture
from crawler.store import CrawlStore
from crawler.writer import Writer

MOST = 200
"""Things asked for in one question."""
TOGETHER_S = 0.03
"""How long the first waits for company; a worker takes as long for one picture."""

Asked = TypeVar("Asked", bound=Hashable)


class AskedTogether(Generic[Asked]):
    """Asks the store of one crawl what is remembered of pictures; `question` is answered by what was asked for."""

    def __init__(self, question: Callable[[CrawlStore, list[Asked]], Mapping[Asked, KnownPicture]]) -> None:
        self._question = question
        self._waiting: dict[Asked, asyncio.Future[KnownPicture | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def find(self, writer: Writer, one: Asked) -> KnownPicture | None:
        """Return what is remembered of one, None where it is new. Raises as Writer.run does."""
        return await asyncio.shield(self._future(writer, one))

    async def find_all(self, writer: Writer, several: Iterable[Asked]) -> dict[Asked, KnownPicture]:
        """Return what is remembered of several, those that are not new. Raises as Writer.run does."""
        futures = {one: self._future(writer, one) for one in several}
        found = {one: await asyncio.shield(future) for one, future in futures.items()}
        return {one: known for one, known in found.items() if known is not None}

    def _future(self, writer: Writer, one: Asked) -> "asyncio.Future[KnownPicture | None]":
        waiting = self._waiting.get(one)
        if waiting is None:
            waiting = self._waiting[one] = asyncio.get_running_loop().create_future()
            if self._asking is None or self._asking.done():
                self._asking = asyncio.ensure_future(self._ask(writer))
        return waiting

    async def _ask(self, writer: Writer) -> None:
        while self._waiting:
            await asyncio.sleep(TOGETHER_S)
            some = dict(list(self._waiting.items())[:MOST])
            for one in some:
                del self._waiting[one]
            try:
                known = await writer.run(self._question, writer.store, list(some))
            except Exception as error:  # noqa: BLE001 - it goes to everybody who asked
                for future in some.values():
                    future.set_exception(error)
                    future.exception()
            else:
                for one, future in some.items():
                    future.set_result(known.get(one))


def by_address() -> AskedTogether[str]:
    """Ask what lay at pictures' addresses the last time."""
    return AskedTogether(lambda store, addresses: store.pages.known(addresses))


def by_file() -> AskedTogether[bytes]:
    """Ask what files (SHA-256) turned out to be, wherever they lay."""
    return AskedTogether(lambda store, digests: store.pages.known_files(digests))
