"""Pictures that are no evidence for anybody: those that are marked, and those that people's dismissals propose."""

from fastapi import Request, Response

from portal.web import pages
from portal.web.access import Role, door, house, visitor_of
from portal.web.forms import Fields
from portal.web.rooms import room
from registry import dismissals, proposals
from registry.errors import BadValue

router = room()


@router.get("/operator/common")
@door(Role.OPERATOR)
def common(request: Request) -> Response:
    """List both, as counts and ids that tell nothing of a picture."""
    return _page(request)


@router.post("/operator/common/decide")
@door(Role.OPERATOR)
def decide(request: Request, fields: Fields) -> Response:
    """Mark a proposed picture as common, or propose it no more."""
    at_home, number = house(request), fields.get("proposal", "")
    try:
        with at_home.registry.transaction(str(visitor_of(request).someone.id)) as tx:
            if fields.get("do") == "decline":
                proposals.decline(tx, number)
                return pages.go("/operator/common")
            chosen = proposals.proposal(tx, number)
            if chosen.confirmed and fields.get("anyway") != "yes":
                return _page(request, asked=chosen.id)
            at_home.crawl_store.log.common.add(f"proposal {chosen.id}", chosen.frames)
    except BadValue:
        return _page(request, gone=True)
    return pages.go("/operator/common")


@router.post("/operator/common/{number}/remove")
@door(Role.OPERATOR)
def remove(request: Request, number: str) -> Response:
    """Let likenesses to a picture be told again."""
    known = number.isdecimal() and number.isascii() and len(number) < 10
    if not (known and house(request).crawl_store.log.common.remove(int(number))):
        return _page(request, gone=True)
    return pages.go("/operator/common")


def _page(request: Request, *, asked: str = "", gone: bool = False) -> Response:
    """Show the page: `asked` is the proposal that needs a second word, `gone` says that one is there no more."""
    at_home = house(request)
    pictures = at_home.crawl_store.log.common
    with at_home.registry.reading() as tx:
        told, proposed = dismissals.counts(tx), proposals.proposals(tx, pictures.known())
    return pages.page(
        request,
        "operator/common.html",
        status=404 if gone else 422 if asked else 200,
        pictures=pictures.all(),
        proposed=proposed,
        told=told,
        asked=asked,
        gone=gone,
    )
