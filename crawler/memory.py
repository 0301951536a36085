"""What a page gave the last time: its pictures and links, packed, so that an unchanged page need not be read again."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from crawler.items import PageSeen, PictureCandidate
from crawler.outcomes import NewEntry
from crawler.targets.model import CrawlTarget

MOST = 5_000
"""Pictures and links of one page that are remembered; a page with more is read anew each time."""
UNPACKED = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Shown:
    """One page as it was shown: pictures with an address, and the digests (SHA-256) of those without."""

    url: str
    pictures: tuple[PictureCandidate, ...] = ()
    inline: tuple[bytes, ...] = ()
    refusals: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, page: PageSeen) -> Self:
        """Return what is worth keeping of a page; the bytes of pictures are not."""
        inline = (hashlib.sha256(one.data).digest() for one in page.pictures if one.data is not None)
        addressed = tuple(one for one in page.pictures if one.url is not None)
        return cls(page.url, addressed, tuple(dict.fromkeys(inline)), dict(page.refusals))


@dataclass(frozen=True, slots=True)
class Gave:
    """Everything one address gave. The depth of `found` is counted from the page itself.

    `reach` is how many links further the crawl would have gone, `terms` stands for the scope and the kind of spider:
    what was gathered under narrower terms must not stand in for a look under wider ones.
    """

    shown: tuple[Shown, ...] = ()
    found: tuple[NewEntry, ...] = ()
    reach: int = 0
    terms: str = ""

    @property
    def digest(self) -> bytes:
        """Return 32 bytes that change when the page shows other pictures or leads elsewhere, and only then."""
        pictures = {str(one.url) for page in self.shown for one in page.pictures}
        inline = {digest.hex() for page in self.shown for digest in page.inline}
        links = {entry.address for entry in self.found}
        return hashlib.sha256(json.dumps([sorted(pictures), sorted(inline), sorted(links)]).encode()).digest()

    def packed(self) -> bytes | None:
        """Return the compact form, or None when it is too much to keep."""
        if len(self.found) + sum(len(page.pictures) + len(page.inline) for page in self.shown) > MOST:
            return None
        plain = {
            "shown": [
                {
                    "url": page.url,
                    "pictures": [[one.url, one.place] for one in page.pictures],
                    "inline": [digest.hex() for digest in page.inline],
                    "refusals": dict(page.refusals),
                }
                for page in self.shown
            ],
            "found": [
                [one.address, one.depth, one.callback, dict(one.note), one.priority, one.hops] for one in self.found
            ],
            "reach": self.reach,
            "terms": self.terms,
        }
        return zlib.compress(json.dumps(plain, separators=(",", ":")).encode(), level=1)

    @classmethod
    def unpacked(cls, kept: bytes) -> Self:
        """Return what `packed` wrote."""
        plain = json.loads(zlib.decompressobj().decompress(kept, UNPACKED))
        found = tuple(NewEntry(*one) for one in plain["found"])
        return cls(tuple(map(_shown, plain["shown"])), found, int(plain["reach"]), str(plain["terms"]))

    def serves(self, target: CrawlTarget, depth: int) -> bool:
        """Return whether a page met at `depth` today would give no more than this."""
        return self.terms == terms_of(target) and target.depth - depth <= self.reach


def _shown(plain: dict[str, Any]) -> Shown:
    pictures = tuple(PictureCandidate(str(url), place=str(place)) for url, place in plain["pictures"])
    return Shown(plain["url"], pictures, tuple(map(bytes.fromhex, plain["inline"])), plain["refusals"])


def terms_of(target: CrawlTarget) -> str:
    """Return a short word that changes with what a page of the target may give: scope, kind, options."""
    terms = [sorted(target.scope_hosts), list(target.paths), target.kind, sorted(target.options.items())]
    terms += [["videos"]] if target.looks_at_videos else []
    return hashlib.sha256(json.dumps(terms).encode()).hexdigest()[:16]


def gave(shown: Sequence[Shown], found: Iterable[NewEntry], target: CrawlTarget, depth: int) -> Gave:
    """Return what a page at `depth` gave."""
    relative = {one.address: one.deeper(-depth) for one in found}
    return Gave(tuple(shown), tuple(relative.values()), target.depth - depth, terms_of(target))


@dataclass(frozen=True, slots=True)
class Memory:
    """What the store knows of one page: validators, digests, when it is due, and what it gave (packed)."""

    address: str
    etag: str | None
    last_modified: str | None
    body_digest: bytes | None
    gave: bytes
    due_at: datetime | None

    def is_due(self, now: datetime) -> bool:
        """Return whether the page's own interval has passed."""
        return self.due_at is None or self.due_at <= now
