"""Whom to write to: the platform a page's host belongs to, else what nobody has looked up yet."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import tldextract

from alerts.untrusted import host_line

if TYPE_CHECKING:
    from alerts.lookup.looking import LookedUp
    from alerts.notices.facts import Fact, Facts

# Which doors of a platform fit a notice, best first. The doors kept for authorities are never offered.
PURPOSES = {
    "eu_dsa_16": ("dsa", "ncii"),
    "eu_dsa_art20_complaint": ("dsa",),
    "kr_network_act_44_2": ("privacy", "ncii"),
    "kr_pipa_36": ("privacy",),
    "gdpr_art17_21": ("privacy",),
    "uk_gdpr_ico": ("privacy",),
    "us_dmca_512c3": ("copyright",),
}
DEFAULT_PURPOSES = ("ncii",)
# Letters to who is behind a site: the role of the doors looked up, and how the directory knows the company.
ROLES = {"cdn_host_abuse": ("host", "networks"), "registrar_abuse": ("registrar", "registrar_ids")}
NOT_LOOKED_UP = ("report-form-on-the-page", "security.txt", "rdap-abuse-contact", "rfc2142-abuse-mailbox")


@dataclass(frozen=True)
class Door:
    """One way in: a form, an address or a menu, with how sure we are, where it was read and when."""

    purpose: str
    kind: str
    value: str
    certainty: str
    source: str
    as_of: str
    note: str = ""


@dataclass(frozen=True)
class Desk:
    """Who should get a notice about `host`: the doors we know, and what was not looked up."""

    host: str
    platform: str | None
    doors: tuple[Door, ...]
    not_looked_up: tuple[str, ...]
    site_ip: str | None = None
    resolved_at: datetime | None = None

    @property
    def name(self) -> str:
        """Return what to call the recipient: the platform's name, or the bare host."""
        return self.platform or self.host

    def as_json(self) -> dict[str, Any]:
        """Return this desk as plain JSON values."""
        doors = [{key: value for key, value in vars(door).items() if value} for door in self.doors]
        return {
            "host": self.host,
            "platform": self.platform,
            "doors": doors,
            "not_looked_up": list(self.not_looked_up),
            "site_ip": self.site_ip,
            "resolved_at": self.resolved_at.isoformat() if self.resolved_at else None,
        }


def whom_to_write_to(page_url: str, notice_type: str, known: "Facts", looked: "LookedUp | None" = None) -> Desk:
    """Return the desk for the page at `page_url` (untrusted), by the host a browser would go to.

    The platform directory comes first; for other hosts `looked` says what was looked up, and when.
    """
    host, platform = platform_of(page_url, known)
    seen = (looked.site_ip, looked.at) if looked and looked.site_ip else (None, None)
    if notice_type in ROLES:
        name, doors = _behind(notice_type, known, looked)
        return Desk(host, name, doors, _missed(looked, doors), *seen)
    if platform is None:
        own = tuple(door for role, door in looked.doors if role == "site") if looked else ()
        doors = (*_national_doors(notice_type, known), *own)
        return Desk(host, None, doors, _missed(looked, own), *seen)
    doors = _doors(platform, PURPOSES.get(notice_type, DEFAULT_PURPOSES))
    return Desk(host, str(platform["names"][0]), doors, () if doors else NOT_LOOKED_UP, *seen)


def _behind(notice_type: str, known: "Facts", looked: "LookedUp | None") -> tuple[str | None, tuple[Door, ...]]:
    """Who runs the network or registered the domain: the directory's doors before the mailbox RDAP names."""
    if looked is None:
        return None, ()
    role, key = ROLES[notice_type]
    id, name = (looked.network_id, looked.network) if role == "host" else (looked.registrar_id, looked.registrar)
    company = next((fact for fact in known.platforms() if id and id in fact.get(key, ())), None)
    listed = _doors(company, DEFAULT_PURPOSES) if company else ()
    found = tuple(door for each, door in looked.doors if each == role)
    return (str(company["names"][0]) if company else name or None), (*listed, *found)


def _missed(looked: "LookedUp | None", doors: tuple[Door, ...]) -> tuple[str, ...]:
    if looked is None:
        return () if doors else NOT_LOOKED_UP
    return tuple(f"{source} ({why})" for source, why in looked.missed)


def platform_of(page_url: str, known: "Facts") -> "tuple[str, Fact | None]":
    """Return the host of a page (untrusted address) as a browser reads it, and the platform it belongs to."""
    host = host_line(page_url) or ""
    return host, next((fact for fact in known.platforms() if host and _serves(fact, host)), None)


def registrable(host: str) -> str | None:
    """Return the domain somebody registered for `host` (ASCII), None for a number or a bare suffix.

    By the public suffix list that comes with tldextract: no list is ever downloaded.
    """
    if any(sign.isdigit() for sign in host.rpartition(".")[2]) or ":" in host:
        return None
    found = _suffixes()(host)
    if found.suffix:
        return found.top_domain_under_public_suffix or None
    labels = host.split(".")  # a suffix the list does not know counts as one label, as the list's own rule "*" says
    return ".".join(labels[-2:]) if len(labels) > 1 else None


@lru_cache(maxsize=1)
def _suffixes() -> tldextract.TLDExtract:
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def _serves(platform: "Fact", host: str) -> bool:
    """A host belongs to a platform when it is one of its hosts or lies below one, never by looking alike."""
    if host in platform.get("exact_hosts", ()):
        return True
    return any(host == own or host.endswith(f".{own}") for own in platform.get("hosts", ()))


def _national_doors(notice_type: str, known: "Facts") -> tuple[Door, ...]:
    """What the law of a country asks every site to have, for a site that no directory knows."""
    country = notice_type.partition("_")[0].upper()
    general = [fact for fact in known.platforms() if fact.get("country") == country]
    return tuple(door for fact in general for door in _doors(fact, DEFAULT_PURPOSES))


def _doors(platform: "Fact", purposes: tuple[str, ...]) -> tuple[Door, ...]:
    wanted = [c for purpose in purposes for c in platform["channels"] if c["purpose"] == purpose]
    return tuple(
        Door(
            purpose=c["purpose"],
            kind=c["kind"],
            value=c["value"],
            certainty=c["certainty"],
            source=c["source"],
            as_of=str(c["as_of"]),
            note=c.get("note", ""),
        )
        for c in wanted
    )
