"""What was found on one page so far: each picture once, each refusal counted, never more than a page can mean."""

import hashlib
from collections import Counter

from crawler.images.addresses import VECTOR, absolute
from crawler.images.inline import NoPicture, file_in, is_inline
from crawler.items import PictureCandidate

MOST_PICTURES = 2000
MOST_LINKS = 5000
MOST_SHEETS = 50
MOST_VIDEOS = 100
MOST_INLINE_BYTES = 32_000_000


class Collected:
    """Pictures and links of one page in the order they were met; `base` is what relative addresses stand on."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.refusals: Counter[str] = Counter()
        self._pictures: dict[str, PictureCandidate] = {}
        self._links: dict[str, None] = {}
        self._inline_bytes = 0
        self._sheets: dict[str, None] = {}
        self._videos: dict[str, None] = {}

    @property
    def videos(self) -> tuple[str, ...]:
        """Absolute addresses of videos; whether they are looked at is the target's choice."""
        return tuple(self._videos)

    @property
    def sheets(self) -> tuple[str, ...]:
        """Absolute addresses of linked style sheets."""
        return tuple(self._sheets)

    @property
    def pictures(self) -> tuple[PictureCandidate, ...]:
        """Every picture once, by address or by content."""
        return tuple(self._pictures.values())

    @property
    def links(self) -> tuple[str, ...]:
        """Absolute addresses worth following; an address that is a picture here is not one."""
        return tuple(link for link in self._links if link not in self._pictures)

    def picture(self, untrusted: str | None, place: str) -> None:
        """Keep one picture, or count why not."""
        if not untrusted or not (address := untrusted.strip()):
            return
        if len(self._pictures) >= MOST_PICTURES:
            self.refusals["too-many-pictures"] += 1
        elif is_inline(address):
            self._inline(address, place)
        elif VECTOR.search(address):
            self.refusals["vector"] += 1
        elif url := absolute(self.base, address):
            self._pictures.setdefault(url, PictureCandidate(url=url, place=place))
        else:
            self.refusals["bad-address"] += 1

    def link(self, untrusted: str | None) -> None:
        """Keep an address that leads on; what leads nowhere (mailto:, javascript:) is not counted."""
        if untrusted and len(self._links) < MOST_LINKS and (url := absolute(self.base, untrusted)):
            self._links.setdefault(url)

    def video(self, untrusted: str | None) -> None:
        """Keep the address of a video."""
        if untrusted and len(self._videos) < MOST_VIDEOS and (url := absolute(self.base, untrusted)):
            self._videos.setdefault(url)

    def sheet(self, untrusted: str | None) -> None:
        """Keep the address of a style sheet that lies in a file of its own."""
        if untrusted and len(self._sheets) < MOST_SHEETS and (url := absolute(self.base, untrusted)):
            self._sheets.setdefault(url)

    def _inline(self, address: str, place: str) -> None:
        try:
            data = file_in(address)
        except NoPicture as error:
            self.refusals[error.reason] += 1
            return
        self._inline_bytes += len(data)
        if self._inline_bytes > MOST_INLINE_BYTES:
            self.refusals["too-many-pictures"] += 1
            return
        digest = hashlib.sha256(data).hexdigest()
        self._pictures.setdefault(digest, PictureCandidate(url=None, data=data, place=place))
