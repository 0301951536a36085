"""What is missing on this machine, in plain words, and how to get it: the checks behind `watchlight doctor`."""

import os
import shutil
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from portal.web.language import DEFAULT, languages

NEWEST_KNOWN_DAY = datetime(2026, 11, 1, tzinfo=UTC)
SMTP_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `state` is "well", "missing" (works without, at a cost) or "broken" (must be mended).

    `said` is the key of its sentence in the portal's words (`health.say`, and `health.do` where something is to be
    done), which `facts` fill in.
    """

    name: str
    state: str
    said: str
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """What was found, in English."""
        return languages()[DEFAULT](f"health.say.{self.said}", **self.facts)

    @property
    def remedy(self) -> str:
        """What to do about it, in English; empty where all is well."""
        english, key = languages()[DEFAULT], f"health.do.{self.said}"
        return english(key, **self.facts) if english.has(key) else ""


def examine(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Look at everything Watchlight stands on, one finding each; a check that itself fails is a finding too."""
    for name, check in CHECKS.items():
        try:
            yield check(environ)
        except Exception as error:  # noqa: BLE001 - whatever a machine can do wrong is a finding, not a crash
            yield Finding(name, "broken", "failed", {"error": error})


def python(environ: Mapping[str, str]) -> Finding:
    """Is this a Python we test on?"""
    del environ
    version = ".".join(str(part) for part in sys.version_info[:3])
    if (3, 11) <= sys.version_info[:2] < (3, 15):
        return Finding("python", "well", "python", {"version": version})
    return Finding("python", "broken", "python_unsupported", {"version": version})


def data_folder(environ: Mapping[str, str]) -> Finding:
    """Can the data folder be written, is it private, and is there room?"""
    from matchers.home import home

    folder = home(environ)
    probe = folder / ".doctor"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return Finding("data folder", "broken", "folder_unwritable", {"folder": folder, "error": error.strerror})
    free_mb = shutil.disk_usage(folder).free // 2**20
    if free_mb < 500:
        return Finding("data folder", "broken", "folder_full", {"folder": folder, "free": free_mb})
    if folder.stat().st_mode & 0o077:
        return Finding("data folder", "broken", "folder_open", {"folder": folder})
    return Finding("data folder", "well", "folder", {"folder": folder, "free": free_mb})


def crawl_store(environ: Mapping[str, str]) -> Finding:
    """Does the crawl store open, with its tables as this version wants them?"""
    from crawler.store import CrawlStore
    from matchers.sightings import crawl_database_url

    store = CrawlStore.open(crawl_database_url(environ))
    facts = {"kind": store.engine.dialect.name, "targets": len(store.targets.all())}
    return Finding("crawl store", "well", "crawl_store", facts)


def registry(environ: Mapping[str, str]) -> Finding:
    """Does the registry open, and does its key fit?"""
    from registry.database import Registry

    opened = Registry.open(environ=environ)
    with opened.transaction():
        pass
    return Finding("registry", "well", "registry", {"kind": opened.engine.dialect.name})


def fleet(environ: Mapping[str, str]) -> Finding:
    """Does the Valkey of a fleet answer, and does it keep what it is given?"""
    from crawler.errors import CrawlerError
    from crawler.fleet.connection import setup_of, valkey_url

    if not valkey_url(environ):
        return Finding("fleet", "well", "alone")
    try:
        version, policy = setup_of(valkey_url(environ))
    except CrawlerError as error:
        return Finding("fleet", "broken", "valkey_away", {"error": error})
    if policy not in ("noeviction", ""):
        return Finding("fleet", "broken", "valkey_forgets", {"version": version, "policy": policy})
    return Finding("fleet", "well", "valkey", {"version": version})


def browser(environ: Mapping[str, str]) -> Finding:
    """Is there a Chromium that starts?"""
    from crawler.browser import find_chromium

    found = find_chromium(environ)
    if found is None:
        return Finding("browser", "missing", "no_browser")
    asked = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=30, check=False)
    if asked.returncode != 0:
        return Finding("browser", "broken", "browser_fails", {"file": found})
    return Finding("browser", "well", "browser", {"version": asked.stdout.strip(), "file": found})


def fonts(environ: Mapping[str, str]) -> Finding:
    """Can a page with Hangul be drawn? Only pictures of pages and print need it."""
    del environ
    if shutil.which("fc-list") is None:
        return Finding("fonts", "missing", "no_fontconfig")
    asked = subprocess.run(["fc-list", ":lang=ko"], capture_output=True, text=True, timeout=30, check=False)
    if asked.stdout.strip():
        return Finding("fonts", "well", "fonts")
    return Finding("fonts", "missing", "no_hangul")


def mail(environ: Mapping[str, str]) -> Finding:
    """Does the mail server answer?"""
    address = environ.get("WATCHLIGHT_SMTP_URL")
    if not address:
        return Finding("mail", "missing", "no_mail")
    parts = urlsplit(address)
    port = parts.port or SMTP_PORTS.get(parts.scheme, 25)
    connect: Callable[..., smtplib.SMTP] = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    try:
        with connect(parts.hostname or "", port, timeout=10) as server:
            server.noop()
    except OSError as error:
        return Finding("mail", "broken", "mail_away", {"error": error.strerror or type(error).__name__})
    return Finding("mail", "well", "mail", {"port": port})


def clock(environ: Mapping[str, str]) -> Finding:
    """Is the clock plausible? Deadlines of notices and one-time links hang on it."""
    del environ
    if datetime.now(UTC) < NEWEST_KNOWN_DAY:
        return Finding("clock", "broken", "clock_wrong", {"day": time.strftime("%Y-%m-%d")})
    return Finding("clock", "well", "clock", {"now": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")})


def contact(environ: Mapping[str, str]) -> Finding:
    """Can the owner of a site reach the operator?"""
    if environ.get("WATCHLIGHT_CONTACT"):
        return Finding("contact", "well", "contact")
    return Finding("contact", "missing", "no_contact")


def guard(environ: Mapping[str, str]) -> Finding:
    """Is the guard against internal addresses closed?"""
    if environ.get("WATCHLIGHT_ALLOW_LOOPBACK") == "1":
        return Finding("guard", "broken", "guard_open")
    return Finding("guard", "well", "guard")


CHECKS: dict[str, Callable[[Mapping[str, str]], Finding]] = {
    "python": python,
    "data folder": data_folder,
    "crawl store": crawl_store,
    "registry": registry,
    "fleet": fleet,
    "browser": browser,
    "fonts": fonts,
    "mail": mail,
    "clock": clock,
    "contact": contact,
    "guard": guard,
}
