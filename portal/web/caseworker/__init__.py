"""The room of those who support people: today, how a centre works with the operator."""

from fastapi import Request, Response

from portal.web import pages
from portal.web.access import Role, door
from portal.web.rooms import room

router = room()
ROOMS = (router,)


@router.get("/support")
@door(Role.ANYONE)
def support(request: Request) -> Response:
    """Say what a centre can do today, and what is not there yet. No client's data is behind this door."""
    return pages.page(request, "caseworker/room.html")
