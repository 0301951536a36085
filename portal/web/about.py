"""What site owners may know about our crawler, for everybody, without signing in (docs/about-the-crawler.md)."""

from fastapi import Request, Response

from portal.web import pages
from portal.web.access import Role, door
from portal.web.rooms import room

router = room()
ROOMS = (router,)


@router.get("/crawler")
@door(Role.ANYONE)
def crawler(request: Request) -> Response:
    """Say who visited, how it behaves and how to keep it away."""
    return pages.page(request, "about_crawler.html")
