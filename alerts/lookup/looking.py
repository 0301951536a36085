"""Look up whom to write to about one host, and say of each source what it gave or why it gave nothing."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from alerts.contacts import Door, registrable
from alerts.lookup import rdap, security_txt
from alerts.lookup.bootstrap import Bootstrap
from alerts.lookup.fetching import Fetcher, NoAnswer
from egress.dial import Refused, resolve_checked

T = TypeVar("T")
Resolver = Callable[[str], list[str]]
SECURITY_TXT, RDAP_NETWORK, RDAP_DOMAIN, MAILBOX = "security.txt", "rdap-network", "rdap-domain", "rfc2142"


@dataclass(frozen=True)
class LookedUp:
    """What is known about a host since `at`: doors by role ("site", "host", "registrar"), and what was missed, why."""

    host: str
    at: datetime
    site_ip: str | None
    network: str
    network_id: str
    registrar: str
    registrar_id: str
    doors: tuple[tuple[str, Door], ...]
    missed: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        """Return this as plain JSON values."""
        doors = [[role, vars(door)] for role, door in self.doors]
        return {**vars(self), "at": self.at.isoformat(), "doors": doors, "missed": [list(each) for each in self.missed]}


def from_json(kept: dict[str, Any]) -> LookedUp:
    """Return what `as_json` gave."""
    doors = tuple((role, Door(**door)) for role, door in kept["doors"])
    missed = tuple((source, why) for source, why in kept["missed"])
    return LookedUp(**{**kept, "at": datetime.fromisoformat(kept["at"]), "doors": doors, "missed": missed})


@dataclass(frozen=True)
class LookUp:
    """Asks every source once. `ask_the_host` also asks the host itself, for its security.txt and nothing else."""

    fetcher: Fetcher
    bootstrap: Bootstrap
    resolve: Resolver
    ask_the_host: bool = False
    scheme: str = "https"

    def about(self, host: str, now: datetime) -> LookedUp:
        """Return what the sources say about a host. Never raises for a source that is silent: that is a finding."""
        notes = Notes(now)
        number = notes.tried(RDAP_NETWORK, lambda: self._number(host))
        network = notes.tried(RDAP_NETWORK, lambda: self._network(number)) if number else None
        domain = registrable(host)
        registrar = notes.tried(RDAP_DOMAIN, lambda: self._registrar(domain))
        notes.mailboxes("host", RDAP_NETWORK, network)
        notes.mailboxes("registrar", RDAP_DOMAIN, registrar)
        self._ask_site(host, notes)
        if domain:
            notes.door(
                "site",
                "email",
                f"abuse@{domain}",
                MAILBOX,
                "M",
                "by convention only: nobody has checked that it is read",
            )
        return LookedUp(
            host=host,
            at=now,
            site_ip=number,
            network=network.name if network else "",
            network_id=network.id if network else "",
            registrar=registrar.name if registrar else "",
            registrar_id=registrar.id if registrar else "",
            doors=tuple(notes.doors),
            missed=tuple(dict.fromkeys(notes.missed)),
        )

    def _number(self, host: str) -> str:
        try:
            return str(ipaddress.ip_address(host))
        except ValueError:
            return self.resolve(host)[0]

    def _network(self, number: str) -> rdap.Answer:
        base = self.bootstrap.for_address(number)
        if base is None:
            raise NoAnswer("no-server-known")
        return rdap.network(self.fetcher, base, number)

    def _registrar(self, domain: str | None) -> rdap.Answer:
        base = self.bootstrap.for_domain(domain) if domain else None
        if domain is None or base is None:
            raise NoAnswer("no-server-known")
        return rdap.domain(self.fetcher, base, domain)

    def _ask_site(self, host: str, notes: "Notes") -> None:
        if not self.ask_the_host:
            notes.missed.append((SECURITY_TXT, "not-asked"))
            return
        address = f"{self.scheme}://{host}{security_txt.PATH}"
        body = notes.tried(SECURITY_TXT, lambda: self.fetcher.get(address, "text/plain", same_host=True))
        found = security_txt.contacts(body, notes.now) if body else []
        if body and not found:
            notes.missed.append((SECURITY_TXT, "nothing-usable"))
        for kind, value in found:
            notes.door("site", kind, value, SECURITY_TXT, "M", "meant for security holes: say at once what it is about")


class Notes:
    """What the sources gave so far, and which gave nothing, why."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.doors: list[tuple[str, Door]] = []
        self.missed: list[tuple[str, str]] = []

    def tried(self, source: str, ask: Callable[[], T]) -> T | None:
        """Return what `ask` gives; a source that gives nothing is noted."""
        try:
            return ask()
        except NoAnswer as error:
            self.missed.append((source, error.slug))
        except Refused as error:
            self.missed.append((source, error.reason))
        return None

    def mailboxes(self, role: str, source: str, answer: rdap.Answer | None) -> None:
        """Note the abuse mailboxes of an answer."""
        if answer is not None and not answer.mailboxes:
            self.missed.append((source, "no-abuse-contact"))
        for mailbox in answer.mailboxes if answer else ():
            self.door(role, "email", mailbox, source, "M", answer.name if answer else "")

    def door(self, role: str, kind: str, value: str, source: str, certainty: str, note: str) -> None:
        """Note one way in."""
        day = self.now.date().isoformat()
        self.doors.append((role, Door("abuse", kind, value, certainty, source, day, note)))


def resolver(*, allow_loopback: bool) -> Resolver:
    """Return the resolver of this machine, guarded: a name with one private address has none."""
    return lambda host: resolve_checked(host, 443, allow_loopback=allow_loopback)
