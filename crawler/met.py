"""What a picture turned out to be, and what of it is remembered for the next time it is met."""

from dataclasses import dataclass
from datetime import UTC, datetime

from scrapy.http import Response

from crawler.coverage import missed_as
from crawler.items import VIDEO, PictureCandidate
from crawler.outcomes import KnownPicture
from matchers import frames
from matchers.fingerprint import VERSION
from matchers.frames import Frame


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

    @property
    def again(self) -> "Met":
        """The same picture, met once more."""
        return Met(self.digest, self.frames, self.refusal, known=True)

    @property
    def looked_as(self) -> str:
        """The outcome under which the picture is counted in the coverage."""
        if self.refusal is not None:
            return missed_as(self.refusal) if self.digest is None else "unusable"
        if self.known:
            return "unchanged"
        return "changed" if self.changed else "new"


def from_memory(known: KnownPicture) -> Met:
    """Return what a picture was when it was opened last."""
    seen = frames.from_bytes(known.fingerprint) if known.fingerprint is not None else ()
    return Met(known.content_digest, seen, known.refusal, known=True)


def is_usable(known: KnownPicture, whole_only: bool) -> bool:
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


def was_opened(one: PictureCandidate, known: KnownPicture) -> bool:
    """Return whether what is remembered comes from a look as deep as this one: a video may have met no decoder."""
    return one.place != VIDEO or known.refusal != "picture-format"


def remember(url: str, response: Response, met: Met, known: KnownPicture | None) -> KnownPicture:
    """Return what is to be remembered of a picture that was fetched."""
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
