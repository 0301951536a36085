"""One picture: remembered, or fetched through every guard and fingerprinted in a worker, then forgotten.

The bytes of a picture live in this process only between the network and the worker; nothing of them is written
anywhere.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from scrapy.http.request import NO_CALLBACK

from crawler.asking import by_file
from crawler.budget import Budget
from crawler.downloads import SiteTurns
from crawler.fetching import fetch
from crawler.items import VIDEO, PictureCandidate
from crawler.met import Met, from_memory, is_usable, remember, was_opened
from crawler.outcomes import KnownPicture
from crawler.refusals import Stopping, reason_of
from crawler.scheduler import FrontierScheduler
from crawler.sites import site_of
from crawler.spiders.base import ROLE
from crawler.work import PageWork
from crawler.workers import TRANSIENT, JobRefused, shared_pool
from matchers import frames
from matchers.decode import MAX_BYTES
from matchers.frames import Frame

PER_SITE = 4
HELD_BYTES = 64 * 1024 * 1024
"""Where workers are slower than servers, no transfer begins while more than this waits for a worker."""
ACCEPT = "image/webp,image/png,image/jpeg,image/gif;q=0.9,image/*;q=0.5"


class Opening:
    """Opens the pictures of one crawl."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._sites = SiteTurns(PER_SITE)
        self._held = 0
        self._room = asyncio.Event()
        self._room.set()
        self._files = by_file()

    @property
    def scheduler(self) -> FrontierScheduler:
        """The crawl's own scheduler."""
        scheduler = self.crawler.engine.scheduler
        assert isinstance(scheduler, FrontierScheduler)
        return scheduler

    @property
    def budget(self) -> Budget:
        """The budget of the crawl, with its target."""
        assert self.scheduler.budget is not None
        return self.scheduler.budget

    async def open(self, one: PictureCandidate, known: KnownPicture | None, work: PageWork) -> Met:
        """Return what a picture is; `known` is what lay at its address the last time."""
        if one.data is not None:
            return await self.fingerprint(one.data, one)
        if known is not None and (known.checked_at >= self.budget.started_at or self._is_settled(known)):
            return from_memory(known)
        # Held until the worker is done: a site is not asked for more than is looked at.
        async with self._sites.of(site_of(str(one.url))):
            await self._room.wait()
            try:
                response = await self._download(one, known)
            except Stopping:
                raise
            except Exception as error:  # noqa: BLE001 - every way a download can fail is a named, counted refusal
                return Met(refusal=f"picture-{reason_of(error)}")
            work.outcome.bytes += len(response.body)
            with self._holding(len(response.body)):
                return await self._read(one, response, known, work)

    @contextlib.contextmanager
    def _holding(self, size: int) -> Iterator[None]:
        """Count the bytes of a file for as long as it is in memory."""
        self._hold(size)
        try:
            yield
        finally:
            self._hold(-size)

    def _hold(self, size: int) -> None:
        self._held += size
        if self._held > HELD_BYTES:
            self._room.clear()
        else:
            self._room.set()

    def _is_settled(self, known: KnownPicture) -> bool:
        """Return whether what lies at the address has been the same for so long that it need not be asked for.

        It is trusted for half as long as it has been known, and never longer than the place's longest interval.
        """
        if known.since is None:
            return False
        trusted = min((known.checked_at - known.since) / 2, timedelta(seconds=self.budget.target.latest_s))
        return datetime.now(UTC) - known.checked_at < trusted

    async def _download(self, one: PictureCandidate, known: KnownPicture | None) -> Response:
        headers = {"Accept": "video/*" if one.place == VIDEO else ACCEPT}
        if known is not None and known.etag:
            headers["If-None-Match"] = known.etag
        if known is not None and known.last_modified:
            headers["If-Modified-Since"] = known.last_modified
        # What came of a picture that was cut short is what a browser would show: it is decoded as partial.
        # Its address is as a browser would send it already.
        meta: dict[str, Any] = {ROLE: "picture", "download_fail_on_dataloss": False, "verbatim_url": True}
        if one.place == VIDEO:
            meta["download_maxsize"] = MAX_BYTES
        return await fetch(self.crawler, Request(str(one.url), callback=NO_CALLBACK, headers=headers, meta=meta))

    async def _read(self, one: PictureCandidate, response: Response, known: KnownPicture | None, work: PageWork) -> Met:
        if response.status == 304 and known is not None:
            met = from_memory(known)
        elif response.status != 200:
            return Met(refusal=f"picture-http-{response.status}")
        elif _kind(response).startswith(("text/html", "application/xhtml")):
            return Met(refusal="picture-is-a-page")
        else:
            digest = hashlib.sha256(response.body).digest()
            same = known is not None and known.content_digest == digest
            again = from_memory(known) if same and known is not None else await self._elsewhere(one, digest)
            met = again or await self.fingerprint(response.body, one, digest)
            met = replace(met, changed=known is not None and not same)
        if met.digest is not None and not met.passing:
            work.outcome.known.append(remember(str(one.url), response, met, known))
        return met

    async def _elsewhere(self, one: PictureCandidate, digest: bytes) -> Met | None:
        """Return what the same file turned out to be at another address, so that it is not decoded again."""
        known = await self._files.find(self.scheduler.writer, digest)
        usable = known is not None and is_usable(known, self.whole_only) and was_opened(one, known)
        return from_memory(known) if usable and known is not None else None

    @property
    def whole_only(self) -> bool:
        """Whether the target asks for whole pictures only."""
        return self.budget.target.whole_image_only

    async def fingerprint(self, untrusted: bytes, one: PictureCandidate, digest: bytes | None = None) -> Met:
        """Return the fingerprints of a file, made in a worker; `digest` is its SHA-256, where it is known."""
        digest = digest or hashlib.sha256(untrusted).digest()
        try:
            how = {"whole_only": self.whole_only, "videos": one.place == VIDEO}
            value = await shared_pool().call("crawler.jobs:frames_of_picture", untrusted, **how)
            return Met(digest, tuple(Frame.from_json(one) for one in value[: frames.MOST]) or _no_frames())
        except JobRefused as refused:
            passing = refused.reason in TRANSIENT
            return Met(digest, refusal=f"picture-{refused.reason}"[:40], passing=passing)
        except (ValueError, KeyError, TypeError):
            # A worker that was taken over may send anything; what is not a fingerprint is not used.
            return Met(digest, refusal="picture-bad-answer")


def _no_frames() -> tuple[Frame, ...]:
    raise ValueError("a picture without a frame")


def _kind(response: Response) -> str:
    return (response.headers.get("Content-Type") or b"").decode("latin-1").strip().lower()
