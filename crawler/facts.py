"""What one answer was beyond its status: the facts a verdict needs, and no word of the page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from matchers import Fingerprint


@dataclass(frozen=True, slots=True)
class Facts:
    """What a re-check keeps of one answer.

    `says` are slugs of crawler.saying; `names` short digests of the picture addresses on the page (egress.names);
    `shown` the fingerprints of its pictures; `whole` whether all of them could be looked at. `length` counts
    signs of visible text. Digests are SHA-256 in hex: of the text, and of the whole body.
    """

    says: tuple[str, ...] = ()
    length: int = 0
    text_digest: str = ""
    body_digest: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    shown: tuple[Fingerprint, ...] = ()
    whole: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values, without the fingerprints: those are kept as bytes."""
        return {
            "says": list(self.says),
            "length": self.length,
            "text_digest": self.text_digest,
            "body_digest": self.body_digest,
            "headers": dict(self.headers),
            "names": list(self.names),
            "whole": self.whole,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Rebuild from what `to_json` gave."""
        return cls(
            says=tuple(stored["says"]),
            length=stored["length"],
            text_digest=stored["text_digest"],
            body_digest=stored["body_digest"],
            headers=dict(stored["headers"]),
            names=tuple(stored["names"]),
            whole=stored["whole"],
        )


NOTHING = Facts()
