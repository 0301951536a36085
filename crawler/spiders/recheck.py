"""Re-checks: looks at the addresses somebody asked for, once each, and writes down what is there.

Not a kind of place: it serves no target and follows nothing. Robots, addresses and pace hold as everywhere.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import scrapy
from scrapy.http import Request, Response
from scrapy.http.request import NO_CALLBACK
from twisted.python.failure import Failure

from crawler.errors import StoreUnavailable
from crawler.looking import facts_of_file, facts_of_page, frames_of
from crawler.opening import ACCEPT
from crawler.recheck import Asked, Observation
from crawler.refusals import Stopping, reason_of
from crawler.spiders.base import ROLE
from crawler.writer import Writer, shared_writer
from egress.addresses import BadAddress, normal
from matchers.frames import Frame

ASKED = "watchlight_asked"
PAGES = frozenset({"text/html", "application/xhtml+xml"})


class RecheckSpider(scrapy.Spider):
    """Drains the re-check requests of the crawl store."""

    name = "recheck"

    @property
    def writer(self) -> Writer:
        """The writer to the crawl store."""
        return shared_writer(str(self.settings.get("CRAWL_DATABASE_URL")))

    async def start(self) -> AsyncIterator[Any]:
        """Ask for every open request; what is no address is answered at once."""
        for asked in await self.writer.run(self.writer.store.rechecks.open):
            try:
                address = normal(asked.address)
            except BadAddress:
                await self._answer(asked, refusal="bad-address")
                continue
            yield Request(
                address,
                callback=self.parse,
                errback=self.failed,
                dont_filter=True,
                meta={ASKED: asked, ROLE: "recheck", "download_fail_on_dataloss": False},
            )

    async def parse(self, response: Response, **_: Any) -> None:
        """Write down status and kind; read a page with its pictures, fingerprint a picture, all in workers."""
        asked: Asked = response.meta[ASKED]
        kind = (response.headers.get("Content-Type") or b"").decode("latin-1").split(";")[0].strip().lower()
        seen: tuple[Frame, ...] = ()
        refusal = None
        try:
            if kind in PAGES or (not kind and response.status != 200):
                facts = await facts_of_page(response, self._picture)
            else:
                facts = facts_of_file(response)
                if response.status == 200 and not kind.startswith("text/"):
                    seen, why = await frames_of(response.body)
                    refusal = f"picture-{why}" if why is not None else None
        except Stopping:
            return
        await self._answer(
            asked,
            seen,
            status=response.status,
            final_url=response.url,
            content_type=kind or None,
            refusal=refusal,
            facts=facts,
        )

    async def _picture(self, address: str) -> Response:
        """Fetch one picture of a page, through every guard."""
        engine = self.crawler.engine
        if engine is None or not engine.running:
            raise Stopping
        meta = {ROLE: "picture", "download_fail_on_dataloss": False}
        request = Request(address, callback=NO_CALLBACK, headers={"Accept": ACCEPT}, meta=meta)
        return await engine.download_async(request)

    async def failed(self, failure: Failure) -> None:
        """Write down why nothing was seen; a crawl that is stopping leaves the request open."""
        if isinstance(failure.value, Stopping):
            return
        assert failure.value is not None
        asked: Asked = failure.request.meta[ASKED]  # type: ignore[attr-defined]
        await self._answer(asked, refusal=reason_of(failure.value))

    async def _answer(self, asked: Asked, seen: tuple[Frame, ...] = (), **what: Any) -> None:
        observation = Observation(request_id=asked.id, url=asked.address, at=datetime.now(UTC), **what)
        try:
            await self.writer.run(self.writer.store.rechecks.answer, observation, seen)
        except StoreUnavailable:
            self.logger.warning("an observation could not be written; its request stays open")
