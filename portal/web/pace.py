"""How often the same caller may try the same thing. Kept in memory: a restart forgets, nothing is stored."""

from hashlib import blake2b
from secrets import token_bytes

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from portal.web import metrics


class TooOften(Exception):
    """The caller has to wait; the page says so in plain words."""


class Pace:
    """Counts tries. Who tried is kept under a keyed digest, so that memory holds no list of addresses."""

    def __init__(self) -> None:
        """Start with nobody known."""
        self._key = token_bytes(32)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def allows(self, rule: str, what: str, who: str) -> bool:
        """Count one try of `what` by `who` and say whether it is within `rule`, e.g. "3 per 15 minute"."""
        if self._hit(parse(rule), what, who):
            return True
        metrics.REFUSALS.labels(reason="too-often").inc()
        return False

    def _hit(self, item: RateLimitItem, what: str, who: str) -> bool:
        digest = blake2b(who.encode(), key=self._key, digest_size=16).hexdigest()
        return self._limiter.hit(item, what, digest)

    def require(self, rule: str, what: str, who: str) -> None:
        """Count one try, and raise TooOften when it is one too many."""
        if not self.allows(rule, what, who):
            raise TooOften
