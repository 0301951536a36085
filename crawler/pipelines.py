"""Pictures of a page: fetched through every guard, fingerprinted in a worker, logged as sightings, forgotten.

The bytes of a picture live in this process only between the network and the worker; nothing of them is written
anywhere. Every picture that gives no sighting is counted by the reason why.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from scrapy.http.request import NO_CALLBACK

from crawler import metrics
from crawler.coverage import missed_as
from crawler.items import VIDEO, PageSeen, PictureCandidate
from crawler.known_files import KnownFiles
from crawler.middlewares.pace import site_of
from crawler.outcomes import KnownPicture
from crawler.refusals import Stopping, reason_of
from crawler.scheduler import FrontierScheduler
from crawler.spiders.base import ROLE
from crawler.work import PageInWork, PageWork
from crawler.workers import TRANSIENT, JobRefused, shared_pool
from egress.addresses import BadAddress, normal
from matchers import frames
from matchers.decode import MAX_BYTES
from matchers.fingerprint import VERSION
from matchers.frames import Frame
from matchers.sightings import Sighting

PICTURES_A_PAGE = 400
PER_SITE = 4
MET_LIMIT = 20_000
ACCEPT = "image/webp,image/png,image/jpeg,image/gif;q=0.9,image/*;q=0.5"


@dataclass(frozen=True, slots=True)
class Met:
    """What a picture turned out to be: its digest with the fingerprints of its frames, or why there are none."""

    digest: bytes | None = None
    frames: tuple[Frame, ...] = ()
    refusal: str | None = None
    known: bool = False
    changed: bool = False
    """Another file lies at the address than the last time."""
    passing: bool = False
    """The refusal says as much about this machine as about the picture: it is not remembered."""


class Pictures:
    """Item pipeline: turns the picture candidates of a page into sightings."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._met: dict[str, asyncio.Future[Met]] = {}
        self._sites: dict[str, asyncio.Semaphore] = {}
        self._files = KnownFiles()

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
        known = {one.url: known[one.url] for one in candidates if one.url in known and _was_opened(one, known[one.url])}
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

    @property
    def _scheduler(self) -> FrontierScheduler:
        scheduler = self.crawler.engine.scheduler
        assert isinstance(scheduler, FrontierScheduler)
        return scheduler

    async def _remembered(self, addresses: Sequence[str]) -> dict[str, KnownPicture]:
        fresh = [address for address in addresses if address not in self._met]
        if not fresh:
            return {}
        writer = self._scheduler.writer
        known = await writer.run(writer.store.pages.known, fresh)
        return {address: one for address, one in known.items() if _is_usable(one, self._whole_only)}

    async def _one(self, one: PictureCandidate, known: dict[str, KnownPicture], work: PageWork) -> Met:
        if one.data is not None:
            return await self._fingerprint(one.data, one)
        assert one.url is not None
        met = self._met.get(one.url)
        if met is not None:
            return Met(**{**_fields(await asyncio.shield(met)), "known": True})
        if len(self._met) >= MET_LIMIT:
            self._met.clear()
        future = self._met[one.url] = asyncio.get_running_loop().create_future()
        try:
            result = await self._fetch(one, known.get(one.url), work)
        except BaseException as error:
            # Whoever waits for the same picture stops with this page and comes back with its own.
            del self._met[one.url]
            future.set_exception(error if isinstance(error, Exception) else Stopping())
            future.exception()
            raise
        future.set_result(result)
        return result

    async def _fetch(self, one: PictureCandidate, known: KnownPicture | None, work: PageWork) -> Met:
        assert one.url is not None
        url, budget = one.url, self._scheduler.budget
        assert budget is not None
        if known is not None and (known.checked_at >= budget.started_at or self._is_settled(known)):
            return _from_memory(known)
        site = self._sites.setdefault(site_of(url), asyncio.Semaphore(PER_SITE))
        try:
            async with site:
                response = await self._download(one, known)
        except Stopping:
            raise
        except Exception as error:  # noqa: BLE001 - every way a download can fail is a named, counted refusal
            return Met(refusal=f"picture-{reason_of(error)}")
        work.outcome.bytes += len(response.body)
        return await self._read(one, response, known, work)

    def _is_settled(self, known: KnownPicture) -> bool:
        """Return whether what lies at the address has been the same for so long that it need not be asked for.

        It is trusted for half as long as it has been known, and never longer than the place's longest interval.
        """
        budget = self._scheduler.budget
        if known.since is None or budget is None:
            return False
        trusted = min((known.checked_at - known.since) / 2, timedelta(seconds=budget.target.latest_s))
        return datetime.now(UTC) - known.checked_at < trusted

    async def _download(self, one: PictureCandidate, known: KnownPicture | None) -> Response:
        engine = self.crawler.engine
        if engine is None or not engine.running:
            raise Stopping
        headers = {"Accept": "video/*" if one.place == VIDEO else ACCEPT}
        if known is not None and known.etag:
            headers["If-None-Match"] = known.etag
        if known is not None and known.last_modified:
            headers["If-Modified-Since"] = known.last_modified
        # What came of a picture that was cut short is what a browser would show: it is decoded as partial.
        meta: dict[str, Any] = {ROLE: "picture", "download_fail_on_dataloss": False}
        if one.place == VIDEO:
            meta["download_maxsize"] = MAX_BYTES
        return await engine.download_async(Request(str(one.url), callback=NO_CALLBACK, headers=headers, meta=meta))

    async def _read(self, one: PictureCandidate, response: Response, known: KnownPicture | None, work: PageWork) -> Met:
        if response.status == 304 and known is not None:
            met = _from_memory(known)
        elif response.status != 200:
            return Met(refusal=f"picture-http-{response.status}")
        elif _kind(response).startswith(("text/html", "application/xhtml")):
            return Met(refusal="picture-is-a-page")
        else:
            digest = hashlib.sha256(response.body).digest()
            same = known is not None and known.content_digest == digest
            again = _from_memory(known) if same and known is not None else await self._elsewhere(one, digest)
            met = again or await self._fingerprint(response.body, one)
            met = replace(met, changed=known is not None and not same)
        if met.digest is not None and not met.passing:
            work.outcome.known.append(_remember(str(one.url), response, met, known))
        return met

    async def _elsewhere(self, one: PictureCandidate, digest: bytes) -> Met | None:
        """Return what the same file turned out to be at another address, so that it is not decoded again."""
        known = await self._files.find(self._scheduler.writer, digest)
        usable = known is not None and _is_usable(known, self._whole_only) and _was_opened(one, known)
        return _from_memory(known) if usable and known is not None else None

    @property
    def _whole_only(self) -> bool:
        """Whether the target asks for whole pictures only."""
        budget = self._scheduler.budget
        return budget is not None and budget.target.whole_image_only

    async def _fingerprint(self, untrusted: bytes, one: PictureCandidate) -> Met:
        digest = hashlib.sha256(untrusted).digest()
        try:
            how = {"whole_only": self._whole_only, "videos": one.place == VIDEO}
            value = await shared_pool().call("crawler.jobs:frames_of_picture", untrusted, **how)
            return Met(digest, tuple(Frame.from_json(one) for one in value[: frames.MOST]) or _no_frames())
        except JobRefused as refused:
            passing = refused.reason in TRANSIENT
            return Met(digest, refusal=f"picture-{refused.reason}"[:40], passing=passing)
        except (ValueError, KeyError, TypeError):
            # A worker that was taken over may send anything; what is not a fingerprint is not used.
            return Met(digest, refusal="picture-bad-answer")

    def _count(self, page: PageSeen, candidate: PictureCandidate, met: Met, work: PageWork) -> None:
        outcome = work.outcome
        outcome.pictures += 1
        outcome.known_pictures += met.known
        work.looked_at(_looked_as(met))
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


def _fields(met: Met) -> dict[str, Any]:
    return {"digest": met.digest, "frames": met.frames, "refusal": met.refusal}


def _no_frames() -> tuple[Frame, ...]:
    raise ValueError("a picture without a frame")


def _looked_as(met: Met) -> str:
    """Return the outcome under which a picture is counted in the coverage."""
    if met.refusal is not None:
        return missed_as(met.refusal) if met.digest is None else "unusable"
    if met.known:
        return "unchanged"
    return "changed" if met.changed else "new"


def _is_usable(known: KnownPicture, whole_only: bool) -> bool:
    """Return whether what is remembered was made by today's rules; else the file is looked at afresh.

    So it is where only the whole was hashed, for a place that wants no more, and parts are wanted now.
    """
    if known.fingerprint is None:
        return True
    try:
        made = [one.fingerprint for one in frames.from_bytes(known.fingerprint)]
    except ValueError:
        return False
    return all(one.version == VERSION and (whole_only or not one.lacks_parts) for one in made)


def _was_opened(one: PictureCandidate, known: KnownPicture) -> bool:
    """Return whether what is remembered comes from a look as deep as this one: a video may have met no decoder."""
    return one.place != VIDEO or known.refusal != "picture-format"


def _from_memory(known: KnownPicture) -> Met:
    seen = frames.from_bytes(known.fingerprint) if known.fingerprint is not None else ()
    return Met(known.content_digest, seen, known.refusal, known=True)


def _remember(url: str, response: Response, met: Met, known: KnownPicture | None) -> KnownPicture:
    assert met.digest is not None
    now = datetime.now(UTC)
    same = known is not None and known.content_digest == met.digest
    etag, modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
    return KnownPicture(
        address=url,
        content_digest=met.digest,
        fingerprint=frames.to_bytes(met.frames) if met.frames else None,
        refusal=met.refusal,
        # A 304 need not repeat the validators that were sent with the file.
        etag=etag.decode("latin-1") if etag else (known.etag if known is not None and same else None),
        last_modified=modified.decode("latin-1") if modified else (known.last_modified if known and same else None),
        checked_at=now,
        since=(known.since or known.checked_at) if known is not None and same else now,
    )


def _kind(response: Response) -> str:
    return (response.headers.get("Content-Type") or b"").decode("latin-1").strip().lower()
