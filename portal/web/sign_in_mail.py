"""The mail with a one-time sign-in link: neutral subject, the person's phrase, no name of this service."""

import logging
from datetime import timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_time

from portal.web import metrics
from portal.web.house import House
from portal.web.language import choose, languages
from portal.web.mail import MailFailed
from registry import people, signin

log = logging.getLogger(__name__)

LINK_LIFE = timedelta(minutes=30)


def send_link(at_home: House, untrusted_address: str, language: str) -> None:
    """Mail a link to the address if it has an account; the address in the registry is the one written to."""
    with at_home.registry.transaction("portal") as tx:
        person = people.by_email(tx, untrusted_address)
        if person is None or person.email is None:
            metrics.SIGN_IN.labels(outcome="unknown").inc()
            return
        token = signin.new_link(tx, person, life=LINK_LIFE)
        until = tx.now() + LINK_LIFE
    words = languages()[choose(person.language, None, language)]
    clock = format_time(until, "short", tzinfo=ZoneInfo(person.timezone), locale=words.language)
    body = words("sign_in.mail_body", until=clock, link=link_to(at_home.settings.portal_url, token))
    if person.phrase:
        body = f"{person.phrase}\n\n{body}"
    try:
        at_home.mail(person.email, words("sign_in.mail_subject"), body)
        metrics.SIGN_IN.labels(outcome="link-sent").inc()
    except MailFailed as error:
        # The person sees the same page either way; the operator sees this line and the counter.
        log.warning("a sign-in link could not be mailed: %s", error)
        metrics.SIGN_IN.labels(outcome="mail-failed").inc()


def link_to(portal_url: str, token: str) -> str:
    """Return the address that a one-time link has."""
    return f"{portal_url.rstrip('/')}/sign-in/{token}"
