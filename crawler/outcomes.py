"""What passes between the engine and the store: addresses found, entries leased, and what a page gave."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from crawler.items import Trail
from crawler.rhythm import Rhythm
from matchers.sightings import Sighting

Octets = bytes
"""Because an outcome counts its own `bytes`."""


class NewEntry(NamedTuple):
    """An address to be looked at. `note` is small JSON for the spider, `hops` counts redirects so far."""

    address: str
    depth: int = 0
    callback: str = "parse"
    note: Mapping[str, Any] = MappingProxyType({})
    priority: int = 0
    hops: int = 0

    def deeper(self, by: int) -> Self:
        """Return the same address, found at another depth: most links of a page go through this."""
        return self._replace(depth=self.depth + by)


@dataclass(frozen=True, slots=True)
class Entry:
    """An address handed out under a lease."""

    id: int
    target: str
    run_id: int
    address: str
    depth: int
    hops: int
    callback: str
    note: Mapping[str, Any]
    tries: int


@dataclass(frozen=True, slots=True)
class KnownPicture:
    """What lies at a picture's address: validators, digest, and the fingerprint or why there is none."""

    address: str
    content_digest: bytes
    fingerprint: bytes | None
    refusal: str | None
    etag: str | None
    last_modified: str | None
    checked_at: datetime
    since: datetime | None = None
    """Since when this file has been known to lie there."""


@dataclass(frozen=True, slots=True)
class Read:
    """A page of a list of numbered posts: all posts from `low` to `high`; `at_start`: nothing lies before them.

    It counts as read for `fresh_s` seconds.
    """

    list: str
    low: int
    high: int
    at_start: bool
    fresh_s: float


@dataclass(slots=True)
class Outcome:
    """Everything one page gave. `state`: done, again or later (after `not_before`; again counts a try), or back.

    `coverage` counts pictures (and, when it is settled, the page) by what came of them; `poison`: set aside for good.
    `same`: the page is as it was, and what it gave was taken from memory; then `touched` names the pictures that it
    carries itself, by page and digest. `trails` lead to other rooms. `gave` is what is remembered of the page (see
    crawler.memory), `rhythm` the bounds for when it is due again, `read` how far a list was read with it.
    """

    entry: Entry
    state: str = "done"
    reason: str = "seen"
    not_before: datetime | None = None
    status: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    found: list[NewEntry] = field(default_factory=list)
    known: list[KnownPicture] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    pictures: int = 0
    known_pictures: int = 0
    new_sightings: int = 0
    bytes: int = 0
    coverage: Counter[tuple[str, str]] = field(default_factory=Counter)
    poison: bool = False
    same: bool = False
    title: str | None = None
    body_digest: Octets | None = None
    gave_digest: Octets | None = None
    gave: Octets | None = None
    trails: list[Trail] = field(default_factory=list)
    touched: list[tuple[str, Octets]] = field(default_factory=list)
    rhythm: Rhythm | None = None
    read: Read | None = None
