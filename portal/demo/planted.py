"""What we hid in the little web, and what we claim will come of it: the demo is checked against this list."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.demo.pictures import address_of


class Expected(StrEnum):
    """What we claim about a planted picture."""

    FOUND = "found"
    SILENT = "silent"
    UNSEEN = "not looked at"


@dataclass(frozen=True)
class Planted:
    """One hidden picture: whose photo, what was done to it, where it lies, and what should come of it."""

    person: str
    change: str
    site: str
    page: str
    folder: str
    hidden_as: str
    expected: Expected = Expected.FOUND
    host: str = ""  # the site that serves the picture file, when it is another than the page's
    kinds: frozenset[str] = frozenset({"whole"})
    needs_browser: bool = False

    @property
    def name(self) -> str:
        """Name the picture in the album."""
        return self.change if self.change == "decoy" else f"{self.person}-{self.change}"

    @property
    def picture(self) -> str:
        """Return the path of the picture's address."""
        return f"{self.folder}/{address_of(self.name)}.jpg"

    @property
    def picture_host(self) -> str:
        """Name the site that serves the picture file."""
        return self.host or self.site

    @property
    def words(self) -> str:
        """Say what was done to the photo."""
        return WORDS[self.change]


WORDS = {
    "resized": "smaller, quality 55",
    "mirrored": "mirrored",
    "trimmed": "5 % of its area cut off",
    "captioned": "words written over it",
    "messenger": "messenger, twice at q70",
    "half": "right half only",
    "composite": "head in another picture",
    "decoy": "decoy, only looks alike",
    "again": "saved once more",
}
TRIMMED = frozenset({"whole", "cropped"})
FLIPPED = frozenset({"flipped"})
HALF = frozenset({"cropped"})
PASTED = frozenset({"region", "composite"})
FILES, LARGE, SENT, UPLOADS, MEDIA = "/files/2026/11", "/haneul/800", "/file", "/uploads/2026", "/media"
CHANNEL = "/s/maeul_sajin"
SILENT, UNSEEN = Expected.SILENT, Expected.UNSEEN

PLANTED: tuple[Planted, ...] = (
    Planted("kim", "resized", "forum", "/thread/12?page=2", FILES, "lazy-loaded"),
    Planted("kim", "trimmed", "forum", "/thread/12", FILES, "thumbnail", kinds=TRIMMED),
    Planted("park", "captioned", "forum", "/thread/12?page=3", FILES, "linked file"),
    Planted("sample", "messenger", "forum", "/thread/12?page=2", FILES, "lazy-loaded"),
    Planted(
        "kim",
        "mirrored",
        "gallery",
        "/item/6",
        LARGE,
        "srcset elsewhere",
        host="pictures",
        kinds=FLIPPED,
    ),
    Planted("park", "resized", "gallery", "/item/11", LARGE, "og:image elsewhere", host="pictures"),
    Planted(
        "sample",
        "trimmed",
        "gallery",
        "/item/14",
        LARGE,
        "srcset elsewhere",
        host="pictures",
        kinds=TRIMMED,
    ),
    Planted(
        "kim",
        "messenger",
        "channel",
        f"{CHANNEL}?before=405",
        SENT,
        "CSS, oldest page",
        host="pictures",
    ),
    Planted("park", "messenger", "channel", CHANNEL, SENT, "CSS, newest page", host="pictures"),
    Planted(
        "sample",
        "captioned",
        "channel",
        f"{CHANNEL}?before=413",
        SENT,
        "CSS, older page",
        host="pictures",
    ),
    Planted("kim", "captioned", "blog", "/posts/rainy-season", UPLOADS, "CSS of a header"),
    Planted(
        "park",
        "trimmed",
        "blog",
        "/posts/first-frost",
        UPLOADS,
        "only in the sitemap",
        kinds=TRIMMED,
    ),
    Planted(
        "sample",
        "mirrored",
        "blog",
        "/posts/night-market",
        UPLOADS,
        "only in the feed",
        kinds=FLIPPED,
    ),
    Planted("park", "mirrored", "app", "/", MEDIA, "put by JavaScript", kinds=FLIPPED, needs_browser=True),
    Planted("sample", "resized", "app", "/", MEDIA, "put by JavaScript", needs_browser=True),
    Planted("park", "half", "gallery", "/item/9", LARGE, "srcset elsewhere", kinds=HALF, host="pictures"),
    Planted("sample", "composite", "forum", "/thread/12", FILES, "thumbnail", kinds=PASTED),
    Planted("kim", "decoy", "channel", f"{CHANNEL}?before=409", SENT, "CSS, older page", SILENT, host="pictures"),
    Planted("kim", "again", "closed", "/album", FILES, "img", UNSEEN),
)


def by_address(planted: Sequence[Planted], picture_url: str) -> Planted | None:
    """Return the planted picture that an address shows in whatever size, or None."""
    stem = picture_url.rsplit("/", 1)[-1].split(".")[0]
    return next((plant for plant in planted if address_of(plant.name) == stem), None)
