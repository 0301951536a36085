"""What a robots.txt says (RFC 9309): read here when it is small, in a killable worker when it is large or hard to read.

A file of 130 kB that names 4,000 agents before 4,000 rules takes 14 s and gigabytes to parse, for every agent gets
every rule; 24,000 rules with wildcards take 40 ms for every address that is asked about.
"""

from dataclasses import dataclass
from typing import Any

from protego import Protego

from crawler.workers import JobRefused, shared_pool

TOKEN = "watchlight"  # noqa: S105 - the name site owners use for us in robots.txt, no secret
SMALL_BYTES = 32 * 1024
SMALL_PAIRS = 10_000
PAIRS_LIMIT = 300_000
"""User agents times the rules of their groups, summed up: as many as sites with 150 agents and 900 rules have."""
CRAWL_DELAY_LIMIT_S = 3600.0


class TooManyRules(Exception):
    """More rules times agents than any site means."""

    reason = "robots-too-many-rules"


@dataclass(frozen=True, slots=True)
class Rules:
    """What one host's robots.txt says. `closed` names why nothing may be fetched; no file at all means no rules.

    `parsed` are the rules of a small file; the text of a `large` one is kept and asked in a worker. `until` is when
    to ask the host again, on the monotonic clock.
    """

    parsed: Protego | None = None
    closed: str | None = None
    until: float = 0.0
    large: bytes = b""
    size: int = 0
    crawl_delay_s: float = 0.0
    sitemaps: int = 0

    async def refusal(self, url: str) -> str | None:
        """Return why `url` must not be fetched, or None."""
        if self.closed is not None:
            return self.closed
        if self.large:
            try:
                allowed = bool(await shared_pool().call("crawler.rules:allows", self.large, url=url))
            except JobRefused:
                return "robots-unreadable"
        else:
            allowed = self.parsed is None or self.parsed.can_fetch(url, TOKEN)
        return None if allowed else "robots"


async def read(untrusted: bytes, until: float) -> Rules:
    """Return the rules of a file that is text; closed when it cannot be read, or asks for an absurd pause."""
    if len(untrusted) > SMALL_BYTES or pairs(_text(untrusted)) > SMALL_PAIRS:
        try:
            said = await shared_pool().call("crawler.rules:summary", untrusted)
        except JobRefused as refused:
            return Rules(closed=refused.reason if refused.reason == TooManyRules.reason else "robots-unreadable")
        rules = Rules(None, None, until, untrusted, len(untrusted), float(said["delay"]), int(said["sitemaps"]))
    else:
        parsed = Protego.parse(_text(untrusted))
        rules = Rules(parsed, None, until, b"", len(untrusted), _delay(parsed), len(list(parsed.sitemaps)))
    return rules if rules.crawl_delay_s <= CRAWL_DELAY_LIMIT_S else Rules(closed="robots-crawl-delay")


def summary(untrusted: bytes) -> dict[str, Any]:
    """Job: return the crawl delay and the number of sitemaps a file names, or raise TooManyRules."""
    parsed = _bounded(untrusted)
    return {"delay": _delay(parsed), "sitemaps": len(list(parsed.sitemaps))}


def allows(untrusted: bytes, *, url: str) -> bool:
    """Job: return whether a file allows us an address."""
    return bool(_bounded(untrusted).can_fetch(url, TOKEN))


def _bounded(untrusted: bytes) -> Protego:
    text = _text(untrusted)
    if pairs(text) > PAIRS_LIMIT:
        raise TooManyRules
    return Protego.parse(text)


def _text(untrusted: bytes) -> str:
    return untrusted.decode("utf-8-sig", errors="replace")


def _delay(parsed: Protego) -> float:
    return float(parsed.crawl_delay(TOKEN) or 0.0)


def pairs(text: str) -> int:
    """Return how many pairs of agent and rule a parser would make, counted by the most generous reading of the file."""
    found = agents = 0
    naming = False
    for line in text.splitlines():
        start = line.lstrip()[:4].lower()
        if not start or start.startswith("#"):
            continue
        if start == "user":
            # An agent with an asterisk in its name counts as two.
            agents = (agents if naming else 0) + 2
            naming = True
        else:
            naming = False
        found += agents
    return found
