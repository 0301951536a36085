"""The pipeline of our crawler without its fingerprints: what fetching costs through every guard."""

import hashlib
from typing import Any

from benchmarks.crawl.drawing import drawn
from crawler.met import Met
from crawler.opening import Opening
from crawler.pipelines import Pictures
from matchers.frames import frames


class OnlyOpened(Opening):
    """Every picture gets the fingerprint of one that was drawn."""

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self._made = frames(drawn(0, 0), whole_only=True)

    async def fingerprint(self, untrusted: bytes, one: Any, digest: bytes | None = None) -> Met:
        """Make none."""
        return Met(digest or hashlib.sha256(untrusted).digest(), self._made)


class OnlyFetched(Pictures):
    """The pipeline as it is, with such an opening."""

    opening = OnlyOpened
