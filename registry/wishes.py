"""How a person wants to be told: which values these wishes can have, and what cannot be right."""

import re
from typing import TYPE_CHECKING

from registry.errors import BadValue

if TYPE_CHECKING:
    from registry.people import Person

DIGESTS = ("now", "daily", "weekly")
DETAILS = ("news", "counts", "kinds")  # only that there is news; how many; how many of which kind
ALL_CLEARS = ("off", "weekly", "monthly")
FIRST = ("me", "supporter", "supporter-only")
CHOICES = {"digest": DIGESTS, "detail": DETAILS, "all_clear": ALL_CLEARS, "told_first": FIRST}
CHANNELS = ("smtp", "webhook", "apprise")
CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
QUIET = re.compile(rf"({CLOCK})-({CLOCK})")


def refuse_wishes(person: "Person") -> None:
    """Raise BadValue, naming the field, for a wish that nobody can follow."""
    for name, choices in CHOICES.items():
        if getattr(person, name) not in choices:
            raise BadValue(f"The {name} is one of {', '.join(choices)}.")
    if not re.fullmatch(CLOCK, person.digest_at):
        raise BadValue("The digest_at is a time of day such as 10:00.")
    if person.quiet is not None:
        hours = QUIET.fullmatch(person.quiet)
        if hours is None or hours[1] == hours[2]:
            raise BadValue("The quiet hours look like 22:00-08:00: when they begin and when they end.")
    if person.supporter_email is not None and not looks_like_mail(person.supporter_email):
        raise BadValue("The supporter_email must look like name@example.org.")
    if person.told_first != "me" and person.supporter_email is None:
        raise BadValue("The told_first names a supporter: give their supporter_email, too.")
    if person.apprise_url is not None and "://" not in person.apprise_url:
        raise BadValue("The apprise_url looks like tgram://token/chat: see docs/alerts.md for what can be used.")


def looks_like_mail(address: str) -> bool:
    """Say whether somebody could be reached there; whether they can is seen when it is tried."""
    return "@" in address[1:-1] and " " not in address


def reachable(email: str | None, webhook_url: str | None, apprise_url: str | None) -> tuple[str, ...]:
    """Return the channels there is an address for."""
    return tuple(name for name, address in zip(CHANNELS, (email, webhook_url, apprise_url), strict=True) if address)
