"""Challenges of passkey ceremonies: given out once, taken back once. Kept in memory, like the pace."""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

LIFE_S = 300.0
MOST = 10_000


class Challenges:
    """Remembers who was asked what for; the oldest is forgotten when there are too many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with none."""
        self._clock = clock
        self._open: OrderedDict[bytes, tuple[str, str, float]] = OrderedDict()
        self._lock = threading.Lock()

    def new(self, what: str, who: str) -> bytes:
        """Return 32 random bytes to be signed by `who` (the form token of their visit) for `what`."""
        challenge = secrets.token_bytes(32)
        with self._lock:
            self._open[challenge] = (what, who, self._clock() + LIFE_S)
            while len(self._open) > MOST:
                self._open.popitem(last=False)
        return challenge

    def take(self, untrusted_challenge: bytes, what: str, who: str) -> bool:
        """Use a challenge up, and say whether it was given to `who` for `what` and is young enough."""
        with self._lock:
            given = self._open.pop(untrusted_challenge, None)
        return given is not None and given[:2] == (what, who) and self._clock() < given[2]
