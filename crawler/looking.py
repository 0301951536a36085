"""Looking again at one answer: status, kept headers, what the page says, and every picture that is on it.

Facts only, and no more than a verdict needs: the page's words stay in the worker, its pictures are fingerprinted
and forgotten.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence

from scrapy.http import Response

from crawler.facts import Facts
from crawler.images.page import Seen
from crawler.items import PictureCandidate
from crawler.refusals import Stopping
from crawler.workers import JobRefused, shared_pool
from egress.addresses import normal
from egress.names import names_of
from matchers import Fingerprint
from matchers.frames import Frame

PICTURES_A_PAGE = 60
"""More are not looked at; the page then does not count as looked through."""
NAMED_LIMIT = 400
HARMLESS = frozenset({"tiny", "flat", "empty"})
"""Why a file has no fingerprint that also means that it is not the picture: too small or too plain to be one."""
KEPT_HEADERS = (
    *("server", "date", "last-modified", "etag", "content-length", "location", "retry-after", "via", "age"),
    *("x-cache", "cf-cache-status", "cdn-cache", "cf-mitigated", "x-amzn-waf-action", "x-datadome"),
)
HEADER_LIMIT = 200

Fetch = Callable[[str], Awaitable[Response]]


def headers_kept(response: Response) -> dict[str, str]:
    """Return the few headers that tell who answered, from where and since when."""
    found = {}
    for name in KEPT_HEADERS:
        value = (response.headers.get(name) or b"").decode("latin-1").strip()
        if value:
            found[name] = "".join(sign for sign in value if " " <= sign <= "~")[:HEADER_LIMIT]
    return found


async def facts_of_page(response: Response, fetch: Fetch) -> Facts:
    """Read an HTML answer in a worker and look at its pictures; what cannot be read says nothing."""
    kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
    base = Facts(body_digest=_digest(response.body), headers=headers_kept(response))
    try:
        read = await shared_pool().call("crawler.jobs:look", response.body, address=response.url, content_type=kind)
        seen = Seen.from_json(read["seen"])
        said = read["said"]
        words = (tuple(str(slug) for slug in said["says"]), int(said["length"]), str(said["digest"]))
    except (JobRefused, ValueError, KeyError, TypeError):
        return base
    shown, whole = await _pictures(seen, fetch)
    cut = "dataloss" in response.flags
    names = [each.url for each in seen.pictures if each.url is not None][:NAMED_LIMIT]
    return Facts(
        says=words[0],
        length=words[1],
        text_digest=words[2],
        body_digest=base.body_digest,
        headers=base.headers,
        names=tuple(dict.fromkeys(name for each in names for name in names_of(each))),
        shown=shown,
        whole=whole and not cut,
    )


async def frames_of(untrusted: bytes) -> tuple[tuple[Frame, ...], str | None]:
    """Fingerprint a picture's frames in a worker; return them, or the slug of why there are none."""
    try:
        value = await shared_pool().call("crawler.jobs:frames_of_picture", untrusted)
        return tuple(Frame.from_json(each) for each in value), None
    except JobRefused as refused:
        return (), refused.reason
    except (ValueError, KeyError, TypeError):
        return (), "bad-answer"  # a worker that was taken over may send anything


async def _pictures(seen: Seen, fetch: Fetch) -> tuple[tuple[Fingerprint, ...], bool]:
    """Return the fingerprints of a page's pictures, and whether every one of them could be looked at."""
    looked: Sequence[tuple[tuple[Frame, ...], bool]] = await asyncio.gather(
        *(_picture(each, fetch) for each in seen.pictures[:PICTURES_A_PAGE])
    )
    unseen = {reason for reason in seen.refusals if reason not in ("icon", "vector")}
    whole = len(seen.pictures) <= PICTURES_A_PAGE and not unseen and all(well for _, well in looked)
    distinct = {frame.fingerprint.to_bytes(): frame.fingerprint for frames, _ in looked for frame in frames}
    return tuple(distinct.values()), whole


async def _picture(candidate: PictureCandidate, fetch: Fetch) -> tuple[tuple[Frame, ...], bool]:
    untrusted: bytes | None = candidate.data
    if untrusted is None:
        try:
            response = await fetch(normal(str(candidate.url)))
        except Stopping:
            raise
        except Exception:  # noqa: BLE001 - however a download fails, that picture was not looked at; it closes the doubt
            return (), False
        if response.status != 200:
            return (), False
        untrusted = response.body
    found, refusal = await frames_of(untrusted)
    return found, bool(found) or refusal in HARMLESS


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def facts_of_file(response: Response) -> Facts:
    """Return the facts of an answer that is no page: its digest and kept headers."""
    return Facts(body_digest=_digest(response.body), headers=headers_kept(response))
