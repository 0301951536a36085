"""What is missing on this machine, in plain words, and how to get it: the checks behind `watchlight doctor`."""

import os
import shutil
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

NEWEST_KNOWN_DAY = datetime(2026, 11, 1, tzinfo=UTC)
SMTP_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `state` is "well", "missing" (works without, at a cost) or "broken" (must be mended)."""

    name: str
    state: str
    words: str
    remedy: str = ""


def examine(environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Look at everything Watchlight stands on, one finding each; a check that itself fails is a finding too."""
    for name, check in CHECKS.items():
        try:
            yield check(environ)
        except Exception as error:  # noqa: BLE001 - whatever a machine can do wrong is a finding, not a crash
            yield Finding(name, "broken", f"The check failed: {error}", "Mend that and run `watchlight doctor` again.")


def python(environ: Mapping[str, str]) -> Finding:
    """Is this a Python we test on?"""
    del environ
    version = ".".join(str(part) for part in sys.version_info[:3])
    if (3, 11) <= sys.version_info[:2] < (3, 15):
        return Finding("python", "well", f"Python {version}")
    return Finding("python", "broken", f"Python {version} is not supported.", "Use Python 3.11 to 3.14.")


def data_folder(environ: Mapping[str, str]) -> Finding:
    """Can the data folder be written, is it private, and is there room?"""
    from matchers.home import home

    folder = home(environ)
    probe = folder / ".doctor"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return Finding(
            "data folder",
            "broken",
            f"{folder} cannot be written: {error.strerror}.",
            "Look at its disk: is it there, read-only, another's? Once it can be written, all goes on by itself.",
        )
    free_mb = shutil.disk_usage(folder).free // 2**20
    if free_mb < 500:
        return Finding("data folder", "broken", f"{folder}: only {free_mb} MB free.", "Make room: at least 500 MB.")
    if folder.stat().st_mode & 0o077:
        return Finding("data folder", "broken", f"{folder} can be read by others.", f"chmod 700 {folder}")
    return Finding("data folder", "well", f"{folder}, {free_mb} MB free")


def crawl_store(environ: Mapping[str, str]) -> Finding:
    """Does the crawl store open, with its tables as this version wants them?"""
    from crawler.store import CrawlStore
    from matchers.sightings import crawl_database_url

    store = CrawlStore.open(crawl_database_url(environ))
    return Finding("crawl store", "well", f"{store.engine.dialect.name}, {len(store.targets.all())} targets")


def registry(environ: Mapping[str, str]) -> Finding:
    """Does the registry open, and does its key fit?"""
    from registry.database import Registry

    opened = Registry.open(environ=environ)
    with opened.transaction():
        pass
    return Finding("registry", "well", f"{opened.engine.dialect.name}, the key fits")


def fleet(environ: Mapping[str, str]) -> Finding:
    """Does the Valkey of a fleet answer, and does it keep what it is given?"""
    from crawler.errors import CrawlerError
    from crawler.fleet.connection import setup_of, valkey_url

    if not valkey_url(environ):
        return Finding("fleet", "well", "one crawler alone (WATCHLIGHT_VALKEY_URL is not set)")
    try:
        version, policy = setup_of(valkey_url(environ))
    except CrawlerError as error:
        return Finding(
            "fleet", "broken", f"Valkey cannot be used: {error}", "Start it, or check WATCHLIGHT_VALKEY_URL."
        )
    if policy not in ("noeviction", ""):
        return Finding(
            "fleet",
            "broken",
            f"Valkey {version} throws keys away when its memory is full ({policy}): leases would vanish.",
            "Set `maxmemory-policy noeviction`.",
        )
    return Finding("fleet", "well", f"Valkey {version} answers")


def browser(environ: Mapping[str, str]) -> Finding:
    """Is there a Chromium that starts?"""
    from crawler.browser import find_chromium

    found = find_chromium(environ)
    if found is None:
        return Finding(
            "browser",
            "missing",
            "No Chromium found: pages whose pictures only appear through JavaScript are not seen; all else works.",
            "Install the package `chromium`, or run `watchlight doctor --get-browser`, or set WATCHLIGHT_CHROMIUM.",
        )
    asked = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=30, check=False)
    if asked.returncode != 0:
        return Finding("browser", "broken", f"{found} does not start.", "Install Chromium's missing libraries.")
    return Finding("browser", "well", f"{asked.stdout.strip()} ({found})")


def fonts(environ: Mapping[str, str]) -> Finding:
    """Can a page with Hangul be drawn? Only pictures of pages and print need it."""
    del environ
    if shutil.which("fc-list") is None:
        return Finding("fonts", "missing", "fontconfig is not installed.", "Install `fontconfig` and `fonts-nanum`.")
    asked = subprocess.run(["fc-list", ":lang=ko"], capture_output=True, text=True, timeout=30, check=False)
    if asked.stdout.strip():
        return Finding("fonts", "well", "a font with Hangul is there")
    return Finding(
        "fonts",
        "missing",
        "No font with Hangul: Korean letters look like boxes when printed from this machine.",
        "Install `fonts-nanum` or another Korean font.",
    )


def mail(environ: Mapping[str, str]) -> Finding:
    """Does the mail server answer?"""
    address = environ.get("WATCHLIGHT_SMTP_URL")
    if not address:
        return Finding(
            "mail",
            "missing",
            "WATCHLIGHT_SMTP_URL is not set: alerts by mail wait in the outbox.",
            "Set it, for instance smtp+starttls://USER:PASSWORD@mail.example.org:587, and WATCHLIGHT_MAIL_FROM.",
        )
    parts = urlsplit(address)
    port = parts.port or SMTP_PORTS.get(parts.scheme, 25)
    connect: Callable[..., smtplib.SMTP] = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    try:
        with connect(parts.hostname or "", port, timeout=10) as server:
            server.noop()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Finding("mail", "broken", f"The mail server does not answer: {reason}.", "Check WATCHLIGHT_SMTP_URL.")
    return Finding("mail", "well", f"the mail server answers on port {port}")


def clock(environ: Mapping[str, str]) -> Finding:
    """Is the clock plausible? Deadlines of notices and one-time links hang on it."""
    del environ
    if datetime.now(UTC) < NEWEST_KNOWN_DAY:
        return Finding("clock", "broken", f"The clock says {time.strftime('%Y-%m-%d')}.", "Set the clock (NTP).")
    return Finding("clock", "well", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))


def contact(environ: Mapping[str, str]) -> Finding:
    """Can the owner of a site reach the operator?"""
    if environ.get("WATCHLIGHT_CONTACT"):
        return Finding("contact", "well", "site owners can reach you")
    return Finding(
        "contact",
        "missing",
        "WATCHLIGHT_CONTACT is not set: site owners cannot see who crawls them.",
        "Set it to a mail address or a page about your crawler.",
    )


def guard(environ: Mapping[str, str]) -> Finding:
    """Is the guard against internal addresses closed?"""
    if environ.get("WATCHLIGHT_ALLOW_LOOPBACK") == "1":
        return Finding(
            "guard",
            "broken",
            "WATCHLIGHT_ALLOW_LOOPBACK=1 opens this machine's own services to the crawler.",
            "Unset it outside tests and the demo.",
        )
    return Finding("guard", "well", "the crawler dials public addresses only")


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
