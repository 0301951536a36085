"""The overview: counts, and nothing that could be too much to see unprepared."""

from collections import Counter

from fastapi import Request, Response

from portal.web import pages
from portal.web.access import Role, door, house, visitor_of
from portal.web.rooms import room
from registry import cases, enrolments
from registry.outbox import NO_CHANNEL

router = room()

# What a state is counted as here; "told" is still new to somebody who has not looked.
COUNTED = {
    "new": "new",
    "told": "new",
    "noticed": "working",
    "gone": "gone",
    "dismissed": "other",
    "held": "held",
}


@router.get("/me")
@door(Role.PERSON)
def overview(request: Request) -> Response:
    """Show how many photos are looked for, and how many finds there are in which state."""
    someone = visitor_of(request).someone
    with house(request).registry.reading() as tx:
        photos = sum(each.withdrawn_at is None for each in enrolments.enrolments(tx, someone))
        found = Counter(COUNTED[each.state] for each in cases.exposures(tx, someone))
        undelivered = any(each.channel != NO_CHANNEL for each in cases.undeliverable(tx, someone))
    counts = {kind: found[kind] for kind in dict.fromkeys(COUNTED.values()) if found[kind]}
    return pages.page(request, "person/home.html", photos=photos, counts=counts, undelivered=undelivered)
