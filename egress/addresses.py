"""Which addresses we may dial, and what a URL's host really is: one public host, as a browser would read it.

A page can make us connect wherever it likes by naming an address, a name that resolves to it, or a redirect.
The answer is always decided on the numeric address that is about to be dialled, after every embedded IPv4
form has been unwrapped. Sources: IANA special-purpose address registries (RFC 6890), RFC 4291, RFC 6052.
"""

import ipaddress
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import ada_url

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

ALLOW_LOOPBACK = "WATCHLIGHT_ALLOW_LOOPBACK"
LONGEST_URL = 4096
MANY = 16_384
"""Answers kept: one request asks the same of its address half a dozen times, and pages link to the same ones."""

_V4 = [
    ("unspecified", "0.0.0.0/8"),
    ("private", "10.0.0.0/8"),
    ("carrier-nat", "100.64.0.0/10"),
    ("link-local", "169.254.0.0/16"),
    ("private", "172.16.0.0/12"),
    ("reserved", "192.0.0.0/24"),
    ("documentation", "192.0.2.0/24"),
    ("reserved", "192.31.196.0/24"),
    ("reserved", "192.52.193.0/24"),
    ("reserved", "192.88.99.0/24"),
    ("private", "192.168.0.0/16"),
    ("reserved", "192.175.48.0/24"),
    ("benchmark", "198.18.0.0/15"),
    ("documentation", "198.51.100.0/24"),
    ("documentation", "203.0.113.0/24"),
    ("multicast", "224.0.0.0/4"),
    ("reserved", "240.0.0.0/4"),
    # Public by number, but the host agent of one large cloud answers there from inside.
    ("metadata", "168.63.129.16/32"),
]
_V6 = [
    ("reserved", "2001::/23"),
    ("documentation", "2001:db8::/32"),
    ("reserved", "2620:4f:8000::/48"),
    ("documentation", "3fff::/20"),
    ("private", "fc00::/7"),
    ("link-local", "fe80::/10"),
    ("private", "fec0::/10"),
    ("multicast", "ff00::/8"),
]
_REFUSED_V4 = [(reason, ipaddress.IPv4Network(network)) for reason, network in _V4]
_REFUSED_V6 = [(reason, ipaddress.IPv6Network(network)) for reason, network in _V6]
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_V4_COMPATIBLE = ipaddress.IPv6Network("::/96")
_SIXTOFOUR = ipaddress.IPv6Network("2002::/16")
_TEREDO = ipaddress.IPv6Network("2001::/32")


class BadAddress(ValueError):
    """A URL that a browser would refuse, or that is not a plain http(s) address."""


def loopback_allowed(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether the operator opened loopback for tests or the demo (nothing else is ever opened)."""
    return environ.get(ALLOW_LOOPBACK) == "1"


@lru_cache(maxsize=MANY)
def refusal(address: str, *, allow_loopback: bool = False) -> str | None:
    """Return why the numeric `address` must not be dialled, as a short slug; None means it is public."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "not-an-address"
    for inner in _unwrapped(parsed):
        reason = _refusal_of(inner, allow_loopback)
        if reason is not None:
            return reason
    return None


def _unwrapped(address: IPAddress) -> list[IPAddress]:
    """Return the addresses that count: the IPv4 address inside where there is one, else itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    low = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _NAT64 or (address in _V4_COMPATIBLE and int(address) > 1):
        return [low]
    if address in _SIXTOFOUR:
        return [ipaddress.IPv4Address((int(address) >> 80) & 0xFFFFFFFF)]
    if address in _TEREDO:
        return [
            ipaddress.IPv4Address((int(address) >> 64) & 0xFFFFFFFF),
            ipaddress.IPv4Address(int(low) ^ 0xFFFFFFFF),
        ]
    return [address]


def _refusal_of(address: IPAddress, allow_loopback: bool) -> str | None:
    if address.is_loopback:
        return None if allow_loopback else "loopback"
    if isinstance(address, ipaddress.IPv4Address):
        return next((reason for reason, network in _REFUSED_V4 if address in network), None)
    for reason, network in _REFUSED_V6:
        if address in network:
            return reason
    return None if address in _GLOBAL_UNICAST else "reserved"


def normal(url: str) -> str:
    """Return `url` as a browser would send it (WHATWG), without its fragment; raise BadAddress otherwise."""
    return _read(url).href


def host_of(url: str) -> str:
    """Return the host a browser would contact: lower case, punycode, numeric forms as an IP; no port."""
    return _read(url).host


def port_of(url: str) -> int:
    """Return the port a browser would contact."""
    return _read(url).port


def path_of(url: str) -> str:
    """Return the path a browser would ask for, without the query."""
    return _read(url).path


class _Address(NamedTuple):
    href: str
    host: str
    port: int
    path: str


@lru_cache(maxsize=MANY)
def _read(url: str) -> _Address:
    """Take an address apart once; each property of a parsed one is a call into C."""
    parsed = _parsed(url)
    parsed.hash = ""
    secure = parsed.protocol == "https:"
    port = int(parsed.port) if parsed.port else (443 if secure else 80)
    return _Address(str(parsed.href), str(parsed.hostname).strip("[]"), port, str(parsed.pathname))


def _parsed(url: str) -> ada_url.URL:
    if len(url) > LONGEST_URL:
        raise BadAddress(f"the address is longer than {LONGEST_URL} characters")
    try:
        parsed = ada_url.URL(url)
    except ValueError as error:
        raise BadAddress("not an address a browser would open") from error
    if parsed.protocol not in ("http:", "https:"):
        raise BadAddress("only http and https addresses are fetched")
    if parsed.username or parsed.password:
        raise BadAddress("an address with a user name or password is not public")
    if not parsed.hostname:
        raise BadAddress("the address names no host")
    return parsed
