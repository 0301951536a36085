"""Which RDAP server answers for a domain or a number: IANA's registries (RFC 9224), kept as data, never downloaded."""

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from matchers.home import home


@dataclass(frozen=True)
class Bootstrap:
    """The three registries: services of domains, IPv4 and IPv6 blocks, and the day each was published."""

    domains: Mapping[str, str]
    networks: tuple[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, str], ...]
    published: Mapping[str, str]

    def for_domain(self, domain: str) -> str | None:
        """Return the base address of the RDAP server of a domain, by its longest known ending."""
        labels = domain.lower().split(".")
        return next(
            (self.domains[end] for n in range(len(labels)) if (end := ".".join(labels[n:])) in self.domains), None
        )

    def for_address(self, address: str) -> str | None:
        """Return the base address of the RDAP server of an IP address, by its smallest known block."""
        number = ipaddress.ip_address(address)
        fitting = [
            (net.prefixlen, base) for net, base in self.networks if net.version == number.version and number in net
        ]
        return max(fitting)[1] if fitting else None


def bootstrap(folder: Path | None = None) -> Bootstrap:
    """Return the registries: a file in the data folder's `rdap/` wins over the one that came along."""
    return _read(str(folder or home() / "rdap"))


@lru_cache(maxsize=4)
def _read(folder: str) -> Bootstrap:
    read = {name: _file(Path(folder), name) for name in ("dns", "ipv4", "ipv6")}
    domains = {end.lower(): base for ends, bases in read["dns"]["services"] if (base := _secure(bases)) for end in ends}
    networks = tuple(
        (ipaddress.ip_network(block), base)
        for name in ("ipv4", "ipv6")
        for blocks, bases in read[name]["services"]
        if (base := _secure(bases))
        for block in blocks
    )
    return Bootstrap(domains, networks, {name: str(one["publication"]) for name, one in read.items()})


def _file(folder: Path, name: str) -> dict[str, Any]:
    newer = folder / f"{name}.json"
    place = newer if newer.is_file() else files("alerts.lookup") / "bootstrap" / f"{name}.json"
    content: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
    return content


def _secure(bases: list[str]) -> str | None:
    """Only https: an answer that anybody on the way can write would name anybody as the abuse desk."""
    return next((base for base in bases if base.startswith("https://")), None)
