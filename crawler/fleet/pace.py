"""The pace of sites over all crawlers of a fleet: turns are given in Valkey, by its clock.

A request's turn is booked when it may go, not before, so a crawler that is killed takes no turns with it. The next one
follows a pause after the site has answered, for a busy process may send late what it was allowed; the answer that a
killed crawler waited for is waited for no more. While Valkey is away nobody has a turn: what is not known is not asked.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from crawler import metrics
from crawler.errors import FleetAway
from crawler.fleet import leases, scripts
from crawler.fleet.connection import away, looping_client
from crawler.pacing import BACK_OFF_LIMIT_S, BACK_OFF_S, PATIENCE_S, TICK_S, OwnPace, Turn, later, pause_asked
from crawler.refusals import Stopping
from matchers import owners

ANSWER_S = 15.0
"""How long the answer to a request is waited for before the next turn is given; a pause, where that is longer.

With one second, four crawlers on two cores under a load of 20 brought 28 of 4,581 requests too near to the last."""


class FleetPace:
    """Gives turns at sites to this process; the others ask the same Valkey."""

    def __init__(self, url: str, names: str) -> None:
        self._client = looping_client(url)
        self._names = names
        self._scripts: dict[str, Any] = {}
        self._crawl_delays: dict[str, float] = {}
        self._told = OwnPace()
        self._struck: set[str] = set()
        self._unsaid: dict[str, str | float] = {}
        self._queues: dict[str, asyncio.Lock] = {}
        self._queueing: Counter[str] = Counter()

    async def _run(self, script: str, *arguments: str | float) -> Any:
        known = self._scripts.get(script)
        if known is None:
            known = self._scripts[script] = self._client.register_script(script)
        try:
            return await known(keys=[self._names], args=arguments)
        except Exception as error:
            raise away(error) from error

    def crawl_delay(self, name: str, delay_s: float) -> None:
        """Note the pause a site's robots.txt asks for; every crawler reads it itself."""
        if delay_s > 0:
            self._crawl_delays[name] = max(self._crawl_delays.get(name, 0.0), delay_s)

    def pause_s(self, name: str, delay_s: float) -> float:
        """Return the pause between two requests to a site: `delay_s`, or what its robots.txt asks for."""
        return max(delay_s, self._crawl_delays.get(name, 0.0))

    def wait_s(self, name: str) -> float:
        """Return how long a request made now would wait for its turn, by the turns this process itself was given."""
        return self._told.wait_s(name)

    async def turn(self, name: str, delay_s: float, stopping: Callable[[], bool]) -> Turn:
        """Wait for this request's turn. Raises Later when the site asked for a long pause, Stopping at the end.

        Of all requests of this process to one site only the first in the queue asks Valkey.
        """
        queue = self._queues.setdefault(name, asyncio.Lock())
        self._queueing[name] += 1
        try:
            async with queue:
                return await self._first_in_queue(name, delay_s, stopping)
        finally:
            self._queueing[name] -= 1
            if not self._queueing[name]:
                del self._queueing[name], self._queues[name]

    async def _first_in_queue(self, name: str, delay_s: float, stopping: Callable[[], bool]) -> Turn:
        while True:
            if stopping():
                raise Stopping
            pause_s = max(delay_s, self._crawl_delays.get(name, 0.0))
            wait_s, number = await self._ask(name, pause_s)
            if number:
                self._told.site(name).next_at = time.monotonic() + pause_s
                return Turn(name, number, pause_s)
            # The turn before may end sooner than it was booked for: not asked in vain, but often enough.
            await asyncio.sleep(min(wait_s, max(pause_s / 4, 0.02), TICK_S))

    async def _ask(self, name: str, delay_s: float) -> tuple[float, int]:
        """Return how long to wait before asking again, or the number of our turn."""
        try:
            await self._say(name)
            answer_s = max(delay_s, ANSWER_S) if delay_s > 0 else 0.0
            pauses_ms = (round(delay_s * 1000), round(answer_s * 1000))
            asks = (leases.GRACE_S, owners.this_process(), leases.HOLDER_S)
            wait_ms, asked_ms, strikes, number = await self._run(scripts.TURN, name, *pauses_ms, *asks)
        except FleetAway as error:
            metrics.fleet_away.labels(reason=str(error)).inc()
            return TICK_S, 0
        (self._struck.add if strikes else self._struck.discard)(name)
        if asked_ms > PATIENCE_S * 1000:
            raise later(asked_ms / 1000)
        return float(wait_ms) / 1000, int(number)

    async def done(self, turn: Turn) -> None:
        """The request of this turn was answered, or failed: the next one follows a pause from now."""
        if turn.number and turn.pause_s > 0:
            try:
                await self._run(scripts.DONE, turn.site, turn.number, round(turn.pause_s * 1000))
            except FleetAway as error:
                metrics.fleet_away.labels(reason=str(error)).inc()

    async def asked_to_wait(self, name: str, retry_after_s: float | None) -> float:
        """Nobody asks this site again before the time it named, or a pause that doubles; return how long that is."""
        self._struck.add(name)
        self._unsaid[name] = "" if retry_after_s is None else round(pause_asked(retry_after_s) * 1000)
        try:
            return await self._say(name)
        except FleetAway as error:
            metrics.fleet_away.labels(reason=str(error)).inc()
            return BACK_OFF_S

    async def _say(self, name: str) -> float:
        """Tell the others of a pause, if they do not know; return how many seconds it lasts."""
        unsaid = self._unsaid.get(name)
        if unsaid is None:
            return 0.0
        pauses_ms = (BACK_OFF_S * 1000, BACK_OFF_LIMIT_S * 1000)
        lasts_ms = int(await self._run(scripts.ASKED_TO_WAIT, name, unsaid, *pauses_ms))
        self._unsaid.pop(name, None)
        return lasts_ms / 1000

    async def answered(self, name: str) -> None:
        """The site answers normally again."""
        if name in self._struck:
            self._struck.discard(name)
            try:
                await self._run(scripts.ANSWERED, name)
            except FleetAway as error:
                metrics.fleet_away.labels(reason=str(error)).inc()
