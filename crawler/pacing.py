"""The rhythm of sites, and who keeps it: one process for itself here, a whole fleet in `crawler.fleet.pace`."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from crawler.refusals import ASKED_TO_WAIT, Later, Stopping

RETRY_AFTER_LIMIT_S = 6 * 3600.0
BACK_OFF_S = 30.0
BACK_OFF_LIMIT_S = 900.0
PATIENCE_S = 60.0
TICK_S = 0.5
SWEEP = 4096
"""Sites of which a process remembers the rhythm before it looks for some to forget."""
FORGOTTEN_S = 900.0
"""A site is forgotten so long after its last turn, or after the pause it asked for; what it asked for once is over."""
RULED_S = 25 * 3600.0
"""Where robots.txt asked for a pause, it is remembered for longer than the rules themselves are (a day)."""


class Turn(NamedTuple):
    """What a request was allowed: its number at the site (0: nobody else need know when it is done) and its pause."""

    site: str
    number: int = 0
    pause_s: float = 0.0


class Pace(Protocol):
    """Gives turns at sites; all times are seconds."""

    def crawl_delay(self, name: str, delay_s: float) -> None:
        """Note the pause a site's robots.txt asks for."""

    def pause_s(self, name: str, delay_s: float) -> float:
        """Return the pause between two requests to a site: `delay_s`, or what its robots.txt asks for."""

    def wait_s(self, name: str) -> float:
        """Return how long a request made now would wait for its turn, as far as this process knows.

        0 where it would be sent back at once, because the site asked for a long pause.
        """

    async def turn(self, name: str, delay_s: float, stopping: Callable[[], bool]) -> Turn:
        """Wait for this request's turn. Raises Later when the site asked for a long pause, Stopping at the end."""

    async def done(self, turn: Turn) -> None:
        """The request of this turn was answered, or failed."""

    async def asked_to_wait(self, name: str, retry_after_s: float | None) -> float:
        """Nobody asks this site again before the time it named, or a pause that doubles; return how long that is."""

    async def answered(self, name: str) -> None:
        """The site answers normally again."""


def pause_asked(retry_after_s: float) -> float:
    """Return the pause we grant a site that named one."""
    return min(max(retry_after_s, 1.0), RETRY_AFTER_LIMIT_S)


def later(wait_s: float) -> Later:
    """Return what sends a request back into the frontier because its site wants us to wait."""
    return Later(ASKED_TO_WAIT, datetime.now(UTC) + timedelta(seconds=wait_s))


@dataclass(slots=True)
class Site:
    """The rhythm of one site; times on the monotonic clock, in seconds."""

    next_at: float = 0.0
    not_before: float = 0.0
    crawl_delay_s: float = 0.0
    strikes: int = 0

    def is_over(self, now: float) -> bool:
        """Return whether nothing of it counts any more."""
        kept_s = RULED_S if self.crawl_delay_s else FORGOTTEN_S
        return max(self.next_at, self.not_before) + kept_s < now


class OwnPace:
    """The rhythm of all sites of this process."""

    def __init__(self) -> None:
        self.sites: dict[str, Site] = {}
        self._sweep_at = SWEEP

    def site(self, name: str) -> Site:
        """Return the rhythm of one site."""
        known = self.sites.get(name)
        if known is None:
            if len(self.sites) >= self._sweep_at:
                self._sweep(time.monotonic())
            known = self.sites[name] = Site()
        return known

    def _sweep(self, now: float) -> None:
        """Forget the sites that were not asked for long; how often depends on how many are left."""
        self.sites = {name: site for name, site in self.sites.items() if not site.is_over(now)}
        self._sweep_at = max(SWEEP, 2 * len(self.sites))

    def pause_s(self, name: str, delay_s: float) -> float:
        """Return the pause between two requests to a site: `delay_s`, or what its robots.txt asks for."""
        known = self.sites.get(name)
        return delay_s if known is None else max(delay_s, known.crawl_delay_s)

    def wait_s(self, name: str) -> float:
        """Return how long a request made now would wait for its turn; 0 where it would be sent back at once."""
        known = self.sites.get(name)
        if known is None:
            return 0.0
        now = time.monotonic()
        if known.not_before - now > PATIENCE_S:
            return 0.0
        return max(known.next_at - now, known.not_before - now, 0.0)

    def crawl_delay(self, name: str, delay_s: float) -> None:
        """Note the pause a site's robots.txt asks for."""
        if delay_s > 0:
            site = self.site(name)
            site.crawl_delay_s = max(site.crawl_delay_s, delay_s)
            site.next_at = max(site.next_at, time.monotonic())

    async def turn(self, name: str, delay_s: float, stopping: Callable[[], bool]) -> Turn:
        """Wait for this request's turn. Raises Later when the site asked for a long pause, Stopping at the end."""
        site = self.site(name)
        mine = max(time.monotonic(), site.next_at, site.not_before)
        site.next_at = mine + max(delay_s, site.crawl_delay_s)
        while True:
            wait = max(mine, site.not_before) - time.monotonic()
            if stopping():
                raise Stopping
            if site.not_before - time.monotonic() > PATIENCE_S:
                raise later(wait)
            if wait <= 0:
                return Turn(name)
            await asyncio.sleep(min(wait, TICK_S))

    async def done(self, turn: Turn) -> None:
        """Nothing is to be told: this process gave the next turn already."""

    async def asked_to_wait(self, name: str, retry_after_s: float | None) -> float:
        """Nobody asks this site again before the time it named, or a pause that doubles; return how long that is."""
        site = self.site(name)
        site.strikes += 1
        pause = min(BACK_OFF_S * 2 ** (site.strikes - 1), BACK_OFF_LIMIT_S)
        if retry_after_s is not None:
            pause = pause_asked(retry_after_s)
        site.not_before = max(site.not_before, time.monotonic() + pause)
        return site.not_before - time.monotonic()

    async def answered(self, name: str) -> None:
        """The site answers normally again."""
        self.site(name).strikes = 0
