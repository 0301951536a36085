"""How the person wants to be told, what did not reach them, and where was looked for them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi import Request, Response

from alerts.allclear import PERIODS, all_clear
from alerts.allclear_words import in_words
from alerts.channels.apprise import refuse_scheme
from alerts.errors import DeliveryFailed
from alerts.telling import change_wishes
from egress.addresses import loopback_allowed
from portal.coverage import looked_since, shown_places
from portal.web import pages
from portal.web.access import Role, Visitor, door, house, visitor_of
from portal.web.forms import Fields
from portal.web.rooms import room
from registry import cases
from registry.errors import BadValue
from registry.outbox import NO_CHANNEL
from registry.people import Person
from registry.wishes import ALL_CLEARS, CHANNELS, DETAILS, DIGESTS, FIRST, reachable

router = room()

CHOICES = {"digest": DIGESTS, "detail": DETAILS, "all_clear": ALL_CLEARS, "told_first": FIRST}
NAMED = ("quiet", "supporter_email", "supporter_phrase", "phrase", "timezone", "digest_at", "apprise_url")
TYPED = ("digest_at", "timezone", "phrase", "supporter_email", "supporter_phrase")


class CannotBeUsed(BadValue):
    """A messenger's address that is not on the list."""


@router.get("/me/messages")
@door(Role.PERSON)
def messages(request: Request) -> Response:
    """Show how the person is told, and what did not reach them."""
    return _form(request, visitor_of(request).someone)


@router.post("/me/messages")
@door(Role.PERSON)
def change(request: Request, fields: Fields) -> Response:
    """Keep the new wishes, or show the form again with what cannot be right."""
    visitor = visitor_of(request)
    try:
        with house(request).registry.transaction(str(visitor.someone.id)) as tx:
            changed = change_wishes(tx, visitor.someone, **_wishes(fields, visitor.someone))
    except BadValue as error:
        return _form(request, visitor.someone, wrong=_wrong(visitor, error), typed=fields)
    return _form(request, changed, saved=True)


@router.get("/me/looked")
@door(Role.PERSON)
def looked(request: Request) -> Response:
    """Say where was looked, what could not be seen, and what that does not mean."""
    visitor, at_home, now = visitor_of(request), house(request), datetime.now(UTC)
    since = now - PERIODS[visitor.someone.all_clear]
    counts = looked_since(at_home.crawl_store, since)
    with at_home.registry.reading() as tx:
        report = all_clear(tx, visitor.someone, since, now, counts)
    return pages.page(
        request,
        "person/looked.html",
        paragraphs=[each.splitlines() for each in in_words(report, visitor.words.language)],
        places=shown_places(at_home.crawl_store, since),
    )


def _form(
    request: Request,
    person: Person,
    *,
    saved: bool = False,
    wrong: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    with house(request).registry.reading() as tx:
        lost = cases.undeliverable(tx, person)
    begins, _, ends = (person.quiet or "").partition("-")
    values: dict[str, Any] = {name: getattr(person, name) or "" for name in (*CHOICES, *TYPED)}
    values |= {"quiet_from": begins, "quiet_to": ends, **(typed or {})}
    return pages.page(
        request,
        "person/messages.html",
        status=422 if wrong else 200,
        choices=CHOICES,
        values=values,
        reachable=reachable(person.email, person.webhook_url, person.apprise_url),
        chosen=[way for way in CHANNELS if (typed or {}).get(f"way-{way}")] if typed else person.channels,
        messenger=person.apprise_url is not None,
        lost=[each for each in lost if each.channel != NO_CHANNEL],
        saved=saved,
        wrong=wrong or {},
    )


def _wishes(fields: Mapping[str, str], person: Person) -> dict[str, Any]:
    """Return the fields of a person that the form says; an empty place empties what may be empty."""
    begins, ends = fields.get("quiet_from", ""), fields.get("quiet_to", "")
    wishes: dict[str, Any] = {name: fields[name] for name in CHOICES if name in fields}
    wishes |= {name: fields[name] or None for name in TYPED if name in fields}
    wishes["quiet"] = f"{begins}-{ends}" if begins or ends else None
    if url := fields.get("messenger_address"):
        _refuse(url)
        wishes["apprise_url"] = url
    elif "messenger_off" in fields:
        wishes["apprise_url"] = None
    for name in ("digest_at", "timezone"):
        if wishes.get(name) is None:
            wishes.pop(name, None)
    if "ways" in fields:  # a page that showed what can be ticked: what is not ticked is not wanted
        after = wishes.get("apprise_url", person.apprise_url)
        there = reachable(person.email, person.webhook_url, after)
        new = {"apprise"} if after and not person.apprise_url else set[str]()  # who gives an address wants it used
        wishes["channels"] = tuple(way for way in there if way in new or fields.get(f"way-{way}") == "yes")
    return wishes


def _refuse(url: str) -> None:
    try:
        refuse_scheme(url, allow_loopback=loopback_allowed())
    except DeliveryFailed as error:
        raise CannotBeUsed("This messenger cannot be used.") from error


def _wrong(visitor: Visitor, error: BadValue) -> dict[str, str]:
    """Return what to say beside which field: the registry names it for operators, a person reads their own words."""
    if isinstance(error, CannotBeUsed):
        return {"messenger_address": visitor.words("messages.messenger_refused")}
    said = str(error)
    field = next((name for name in NAMED if name in said), "other")
    beside = "quiet_from" if field == "quiet" else field
    return {beside: visitor.words(f"messages.wrong.{field}")}
