"""Every place a picture can hide in a page (docs/reference/places.md lists them, tests/pages shows each)."""

from crawler.images.errors import Unreadable
from crawler.images.page import Seen, see
from crawler.items import PictureCandidate

__all__ = ["PictureCandidate", "Seen", "Unreadable", "links", "pictures", "see"]


def pictures(untrusted: bytes | str, base_url: str) -> list[PictureCandidate]:
    """Return the pictures of a page that came from `base_url`, in document order, each once."""
    return list(see(untrusted, base_url).pictures)


def links(untrusted: bytes | str, base_url: str) -> list[str]:
    """Return the addresses a page leads to, in document order, each once."""
    return list(see(untrusted, base_url).links)
