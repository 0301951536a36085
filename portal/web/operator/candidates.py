"""Rooms that were met and are not watched: watch one, or never propose it again. None is crawled unasked."""

from collections import Counter
from datetime import UTC, datetime

from fastapi import Request, Response

from crawler.discovery.accepting import as_target
from crawler.errors import BadTarget, CrawlerError, UnknownCandidate
from crawler.kinds import kinds
from portal.web import pages
from portal.web.access import Role, door, house, visitor_of
from portal.web.forms import Fields
from portal.web.rooms import room

router = room()


@router.get("/operator/candidates")
@door(Role.OPERATOR)
def candidates(request: Request) -> Response:
    """List the open ones with the reasons, in counts: a page with a match on it is nobody's business here."""
    return _page(request)


@router.post("/operator/candidates/{number}")
@door(Role.OPERATOR)
def decide(request: Request, number: str, fields: Fields) -> Response:
    """Accept or decline one."""
    store, now = house(request).crawl_store, datetime.now(UTC)
    try:
        candidate = store.candidates.get(int(number) if number.isdecimal() and len(number) < 10 else -1)
        if fields.get("do") == "decline":
            store.candidates.decline(candidate.id, now)
        elif candidate.state == "open":
            target = as_target(candidate, name=fields.get("name") or None, kind=fields.get("kind") or None)
            store.candidates.accept(candidate.id, target, now)
    except UnknownCandidate:
        return _page(request, gone=True)
    except BadTarget:
        return _page(request, wrong={number: visitor_of(request).words("candidates.wrong_name")})
    except CrawlerError:
        return _page(request, wrong={number: visitor_of(request).words("candidates.wrong_kind")})
    return pages.go("/operator/candidates")


def _page(request: Request, *, wrong: dict[str, str] | None = None, gone: bool = False) -> Response:
    store = house(request).crawl_store
    store.candidates.gather(datetime.now(UTC))
    watched = store.targets.all()
    found = [
        (one, Counter(each.why for each in one.evidence), store.kin.of_candidate(one, watched))
        for one in store.candidates.all()
    ]
    return pages.page(
        request,
        "operator/candidates.html",
        status=404 if gone else 422 if wrong else 200,
        candidates=found,
        kinds=sorted(kinds()),
        wrong=wrong or {},
        gone=gone,
    )
