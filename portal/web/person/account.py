"""What is kept about the person, and erasing all of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from fastapi import Request, Response

from portal.erasing import erase_everywhere
from portal.web import pages
from portal.web.access import Role, Visitor, door, house, visitor_of
from portal.web.entrance import forget_visit
from portal.web.forms import Fields
from portal.web.rooms import room
from registry import cases, clients, enrolments, passkeys, recovery
from registry.transaction import Transaction

router = room()


@dataclass(frozen=True)
class Receipt:
    """What an erased person can note down: it stands beside "person-erased" in the audit trail, without a name."""

    number: UUID
    at: datetime
    counts: dict[str, int]


@router.get("/me/account")
@door(Role.PERSON)
def account(request: Request) -> Response:
    """Show what is kept."""
    visitor = visitor_of(request)
    someone, words = visitor.someone, visitor.words
    with house(request).registry.reading() as tx:
        counts = _counts(tx, visitor)
        keys, code = len(passkeys.passkeys(tx, someone)), recovery.made_at(tx, someone)
        beside = sum(bool(each.scopes_at(tx.now())) for each in clients.centres_of(tx, someone))
    kept = {
        "name": someone.name,
        "mail": someone.email,
        "language": words(f"write.languages.{someone.language}"),
        "zone": someone.timezone,
        "phrase": someone.phrase,
        "birth_year": someone.birth_year,
        "supporter": someone.supporter_email,
        "wishes": words(f"messages.digest.{someone.digest}"),
        **counts,
        "centres": beside,
        "keys": keys,
        "code": words("account.code_there" if code else "account.code_none"),
        "since": pages.when(someone.created_at, visitor) if someone.created_at else None,
    }
    return pages.page(request, "person/account.html", kept=kept)


@router.get("/me/erase")
@door(Role.PERSON)
def ask_to_erase(request: Request) -> Response:
    """Ask whether to erase everything."""
    return _asked(request, wrong=False)


@router.post("/me/erase")
@door(Role.PERSON)
def erase(request: Request, fields: Fields) -> Response:
    """Erase the person and show the receipt; the session ends with them."""
    if fields.get("sure") != "yes":
        return _asked(request, wrong=True)
    visitor, at_home = visitor_of(request), house(request)
    with at_home.registry.reading() as tx:
        counts = _counts(tx, visitor)
    done = erase_everywhere(at_home.registry, at_home.crawl_store, visitor.someone.id, actor="person", wait_s=5)
    request.state.visitor = replace(visitor, person=None, session=None)
    answer = pages.page(request, "person/receipt.html", receipt=Receipt(done.id, done.at, counts))
    forget_visit(at_home, answer)
    return answer


def _asked(request: Request, *, wrong: bool) -> Response:
    with house(request).registry.reading() as tx:
        photos = _counts(tx, visitor_of(request))["photos"]
    return pages.page(request, "person/erase.html", status=422 if wrong else 200, photos=photos, wrong=wrong)


def _counts(tx: Transaction, visitor: Visitor) -> dict[str, int]:
    found = cases.exposures(tx, visitor.someone)
    return {
        "photos": sum(each.withdrawn_at is None for each in enrolments.enrolments(tx, visitor.someone)),
        "finds": len(found),
        "letters": sum(len(cases.notices(tx, each)) for each in found),
    }
