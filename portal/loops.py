"""What `watchlight run` keeps going: small loops that each do one thing again and again until told to stop.

A loop that fails lives on: the failure is counted, logged and reported by `health()`, and the next turn comes
after a growing pause. What must not be lost is a row in a database before a loop touches it.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from portal.metrics import LOOP_FAILURES, LOOP_TURNS

LONGEST_PAUSE_S = 300.0

log = structlog.get_logger("watchlight.run")


@dataclass
class Loop:
    """One duty in a thread of its own: `turn` is called every `every_s` seconds, sooner while there is more."""

    name: str
    turn: Callable[[], bool]
    every_s: float
    longest_pause_s: float = LONGEST_PAUSE_S
    failures: int = 0
    last_turn: float = field(default=0.0)
    trouble: str = ""

    def keep_going(self, stop: threading.Event) -> None:
        """Turn until `stop` is set; True from a turn means: there is more, come again at once."""
        while not stop.is_set():
            stop.wait(self._one_turn())

    def _one_turn(self) -> float:
        """Do one turn and return the seconds to wait before the next."""
        try:
            more = self.turn()
        except (
            Exception
        ) as error:  # the loop must live on: one bad turn must not end the watch; it is counted and shown
            self.failures += 1
            self.trouble = type(error).__name__
            LOOP_FAILURES.labels(kind=self.name).inc()
            log.exception("a loop's turn failed", loop=self.name, failures=self.failures)
            return min(self.every_s * 2.0 ** min(self.failures, 20), self.longest_pause_s)
        self.failures, self.trouble, self.last_turn = 0, "", time.time()
        LOOP_TURNS.labels(kind=self.name).inc()
        return 0.0 if more else self.every_s


class Loops:
    """Loops that start together and stop together."""

    def __init__(self, loops: list[Loop]) -> None:
        self.loops = loops
        self.stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start every loop in its own thread."""
        for loop in self.loops:
            thread = threading.Thread(target=loop.keep_going, args=(self.stopping,), name=loop.name)
            thread.start()
            self._threads.append(thread)

    def stop(self, within_s: float) -> list[str]:
        """Ask every loop to end after its turn; return the names of those that did not in time."""
        self.stopping.set()
        end = time.monotonic() + within_s
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        return [thread.name for thread in self._threads if thread.is_alive()]

    def health(self) -> dict[str, str]:
        """Say of each loop whether it is well, or the kind of its last failure."""
        return {loop.name: loop.trouble or "well" for loop in self.loops}
