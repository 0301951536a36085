"""Leased entries at hand, and whose turn is next: the site that may be asked first gives its next entry.

A request waits for its site's turn in one of the crawl's slots. Where entries of one site fill the slots, all others
wait with it; so an entry stays here until its turn is near, and counts as asked from the moment it is handed out.
"""

import time
from collections import deque
from collections.abc import Iterable

from crawler.outcomes import Entry
from crawler.pacing import Pace
from crawler.rings import SOON_S, Ahead
from crawler.sites import number, site_of
from egress.addresses import BadAddress

HELD_S = 10.0
"""No more entries of a site are leased at once than have their turns in so many seconds."""


class Hand:
    """The entries at hand of one crawl; `delay_s` is the least pause between two of its pages at a site."""

    def __init__(self, pace: Pace, delay_s: float) -> None:
        self._pace = pace
        self._delay_s = delay_s
        self._held: dict[str, deque[tuple[int, Entry]]] = {}
        self._booked: dict[str, float] = {}
        """When the next turn of a site would be if all that was handed out took its own; 0: the pace knows better."""
        self._came = 0

    def __len__(self) -> int:
        return sum(map(len, self._held.values()))

    def add(self, entries: Iterable[Entry]) -> None:
        """Take leased entries."""
        for entry in entries:
            self._came += 1
            self._held.setdefault(_site_of(entry), deque()).append((self._came, entry))

    def clear(self) -> None:
        """Let go of all; they stay leased until they are released."""
        self._held.clear()

    def take(self) -> Entry | None:
        """Hand out the entry whose site's turn is next, if it is near; of those that may go, the first that came."""
        turn = self._next()
        if turn is None or turn[0] > SOON_S:
            return None
        wait, _, site = turn
        entries = self._held[site]
        _, entry = entries.popleft()
        if not entries:
            del self._held[site]
        self._booked[site] = time.monotonic() + wait + self._pause_s(site)
        return entry

    def near_in_s(self) -> float | None:
        """Return in how many seconds the next turn is near enough, or None when nothing is at hand."""
        turn = self._next()
        return None if turn is None else max(turn[0] - SOON_S, 0.0)

    def settled(self, entry: Entry) -> None:
        """A page is done: it asked its site, which the pace knows; or it was refused before, and took no turn."""
        self._booked[_site_of(entry)] = 0.0

    def near(self) -> int:
        """Return how many of the entries at hand can go soon."""
        return sum(self._near(site, len(entries)) for site, entries in self._held.items())

    def _near(self, site: str, count: int) -> int:
        wait, pause = self._wait_s(site), self._pause_s(site)
        if wait > SOON_S:
            return 0
        return min(count, int((SOON_S - wait) / pause) + 1) if pause else count

    def ahead(self) -> Ahead:
        """Return which sites' turns lie ahead, those counted that the entries at hand will take."""
        asked = {site: wait for site in self._booked if (wait := self._wait_s(site)) > 0}
        self._booked = {site: self._booked[site] for site in asked}
        turns = {number(site): wait for site, wait in asked.items()}
        for site, entries in self._held.items():
            turns[number(site)] = asked.get(site, 0.0) + len(entries) * self._pause_s(site)
        each = max(int(HELD_S / self._delay_s), 1) if self._delay_s else 1_000
        return Ahead(turns, each, idle=not self._held)

    def _next(self) -> tuple[float, int, str] | None:
        turns = ((self._wait_s(site), entries[0][0], site) for site, entries in self._held.items())
        return min(turns, default=None)

    def _wait_s(self, site: str) -> float:
        return max(self._booked.get(site, 0.0) - time.monotonic(), self._pace.wait_s(site), 0.0)

    def _pause_s(self, site: str) -> float:
        return self._pace.pause_s(site, self._delay_s)


def _site_of(entry: Entry) -> str:
    try:
        return site_of(entry.address)
    except BadAddress:
        return ""
