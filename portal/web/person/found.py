"""What was found: a list without addresses, one find, and its address as text on a step of its own."""

from datetime import UTC, datetime
from typing import Any

from fastapi import Request, Response

from alerts.notices.choosing import MATERIALS, choose, situation
from alerts.notices.facts import facts
from alerts.notices.offered import card, everything
from alerts.tracking import progress
from portal.web import pages
from portal.web.access import Role, Visitor, door, house, visitor_of
from portal.web.person.finds import address_of, exposure_of, find_of, finds, released, same_picture
from portal.web.rooms import room
from registry import audit, cases, dismissals

router = room()


@router.get("/me/found")
@door(Role.PERSON)
def listed(request: Request) -> Response:
    """List what was found, in words."""
    visitor = visitor_of(request)
    found = []
    if not visitor.someone.minor:
        with house(request).registry.reading() as tx:
            found = finds(tx, visitor)
    return pages.page(request, "person/found.html", finds=found)


@router.get("/me/found/{exposure}")
@door(Role.PERSON)
def one(request: Request, exposure: str, material: str = "unknown") -> Response:
    """Show one find, its letters, and what can be done, with the letters that fit what the `material` is."""
    visitor = visitor_of(request)
    if visitor.someone.minor:
        return pages.page(request, "person/found.html", finds=[])
    with house(request).registry.reading() as tx:
        mine = exposure_of(tx, visitor, exposure)
        letters = cases.notices(tx, mine)
        values: dict[str, Any] = {
            "find": find_of(tx, visitor, mine),
            "same": same_picture(tx, visitor, mine),
            "letters": letters,
            "released": released(tx, visitor, mine, house(request).settings),
            "stands": progress(tx, mine, datetime.now(UTC)),
            "verdict": next(iter(reversed(cases.verdicts(tx, mine))), None),
        }
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        audit.append(tx, visitor.someone.id, "find-opened", mine.id)
    values |= _offers(visitor, mine, material, before=any(each.sent_at for each in letters))
    return pages.page(request, "person/one.html", **values)


@router.post("/me/found/{exposure}/where")
@door(Role.PERSON)
def where(request: Request, exposure: str) -> Response:
    """Show the address as text, once asked for; that it was shown is noted in the audit trail."""
    visitor = visitor_of(request)
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        mine = address_of(tx, visitor, exposure, house(request).settings)
        audit.append(tx, visitor.someone.id, "address-shown", mine.id)
    return pages.page(request, "person/where.html", find=mine)


@router.post("/me/found/{exposure}/aside")
@door(Role.PERSON)
def set_aside(request: Request, exposure: str) -> Response:
    """Move a find out of the list of new ones."""
    return _moved(request, exposure, "dismissed")


@router.post("/me/found/{exposure}/not-me")
@door(Role.PERSON)
def not_me(request: Request, exposure: str) -> Response:
    """Say that a find shows somebody else: this picture and its near copies are not told again for this photo."""
    return _dismissed(request, exposure, "not-me")


@router.post("/me/found/{exposure}/own")
@door(Role.PERSON)
def own(request: Request, exposure: str) -> Response:
    """Say that the person published this picture: it and its near copies are not told again for this photo."""
    return _dismissed(request, exposure, "own-publication")


@router.post("/me/found/{exposure}/back")
@door(Role.PERSON)
def take_back(request: Request, exposure: str) -> Response:
    """Put a find that was set aside back on the list, as it was before."""
    visitor = visitor_of(request)
    with house(request).registry.reading() as tx:
        letters = cases.notices(tx, exposure_of(tx, visitor, exposure))
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        dismissals.take_back(tx, exposure_of(tx, visitor, exposure).id)
    return _moved(request, exposure, "noticed" if any(each.sent_at for each in letters) else "told")


def _dismissed(request: Request, exposure: str, why: str) -> Response:
    visitor, at_home = visitor_of(request), house(request)
    with at_home.registry.reading() as tx:
        mine = exposure_of(tx, visitor, exposure)
    sighting = at_home.crawl_store.log.at(mine.page_url, mine.content_digest)
    with at_home.registry.transaction(str(visitor.someone.id)) as tx:
        dismissals.dismiss(tx, exposure_of(tx, visitor, exposure).id, why, sighting.frames if sighting else ())
    return pages.go(f"/me/found/{mine.id}")


def _moved(request: Request, exposure: str, state: str) -> Response:
    visitor = visitor_of(request)
    with house(request).registry.transaction(str(visitor.someone.id)) as tx:
        mine = exposure_of(tx, visitor, exposure)
        cases.set_state(tx, mine.id, state)
    return pages.go(f"/me/found/{mine.id}")


def _offers(visitor: Visitor, mine: cases.Exposure, material: str, *, before: bool) -> dict[str, Any]:
    """Return the letters and cards on offer: first those that fit, each with the reason, then the others."""
    today, language = datetime.now(UTC).date(), visitor.words.language
    known, person = facts(today), visitor.someone
    chosen = material if material in MATERIALS else "unknown"
    about = situation(mine.page_url, person.country, person.minor, known, chosen, sent_before=before)
    proposals = choose(about, today)
    fitting = {each.type for each in proposals}
    offered = {each.id: each for each in everything(today)}
    return {
        "material": chosen,
        "materials": MATERIALS,
        "proposals": [(each, offered[each.type], each.words(known, language)) for each in proposals],
        "others": [each for each in offered.values() if each.id not in fitting],
        "titles": {each.id: each.title.get(language) or each.title["en"] for each in offered.values()},
        "cards": {each.id: card(known, each.id, language) for each in offered.values() if each.card},
    }
