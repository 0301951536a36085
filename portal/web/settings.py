"""What the portal needs to know of the house it stands in."""

from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from registry.reviews import Release

PASSKEYS = ("asked", "demanded")
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


@dataclass(frozen=True)
class Settings:
    """The portal's settings; every default is safe for one machine of one's own."""

    portal_url: str = "http://127.0.0.1:8620"
    """The address people type. Decides the host names answered to, and whether cookies are HTTPS-only."""
    allow_metrics_from: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    """Networks that may read /metrics."""
    exit_url: str = "https://www.wikipedia.org/"
    """The harmless page behind the quick-exit button."""
    contact: str | None = None
    """Whom to ask for an account: the operator's mail address or page, shown as text."""
    largest_body: int = 64 * 1024
    """Bytes. The largest request read: fingerprints are at most 17 kB, and are read strictly."""
    link_delay_s: float = 3.0
    """At most so long after the answer, at random, an address is looked up: what is asked right after tells nothing."""
    sign_in_links_per_address: str = "3 per 15 minute"
    sign_in_links_per_caller: str = "20 per hour"
    link_tries_per_caller: str = "30 per hour"
    code_tries_per_caller: str = "10 per hour"
    bad_keys_per_caller: str = "30 per hour"
    bad_tokens_per_caller: str = "60 per hour"
    enrolments_per_person: str = "200 per day"
    common_answers_per_person: str = "10 per day"
    """How often one person is told that a picture is common: enough for logos among photos, too few to search with."""
    release: Release = field(default_factory=Release)
    """When addresses of finds are shown to the person: who has to have verified them, how long after enrolling."""
    passkeys: str = "asked"
    """Whether staff and operators are "asked" to sign in by passkey, or it is "demanded" of them."""
    valkey_url: str = ""
    """Where several portals count tries and keep challenges together; "" for a portal alone."""
    session_length: timedelta = timedelta(hours=8)
    """How long the browser keeps the cookie; the registry decides how long the session counts."""

    @property
    def https(self) -> bool:
        """Say whether people reach the portal over HTTPS."""
        return urlsplit(self.portal_url).scheme == "https"

    @property
    def hosts(self) -> frozenset[str]:
        """Host names answered to, lower case, without port: anything else may be DNS rebinding."""
        return LOOPBACK_NAMES | {host_name(urlsplit(self.portal_url).netloc)}


def host_name(untrusted_host: str) -> str:
    """Return a Host header's name without port, lower case, IPv6 in its brackets."""
    name = untrusted_host.strip().lower()
    if name.startswith("["):
        return name[: name.find("]") + 1]
    return name.partition(":")[0]
