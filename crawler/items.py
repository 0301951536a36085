"""What spiders say they saw: pages, and the places on them where a picture hides. No pixels, no opinions."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

VIDEO = "video"
"""The place of a candidate that is a video: larger, and opened by other means."""


@dataclass(frozen=True, slots=True)
class PictureCandidate:
    """One place on a page that shows a picture.

    `url` is the absolute address, or None when the page carries the picture itself; then `data` holds the
    encoded file of a data: URI. `place` names where it was found: "img[src]", "srcset", "og:image", ...
    """

    url: str | None
    data: bytes | None = field(default=None, repr=False)
    place: str = "img[src]"

    def __post_init__(self) -> None:
        if (self.url is None) == (self.data is None):
            raise ValueError("a picture candidate has either an address or data")

    def to_json(self) -> dict[str, Any]:
        """Return plain values, so that a worker process can hand the candidate over without pickling."""
        if self.data is not None:
            return {"data": base64.b64encode(self.data).decode(), "place": self.place}
        return {"url": self.url, "place": self.place}

    @classmethod
    def from_json(cls, untrusted: Mapping[str, Any]) -> Self:
        """Rebuild a candidate from what a worker sent."""
        data = untrusted.get("data")
        return cls(
            url=None if data is not None else str(untrusted["url"]),
            data=base64.b64decode(data) if data is not None else None,
            place=str(untrusted.get("place", "")),
        )


@dataclass(frozen=True, slots=True)
class PageSeen:
    """One page as a spider saw it.

    `links` are absolute addresses worth following; the engine keeps those inside the target's scope and depth
    and never the ones it knows already, so spiders need not filter. `refusals` counts what the spider itself
    had to leave out, by a short reason slug ("icon", "too-many-attributes"). `mentions` are addresses that people
    named in what was read (another channel, another board): never followed, only evidence for discovery.
    `rendered` says what showing the page in a browser gave where that was tried: "gained" or "in-vain".
    """

    url: str
    target: str
    status: int
    pictures: tuple[PictureCandidate, ...] = ()
    links: tuple[str, ...] = ()
    refusals: Mapping[str, int] = field(default_factory=dict)
    mentions: tuple[str, ...] = ()
    rendered: str = ""


@dataclass(frozen=True, slots=True)
class Trail:
    """A link that leads from a page to another public room.

    `page_url` is the page or post it stands on, `address` where the room begins, `kind` the spider that suits it,
    `words` what the page says about it, `announced` whether these words announce a move, a closing or a spare.
    """

    page_url: str
    address: str
    kind: str
    words: str = ""
    announced: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return plain values, so that a worker process can hand the trail over."""
        return {
            "page_url": self.page_url,
            "address": self.address,
            "kind": self.kind,
            "words": self.words,
            "announced": self.announced,
        }

    @classmethod
    def from_json(cls, untrusted: Mapping[str, Any]) -> Self:
        """Rebuild a trail from what a worker sent."""
        words = {name: str(untrusted[name]) for name in ("page_url", "address", "kind", "words")}
        return cls(**words, announced=untrusted["announced"] is True)
