"""Pictures of a page: each looked at once, counted, and logged as a sighting.

How one picture is fetched and fingerprinted is said in `crawler.opening`. Every picture that gives no sighting is
counted by the reason why.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Self

from scrapy.crawler import Crawler

from crawler import metrics
from crawler.asking import by_address
from crawler.items import VIDEO, PageSeen, PictureCandidate
from crawler.met import Met, is_usable, was_opened
from crawler.opening import Opening
from crawler.outcomes import KnownPicture
from crawler.refusals import Stopping
from crawler.work import PageInWork, PageWork
from egress.addresses import BadAddress, normal
from matchers.sightings import Sighting

PICTURES_A_PAGE = 400
MET_LIMIT = 20_000


class Pictures:
    """Item pipeline: turns the picture candidates of a page into sightings."""

    opening: type[Opening] = Opening

    def __init__(self, crawler: Crawler) -> None:
        self._opening = self.opening(crawler)
        self._addresses = by_address()
        self._met: dict[str, asyncio.Future[Met]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the pipeline."""
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        """Look at every picture of a page; other items pass through."""
        if isinstance(item, PageInWork):
            try:
                await self._look(item.page, item.work)
            except Stopping:
                item.work.back()
        return item

    async def _look(self, page: PageSeen, work: PageWork) -> None:
        candidates = self._distinct(page, work)
        known = await self._remembered([one.url for one in candidates if one.url is not None])
        known = {one.url: known[one.url] for one in candidates if one.url in known and was_opened(one, known[one.url])}
        results = await asyncio.gather(*(self._one(one, known, work) for one in candidates), return_exceptions=True)
        for failed in (one for one in results if isinstance(one, BaseException)):
            raise failed
        for candidate, met in zip(candidates, results, strict=True):
            assert isinstance(met, Met)
            self._count(page, candidate, met, work)

    def _distinct(self, page: PageSeen, work: PageWork) -> list[PictureCandidate]:
        """Return the candidates once each, in normal form, and no more than a page may have."""
        distinct: dict[str | bytes, PictureCandidate] = {}
        for one in page.pictures:
            if one.data is not None:
                distinct.setdefault(hashlib.sha256(one.data).digest(), one)
                continue
            try:
                address = normal(str(one.url))
            except BadAddress:
                work.refuse("picture-bad-address")
                continue
            known = distinct.setdefault(address, PictureCandidate(address, place=one.place))
            if one.place == VIDEO and known.place != VIDEO:
                distinct[address] = PictureCandidate(address, place=VIDEO)
        if len(distinct) > PICTURES_A_PAGE:
            work.refuse("too-many-pictures", len(distinct) - PICTURES_A_PAGE)
        return list(distinct.values())[:PICTURES_A_PAGE]

    async def _remembered(self, addresses: Sequence[str]) -> dict[str, KnownPicture]:
        fresh = [address for address in addresses if address not in self._met]
        if not fresh:
            return {}
        writer, whole_only = self._opening.scheduler.writer, self._opening.whole_only
        known = await self._addresses.find_all(writer, fresh)
        return {address: one for address, one in known.items() if is_usable(one, whole_only)}

    async def _one(self, one: PictureCandidate, known: dict[str, KnownPicture], work: PageWork) -> Met:
        if one.url is None:
            return await self._opening.open(one, None, work)
        met = self._met.get(one.url)
        if met is not None:
            return (await asyncio.shield(met)).again
        if len(self._met) >= MET_LIMIT:
            self._met.clear()
        future = self._met[one.url] = asyncio.get_running_loop().create_future()
        try:
            result = await self._opening.open(one, known.get(one.url), work)
        except BaseException as error:
            # Whoever waits for the same picture stops with this page and comes back with its own.
            self._met.pop(one.url, None)
            future.set_exception(error if isinstance(error, Exception) else Stopping())
            future.exception()
            raise
        future.set_result(result)
        return result

    def _count(self, page: PageSeen, candidate: PictureCandidate, met: Met, work: PageWork) -> None:
        outcome = work.outcome
        outcome.pictures += 1
        outcome.known_pictures += met.known
        work.looked_at(met.looked_as)
        if met.refusal is not None:
            work.refuse(met.refusal)
            metrics.pictures.labels(target=page.target, outcome="refused").inc()
            return
        assert met.digest is not None
        first, *more = met.frames
        outcome.sightings.append(
            Sighting(
                target=page.target,
                page_url=page.url,
                picture_url=candidate.url or page.url,
                seen_at=datetime.now(UTC),
                content_digest=met.digest,
                fingerprint=first.fingerprint,
                at_ms=first.at_ms,
                more=tuple(more),
            )
        )
