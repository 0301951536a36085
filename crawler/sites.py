"""Sites, the unit of pace: a registrable domain (example.co.kr with all its hosts), or host:port for an address."""

from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any

from egress.addresses import BadAddress, host_of, port_of, refusal

MANY = 20_000
LOWEST, HIGHEST = -(2**31), 2**31 - 1


def site_of(url: str) -> str:
    """Return the site a URL belongs to. Raises BadAddress where no browser could contact it."""
    return _site_at(host_of(url), port_of(url))


def number_of(url: str) -> int:
    """Return the number by which the frontier sorts a URL's site, 32 bits with a sign.

    Two sites may have one number; then the frontier takes them for one, and each keeps its own pace all the same.
    """
    try:
        return number(site_of(url))
    except BadAddress:
        return 0


@lru_cache(maxsize=MANY)
def number(site: str) -> int:
    """Return the number of a site by its name; never the lowest, which stands before all of them."""
    digest = blake2b(site.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return max(int.from_bytes(digest, "big", signed=True), LOWEST + 1)


@lru_cache(maxsize=MANY)
def _site_at(host: str, port: int) -> str:
    """A numeric address, and a name that has no registrable domain, are each a site with their port."""
    if refusal(host) != "not-an-address":
        return f"{host}:{port}"
    return _suffixes()(host).top_domain_under_public_suffix or f"{host}:{port}"


@cache
def _suffixes() -> Any:
    # Slow to import (0.3 s), and only who crawls asks.
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
