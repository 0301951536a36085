"""A look-up that somebody asked for: with this machine's resolver and RDAP registries, by the operator's settings."""

from collections.abc import Mapping
from datetime import UTC, datetime

from alerts.errors import AlertsError
from alerts.lookup.bootstrap import bootstrap
from alerts.lookup.fetching import Fetcher
from alerts.lookup.looking import LookedUp, LookUp, resolver
from alerts.untrusted import host_line
from egress.addresses import loopback_allowed

SETTING = "WATCHLIGHT_CONTACT_LOOKUPS"


def lookups_allowed(environ: Mapping[str, str]) -> bool:
    """Say whether people may start look-ups in the portal; on the command line the command itself is the asking."""
    return environ.get(SETTING) == "1"


def looked_up(page_url: str, environ: Mapping[str, str], *, ask_the_host: bool = False) -> LookedUp:
    """Ask about the host of a page (untrusted address). Nothing but the host leaves this function."""
    host = host_line(page_url)
    if host is None:
        raise AlertsError("The page has no host that could be looked up.")
    loopback = loopback_allowed(environ)
    asking = LookUp(Fetcher(allow_loopback=loopback), bootstrap(), resolver(allow_loopback=loopback), ask_the_host)
    return asking.about(host, datetime.now(UTC))
