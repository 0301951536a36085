"""What several portals must agree on, kept in Valkey: how often somebody tried, and challenges to be signed.

Who tried is kept under a digest that only the registry's key can make. While Valkey is away each portal counts for
itself: limits still hold, for each portal.
"""

import structlog
from limits import RateLimitItem
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from crawler.errors import CrawlerError
from crawler.fleet.connection import away, checked, client
from portal.web import metrics
from portal.web.challenges import LIFE_S, Challenges
from portal.web.pace import Pace
from registry.crypto import Vault
from registry.database import Registry

log = structlog.get_logger("watchlight.portal")


def pace(registry: Registry, url: str) -> Pace:
    """Return the pace that all portals of a registry keep together."""
    return SharedPace(registry.vault, url)


def challenges(registry: Registry, url: str) -> Challenges:
    """Return the challenges that all portals of a registry know."""
    return SharedChallenges(registry.vault, url)


class SharedPace(Pace):
    """Counts tries over all portals."""

    def __init__(self, vault: Vault, url: str) -> None:
        super().__init__()
        self._vault = vault
        # limits tells the client library to use by the address.
        address = checked(url).replace("redis", "valkey", 1).replace("unix:", "valkey+unix:", 1)
        storage = storage_from_string(address, wrap_exceptions=True, socket_timeout=1.0, socket_connect_timeout=1.0)
        self._shared = MovingWindowRateLimiter(storage)

    def _hit(self, item: RateLimitItem, what: str, who: str) -> bool:
        digest = self._vault.index("pace of the portal", who.encode())[:16].hex()
        try:
            return self._shared.hit(item, what, digest)
        except StorageError as error:
            metrics.SHARED_AWAY.inc()
            log.warning("tries are counted here alone", reason=type(error.storage_error).__name__)
            return super()._hit(item, what, who)


class SharedChallenges(Challenges):
    """Remembers challenges over all portals; each is taken back once."""

    def __init__(self, vault: Vault, url: str) -> None:
        super().__init__()
        self._vault = vault
        self._client = client(url)

    def _name(self, challenge: bytes) -> str:
        return f"watchlight:challenge:{self._vault.index('challenges of the portal', challenge).hex()}"

    def new(self, what: str, who: str) -> bytes:
        """Return 32 random bytes to be signed by `who` (the form token of their visit) for `what`."""
        challenge = super().new(what, who)
        given = self._vault.index(f"challenge for {what}", who.encode()).hex()
        self._ask("SET", self._name(challenge), given, "EX", int(LIFE_S))
        return challenge

    def take(self, untrusted_challenge: bytes, what: str, who: str) -> bool:
        """Use a challenge up, and say whether it was given to `who` for `what` and is young enough."""
        here = super().take(untrusted_challenge, what, who)
        heard, given = self._ask("GETDEL", self._name(untrusted_challenge))
        return given == self._vault.index(f"challenge for {what}", who.encode()).hex() if heard else here

    def _ask(self, *command: str | int) -> tuple[bool, object]:
        """Return whether Valkey answered, and what."""
        try:
            answer: object = self._client.execute_command(*command)  # type: ignore[no-untyped-call]
        except Exception as error:
            meant = away(error)
            if not isinstance(meant, CrawlerError):
                raise
            metrics.SHARED_AWAY.inc()
            log.warning("challenges are kept here alone", reason=str(meant))
            return False, None
        return True, answer
